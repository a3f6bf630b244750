//! The matrix at the end of a run: a row for each runtime, narrow enough for 80 columns.

use std::fmt::Write;

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::conformance::{Conformance, bases};
use super::counts::{Areas, Counts};
use super::screen::{BOLD, DIM, GREEN, RED, Screen, YELLOW, pad, paint};
use crate::case::Basis;
use crate::results::run_file::{Run, RuntimeRow};
use crate::results::snapshot::title;
use crate::verdict::judge::Verdict;

/// A column of numbers.
struct Column {
    name: String,
    cells: Vec<Cell>,
}

struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    fn count(count: usize, style: Style) -> Self {
        let style = if count == 0 { DIM } else { style };
        Cell { text: count.to_string(), style }
    }
}

/// Runtime × verdict, then runtime × basis, then runtime × area.
pub fn matrix(run: &Run, screen: Screen) -> String {
    let mut out = by_verdict(run, screen);
    out.push_str(&by_basis(run, screen));
    let areas: Vec<String> =
        Areas::of(run).iter().filter_map(|areas| by_area(run, areas, screen)).collect();
    if !areas.is_empty() {
        out.push_str("\nnot as expected, by area (!: some of it unexpected; –: nothing ran)\n");
        out.push_str(&areas.join("\n"));
    }
    out
}

fn by_verdict(run: &Run, screen: Screen) -> String {
    let runtimes: Vec<&RuntimeRow> =
        run.runtimes.iter().filter(|runtime| runtime.unavailable.is_none()).collect();
    let counts: Vec<Counts> =
        runtimes.iter().map(|runtime| Counts::of(run.of_runtime(&runtime.name))).collect();
    let column = |name: &str, style: Style, count: &dyn Fn(&Counts) -> usize| Column {
        name: name.to_owned(),
        cells: counts.iter().map(|counts| Cell::count(count(counts), style)).collect(),
    };
    let seconds = |runtime: &&RuntimeRow| {
        let times = runtime.times;
        let all = [times.build_ms, times.start_ms, times.compile_ms, times.execute_ms];
        let seconds = all.into_iter().map(|ms| ms as f64 / 1000.0).sum::<f64>();
        Cell { text: format!("{seconds:.1}"), style: DIM }
    };
    let mut columns = vec![
        column("pass", GREEN, &|counts| counts.get(Verdict::Pass)),
        column("known", YELLOW, &|counts| counts.get(Verdict::Known)),
        column("differs", YELLOW, &|counts| counts.get(Verdict::Differs)),
        column("unexpected", RED, &Counts::unexpected),
        column("skip", Style::new(), &|counts| counts.get(Verdict::Skip)),
        Column { name: "seconds".into(), cells: runtimes.iter().map(seconds).collect() },
    ];
    if counts.iter().any(|counts| counts.get(Verdict::Flaky) > 0) {
        columns.insert(3, column("flaky", YELLOW, &|counts| counts.get(Verdict::Flaky)));
    }
    draw(&runtimes, &columns, screen)
}

/// What is as expected of what binds a runtime, WASI's own first. Nothing where there is one basis only.
fn by_basis(run: &Run, screen: Screen) -> String {
    let runtimes = run.available();
    let conformance: Vec<Conformance> =
        runtimes.iter().map(|runtime| Conformance::of(run, runtime)).collect();
    let bases = bases(&conformance);
    if bases.len() < 2 {
        return String::new();
    }
    let column = |&basis: &Basis| {
        let style = if basis == Basis::Wasi { BOLD } else { Style::new() };
        let cell = |of_one: &Conformance| Cell { text: of_one.shown(basis), style };
        Column { name: basis.name().into(), cells: conformance.iter().map(cell).collect() }
    };
    let columns: Vec<Column> = bases.iter().map(column).collect();
    let head = "\nas expected, by who says so (of the cases of level must and should that ran)\n";
    head.to_owned() + &draw(&runtimes, &columns, screen)
}

/// How many cases are not as expected. `None` where there is one area only.
fn by_area(run: &Run, areas: &Areas, screen: Screen) -> Option<String> {
    let names = areas.names();
    if names.len() < 2 {
        return None;
    }
    let runtimes = areas.runtimes(run);
    let cell = |counts: Counts| {
        let known = counts.get(Verdict::Known) + counts.get(Verdict::Differs);
        match (counts.ran(), counts.unexpected()) {
            (0, _) => Cell { text: "–".into(), style: DIM },
            (_, 0) => Cell::count(known, YELLOW),
            (_, unexpected) => Cell { text: format!("{}!", known + unexpected), style: RED },
        }
    };
    let column = |area: &crate::case::Area| Column {
        // The packages of preview 2 share their prefix.
        name: area.to_string().trim_start_matches("wasi:").to_owned(),
        cells: runtimes.iter().map(|r| cell(areas.counts(run, r, Some(*area)))).collect(),
    };
    Some(draw(&runtimes, &names.iter().map(column).collect::<Vec<_>>(), screen))
}

/// Names on the left, shortened if the numbers need the space.
fn draw(runtimes: &[&RuntimeRow], columns: &[Column], screen: Screen) -> String {
    const SHORTEST_NAME: usize = 12;
    let width = |column: &Column| {
        let cells = column.cells.iter().map(|cell| cell.text.width());
        cells.chain([column.name.width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = columns.iter().map(width).collect();
    let numbers = |gap: usize| widths.iter().map(|width| width + gap).sum::<usize>();
    let names: Vec<String> =
        runtimes.iter().map(|runtime| title(&runtime.name, &runtime.version)).collect();
    let longest = names.iter().map(|name| name.width()).chain(["runtime".len()]).max();
    let longest = longest.unwrap_or(0);
    let gap = if longest + numbers(2) <= screen.width { 2 } else { 1 };
    let left = longest.min(screen.width.saturating_sub(numbers(gap)).max(SHORTEST_NAME));
    let gap = " ".repeat(gap);
    let mut out = paint(BOLD, pad("runtime", left));
    for (column, width) in columns.iter().zip(&widths) {
        let _ = write!(out, "{gap}{}", paint(BOLD, right(&column.name, *width)));
    }
    out.push('\n');
    for (at, name) in names.iter().enumerate() {
        out.push_str(&pad(&cut(name, left), left));
        for (column, width) in columns.iter().zip(&widths) {
            let cell = &column.cells[at];
            let _ = write!(out, "{gap}{}", paint(cell.style, right(&cell.text, *width)));
        }
        out.push('\n');
    }
    out
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// A name shortened in its middle, because it ends with the version.
fn cut(name: &str, width: usize) -> String {
    let length = name.chars().count();
    if length <= width {
        return name.to_owned();
    }
    let end = width / 2;
    let start = width - end - 1;
    let tail: String = name.chars().skip(length - end).collect();
    name.chars().take(start).chain(['…']).collect::<String>() + &tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Area, Level};
    use crate::results::run_file::sample::{case, row, run, runtime, wrong};

    const AREAS: [Area; 10] = [
        Area::Fd,
        Area::Path,
        Area::Clock,
        Area::Random,
        Area::Args,
        Area::Environ,
        Area::Poll,
        Area::Proc,
        Area::Sched,
        Area::Sock,
    ];

    /// A run of all areas, in which a runtime has hundreds of verdicts of each kind.
    fn large(names: &[String]) -> Run {
        let mut run = run();
        run.runtimes = names.iter().map(|name| runtime(name)).collect();
        run.cases.clear();
        run.verdicts.clear();
        for area in AREAS {
            for i in 0..220 {
                run.cases.push(case(&format!("{area}::{i}"), area, Level::Must));
            }
        }
        for name in names {
            for (i, case) in run.cases.iter().enumerate() {
                run.verdicts.push(match i % 4 {
                    0 => row(name, &case.id, Verdict::Pass, None),
                    1 => wrong(name, &case.id, Verdict::Known, Some("It is wrong.")),
                    2 => wrong(name, &case.id, Verdict::Fail, None),
                    _ => row(name, &case.id, Verdict::Skip, Some("no way")),
                });
            }
        }
        run
    }

    #[test]
    fn it_fits_80_columns_with_few_and_with_many_runtimes() {
        for count in [4, 22] {
            let name = |i| format!("browser_wasi_shim-node-{i}");
            let run = large(&(0..count).map(name).collect::<Vec<_>>());
            let shown = matrix(&run, Screen::new(80));
            let plain = anstream::adapter::strip_str(&shown).to_string();
            let widest = plain.lines().map(|line| line.width()).max().unwrap();
            assert!(widest <= 80, "{widest} columns:\n{plain}");
            let rows = plain.lines().filter(|line| line.starts_with("browser_"));
            assert!(rows.clone().all(|row| row.contains(" 1.2.3 ")), "the version stays:\n{plain}");
            assert_eq!(rows.count(), 2 * count, "{plain}");
        }
    }

    #[test]
    fn names_are_shortened_in_their_middle() {
        assert_eq!(cut("browser_wasi_shim-node 0.4.2", 20), "browser_w…node 0.4.2");
        assert_eq!(cut("node 20.1", 9), "node 20.1");
    }

    #[test]
    fn a_run_of_one_area_needs_no_table_of_areas() {
        let mut run = run();
        run.cases.retain(|case| case.area == Area::Path);
        assert!(!matrix(&run, Screen::default()).contains("by area"));
    }
}
