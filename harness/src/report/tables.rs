//! The tables that every report shows, as rows of text.

use std::collections::BTreeMap;

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, Table};

use runner_kit::WasiVersion;

use crate::case::Area;
use crate::known::DivergenceKind;
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::results::snapshot::title;
use crate::verdict::judge::Verdict;

/// How a table is drawn.
#[derive(Clone, Copy)]
pub enum Style {
    Terminal,
    Markdown,
}

/// How many verdicts of each kind.
#[derive(Default)]
pub struct Counts(BTreeMap<Verdict, usize>);

impl Counts {
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a VerdictRow>) -> Self {
        let mut counts = Counts::default();
        for row in verdicts {
            *counts.0.entry(row.verdict).or_default() += 1;
        }
        counts
    }

    pub fn get(&self, verdict: Verdict) -> usize {
        self.0.get(&verdict).copied().unwrap_or(0)
    }

    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// `passed / known / failed / skipped`; what is unexpected counts as failed, and what is only
    /// reported as known.
    fn cell(&self) -> String {
        if self.total() == 0 {
            return "–".into();
        }
        let sum = |verdicts: &[Verdict]| verdicts.iter().map(|&v| self.get(v)).sum::<usize>();
        let known = sum(&[Verdict::Known, Verdict::Differs]);
        let failed = sum(&[Verdict::Fail, Verdict::UnexpectedPass, Verdict::HarnessError]);
        format!("{} / {known} / {failed} / {}", self.get(Verdict::Pass), self.get(Verdict::Skip))
    }
}

/// The areas of the cases of a run, those of preview 1 and those of preview 2 apart: few runtimes
/// offer the latter.
type Areas<'a> = BTreeMap<&'a str, Area>;

fn areas_apart(run: &Run) -> Vec<Areas<'_>> {
    let of = |kind: WasiVersion| {
        let cases = run.cases.iter().filter(move |case| case.area.of() == kind);
        cases.map(|case| (case.id.as_str(), case.area)).collect::<Areas>()
    };
    let apart = [WasiVersion::Preview1, WasiVersion::Preview2].map(of);
    apart.into_iter().filter(|areas| !areas.is_empty()).collect()
}

fn names(areas: &Areas) -> Vec<Area> {
    let mut names: Vec<Area> = areas.values().copied().collect();
    names.sort();
    names.dedup();
    names
}

/// The runtimes that have verdicts of these cases.
fn with_any<'a>(run: &'a Run, areas: &Areas) -> Vec<&'a RuntimeRow> {
    let has_any = |r: &&RuntimeRow| {
        let runs_these = |v: &VerdictRow| areas.contains_key(v.case.as_str());
        r.unavailable.is_none() && run.of_runtime(&r.name).any(runs_these)
    };
    run.runtimes.iter().filter(has_any).collect()
}

/// The verdicts of a runtime in an area, or in all of them.
fn counts(run: &Run, runtime: &RuntimeRow, areas: &Areas, area: Option<Area>) -> Counts {
    let in_area = |v: &&VerdictRow| {
        let its = areas.get(v.case.as_str());
        its.is_some() && area.is_none_or(|a| its == Some(&a))
    };
    Counts::of(run.of_runtime(&runtime.name).filter(in_area))
}

/// Area × runtime, for a terminal: passed / known / failed / skipped.
pub fn matrix(run: &Run) -> String {
    let of_areas = |areas: &Areas| {
        let runtimes = with_any(run, areas);
        let mut table = new(Style::Terminal);
        let heads = runtimes.iter().map(|r| format!("{} {}", r.name, r.version));
        table.set_header(std::iter::once("area".to_owned()).chain(heads));
        for area in names(areas).into_iter().map(Some).chain([None]) {
            let name = area.map_or("all".to_owned(), |a| a.to_string());
            let cells = runtimes.iter().map(|r| counts(run, r, areas, area).cell());
            table.add_row(std::iter::once(name).chain(cells));
        }
        draw(table, runtimes.len())
    };
    areas_apart(run).iter().map(of_areas).collect::<Vec<_>>().join("\n")
}

/// Runtime × area, for a page, which has more room for runtimes that way: how many cases pass, of
/// those that ran.
pub fn areas(run: &Run) -> String {
    let of_areas = |areas: &Areas| {
        let names = names(areas);
        let mut table = new(Style::Markdown);
        let heads = names.iter().map(Area::to_string).chain(["all".to_owned()]);
        table.set_header(std::iter::once("runtime".to_owned()).chain(heads));
        for runtime in with_any(run, areas) {
            let cell = |area| {
                let counts = counts(run, runtime, areas, area);
                match counts.total() - counts.get(Verdict::Skip) {
                    0 => "–".to_owned(),
                    ran => format!("{}/{ran}", counts.get(Verdict::Pass)),
                }
            };
            let cells = names.iter().copied().map(Some).chain([None]).map(cell);
            table.add_row(std::iter::once(title(&runtime.name, &runtime.version)).chain(cells));
        }
        draw(table, names.len() + 1)
    };
    areas_apart(run).iter().map(of_areas).collect::<Vec<_>>().join("\n")
}

/// Runtime × what its verdicts are, and why those that are known differ, for a page.
pub fn standings(run: &Run) -> String {
    use DivergenceKind::{Bug, Unspecified, Unsupported};
    let mut table = new(Style::Markdown);
    table.set_header([
        "runtime",
        "passed",
        "bug",
        "unsupported",
        "unspecified",
        "differs",
        "failed",
        "skipped",
    ]);
    for runtime in run.runtimes.iter().filter(|r| r.unavailable.is_none()) {
        let counts = Counts::of(run.of_runtime(&runtime.name));
        let of_kind = |kind: DivergenceKind| {
            let known = run.of_runtime(&runtime.name).filter_map(|row| row.known.as_ref());
            known.filter(|known| known.kind == kind).count()
        };
        let failed =
            [Verdict::Fail, Verdict::UnexpectedPass, Verdict::HarnessError].map(|v| counts.get(v));
        let numbers = [
            counts.get(Verdict::Pass),
            of_kind(Bug),
            of_kind(Unsupported),
            of_kind(Unspecified),
            counts.get(Verdict::Differs),
            failed.iter().sum(),
            counts.get(Verdict::Skip),
        ];
        let numbers = numbers.map(|number| number.to_string());
        table.add_row(std::iter::once(title(&runtime.name, &runtime.version)).chain(numbers));
    }
    draw(table, 7)
}

/// What the numbers of a cell of the matrix are.
pub fn legend(run: &Run) -> String {
    let differs = Counts::of(&run.verdicts).get(Verdict::Differs);
    let also = match differs {
        0 => String::new(),
        _ => format!(" ({differs} of the known differ where the rule leaves it open)"),
    };
    format!("each cell: passed / known / failed / skipped{also}")
}

/// Runtime × where its time went, for a terminal.
pub fn times(run: &Run) -> String {
    let mut table = new(Style::Terminal);
    table.set_header(["seconds", "build", "start", "compile", "execute"]);
    for runtime in run.runtimes.iter().filter(|r| r.unavailable.is_none()) {
        let t = runtime.times;
        let seconds = [t.build_ms, t.start_ms, t.compile_ms, t.execute_ms]
            .map(|ms| format!("{:.2}", ms as f64 / 1000.0));
        table.add_row(std::iter::once(runtime.name.clone()).chain(seconds));
    }
    draw(table, 4)
}

/// Every runtime, for a page: its version, or why it is not here.
pub fn runtimes(run: &Run) -> String {
    // Text that cannot end its cell.
    let cell = |text: String| text.replace('|', "\\|");
    let mut table = new(Style::Markdown);
    table.set_header(["runtime", "version", "details", "from"]);
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    for r in &run.runtimes {
        let (version, source) = (r.version.clone(), r.source.clone());
        let cells = match (&r.unavailable, &r.smoke_test_failure) {
            (Some(reason), _) => {
                ["–".into(), format!("not available: {}", first(reason)), "–".into()]
            }
            (_, Some(reason)) => {
                [version, format!("its runner did not prove itself: {}", first(reason)), source]
            }
            (None, None) => [version, r.details.clone(), source],
        };
        table.add_row(std::iter::once(r.name.clone()).chain(cells).map(cell));
    }
    draw(table, 0)
}

pub(super) fn new(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Terminal => NOTHING,
        Style::Markdown => ASCII_MARKDOWN,
    });
    table
}

/// Draws a table whose columns after the first hold numbers, as many of them as given.
pub(super) fn draw(mut table: Table, numbers: usize) -> String {
    for column in table.column_iter_mut().skip(1).take(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let drawn = table.to_string();
    drawn.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
