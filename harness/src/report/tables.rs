//! The tables that every report shows, as rows of text.

use std::collections::BTreeMap;

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, Table};

use runner_kit::Offer;

use crate::case::Area;
use crate::divergence::DivergenceKind;
use crate::judge::Verdict;
use crate::record::{Run, RuntimeRow, VerdictRow};

/// How a table is drawn.
#[derive(Clone, Copy)]
pub enum Style {
    Terminal,
    Markdown,
}

impl Style {
    /// A text as a cell that it cannot end.
    fn cell(self, text: String) -> String {
        match self {
            Style::Terminal => text,
            Style::Markdown => text.replace('|', "\\|"),
        }
    }
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
        let failed = sum(&[Verdict::Fail, Verdict::Fixed, Verdict::Error]);
        format!("{} / {known} / {failed} / {}", self.get(Verdict::Pass), self.get(Verdict::Skip))
    }
}

/// Area × runtime: passed / known / failed / skipped. Preview 2, which few runtimes offer, has a
/// table of its own, if anything of it ran.
pub fn matrix(run: &Run, style: Style) -> String {
    let of = |kind: Offer| run.cases.iter().filter(move |c| c.area.of() == kind);
    let tables = [Offer::Preview1, Offer::Preview2]
        .into_iter()
        .map(|kind| of(kind).map(|c| (c.id.as_str(), c.area)).collect::<BTreeMap<_, _>>())
        .filter(|areas| !areas.is_empty())
        .map(|areas| matrix_of(run, &areas, style));
    tables.collect::<Vec<_>>().join("\n")
}

fn matrix_of(run: &Run, areas: &BTreeMap<&str, Area>, style: Style) -> String {
    let has_any = |r: &&RuntimeRow| {
        let runs_these = |v: &VerdictRow| areas.contains_key(v.case.as_str());
        r.unavailable.is_none() && run.of_runtime(&r.name).any(runs_these)
    };
    let runtimes: Vec<&RuntimeRow> = run.runtimes.iter().filter(has_any).collect();
    let mut names: Vec<Area> = areas.values().copied().collect();
    names.sort();
    names.dedup();
    let mut table = new(style);
    let heads = runtimes.iter().map(|r| format!("{} {}", r.name, r.version));
    table.set_header(std::iter::once("area".to_owned()).chain(heads));
    let cell = |runtime: &RuntimeRow, area: Option<Area>| {
        let in_area = |v: &&VerdictRow| {
            let its = areas.get(v.case.as_str());
            its.is_some() && area.is_none_or(|a| its == Some(&a))
        };
        Counts::of(run.of_runtime(&runtime.name).filter(in_area)).cell()
    };
    for area in names.iter().copied().map(Some).chain([None]) {
        let name = area.map_or("all".to_owned(), |a| a.to_string());
        table.add_row(std::iter::once(name).chain(runtimes.iter().map(|r| cell(r, area))));
    }
    draw(table, runtimes.len())
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

/// Runtime × why its known divergences are.
pub fn kinds(run: &Run, style: Style) -> String {
    use DivergenceKind::{Bug, Unspecified, Unsupported};
    let mut table = new(style);
    table.set_header(["known divergences", "bug", "unsupported", "unspecified"]);
    for runtime in run.runtimes.iter().filter(|r| r.unavailable.is_none()) {
        let count = |kind: DivergenceKind| {
            let known = run.of_runtime(&runtime.name).filter_map(|row| row.known.as_ref());
            known.filter(|known| known.kind == kind).count().to_string()
        };
        let counts = [Bug, Unsupported, Unspecified].map(count);
        table.add_row(std::iter::once(runtime.name.clone()).chain(counts));
    }
    draw(table, 3)
}

/// Runtime × where its time went.
pub fn times(run: &Run, style: Style) -> String {
    let mut table = new(style);
    table.set_header(["seconds", "build", "start", "compile", "execute"]);
    for runtime in run.runtimes.iter().filter(|r| r.unavailable.is_none()) {
        let t = runtime.times;
        let seconds = [t.build_ms, t.start_ms, t.compile_ms, t.execute_ms]
            .map(|ms| format!("{:.2}", ms as f64 / 1000.0));
        table.add_row(std::iter::once(runtime.name.clone()).chain(seconds));
    }
    draw(table, 4)
}

/// Every runtime: its version, or why it is not here.
pub fn runtimes(run: &Run, style: Style) -> String {
    let mut table = new(style);
    table.set_header(["runtime", "version", "details", "from"]);
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    for r in &run.runtimes {
        let (version, source) = (r.version.clone(), r.source.clone());
        let cells = match (&r.unavailable, &r.unproven) {
            (Some(reason), _) => {
                ["–".into(), format!("not available: {}", first(reason)), "–".into()]
            }
            (_, Some(reason)) => {
                [version, format!("its runner did not prove itself: {}", first(reason)), source]
            }
            (None, None) => [version, r.details.clone(), source],
        };
        table.add_row(std::iter::once(r.name.clone()).chain(cells).map(|c| style.cell(c)));
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
