//! Drawing tables, and the tables of Markdown reports.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, Table};

use super::conformance::{Conformance, bases};
use super::counts::{Areas, Counts};
use crate::case::Area;
use crate::known::DivergenceKind;
use crate::results::run_file::{Run, RuntimeRow};
use crate::results::snapshot::title;
use crate::support::escape::markdown::cell;
use crate::verdict::judge::Verdict;

/// How a table is drawn.
#[derive(Clone, Copy)]
pub enum Style {
    Terminal,
    Markdown,
}

/// Runtime × area: the number of passing cases among those that ran.
pub fn by_area(run: &Run) -> String {
    let of_areas = |areas: &Areas| {
        let names = areas.names();
        let mut table = new(Style::Markdown);
        let heads = names.iter().map(Area::to_string).chain(["all".to_owned()]);
        table.set_header(std::iter::once("runtime".to_owned()).chain(heads));
        for runtime in areas.runtimes(run) {
            let passed = |area| {
                let counts = areas.counts(run, runtime, area);
                match counts.ran() {
                    0 => "–".to_owned(),
                    ran => format!("{}/{ran}", counts.get(Verdict::Pass)),
                }
            };
            let cells = names.iter().copied().map(Some).chain([None]).map(passed);
            table.add_row(
                std::iter::once(cell(&title(&runtime.name, &runtime.version))).chain(cells),
            );
        }
        draw(table, names.len() + 1)
    };
    Areas::of(run).iter().map(of_areas).collect::<Vec<_>>().join("\n")
}

/// Runtime × basis, of the binding cases that ran, then runtime × verdict, with the kinds of the known
/// divergences. The first number is that of what WASI says.
pub fn by_verdict(run: &Run, runtimes: &[&RuntimeRow]) -> String {
    use DivergenceKind::{Bug, Unspecified, Unsupported};
    // Few runs have flaky cases.
    let has_flaky = run.verdicts.iter().any(|row| row.verdict == Verdict::Flaky);
    let columns = [
        ("passed", true),
        ("bug", true),
        ("unsupported", true),
        ("unspecified", true),
        ("differs", true),
        ("flaky", has_flaky),
        ("unexpected", true),
        ("skipped", true),
    ];
    let shown = columns.iter().filter(|(_, is_shown)| *is_shown);
    let conformance: Vec<Conformance> =
        runtimes.iter().map(|runtime| Conformance::of(run, runtime)).collect();
    let bases = bases(&conformance);
    let mut table = new(Style::Markdown);
    let heads = std::iter::once("runtime").chain(bases.iter().map(|basis| basis.name()));
    table.set_header(heads.chain(shown.clone().map(|(name, _)| *name)));
    for (runtime, conformance) in runtimes.iter().zip(&conformance) {
        let shares = bases.iter().map(|&basis| conformance.shown(basis));
        let counts = Counts::of(run.of_runtime(&runtime.name));
        let of_kind = |kind: DivergenceKind| {
            // A case counts once, as the gravest of its causes.
            let known = run.of_runtime(&runtime.name);
            let kinds = known.filter_map(|row| row.known.iter().map(|known| known.kind).min());
            kinds.filter(|found| *found == kind).count()
        };
        let numbers = [
            counts.get(Verdict::Pass),
            of_kind(Bug),
            of_kind(Unsupported),
            of_kind(Unspecified),
            counts.get(Verdict::Differs),
            counts.get(Verdict::Flaky),
            counts.unexpected(),
            counts.get(Verdict::Skip),
        ];
        let numbers = numbers.iter().zip(&columns).filter(|(_, (_, is_shown))| *is_shown);
        let numbers = numbers.map(|(number, _)| number.to_string());
        let name = std::iter::once(cell(&title(&runtime.name, &runtime.version)));
        table.add_row(name.chain(shares).chain(numbers));
    }
    draw(table, bases.len() + shown.count())
}

/// Every runtime: its version, or why it is unavailable.
pub fn runtimes(run: &Run) -> String {
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
                [version, format!("the smoke test failed: {}", first(reason)), source]
            }
            (None, None) => [version, r.details.clone(), source],
        };
        table.add_row(std::iter::once(r.name.clone()).chain(cells).map(|text| cell(&text)));
    }
    draw(table, 0)
}

pub fn new(style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(match style {
        Style::Terminal => NOTHING,
        Style::Markdown => ASCII_MARKDOWN,
    });
    table
}

/// Draws a table. The given number of columns after the first are numeric.
pub fn draw(mut table: Table, numbers: usize) -> String {
    for column in table.column_iter_mut().skip(1).take(numbers) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let drawn = table.to_string();
    drawn.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
