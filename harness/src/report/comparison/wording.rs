//! The wording shared by all formats of a comparison.

use crate::case::Level;
use crate::known::{family, shown};
use crate::report::tables::{self, Style};
use crate::results::compare::{Change, ChangeKind, Comparison, Group, RowInfo, RowPair};
use crate::results::snapshot::{self, Class, Entry};
use crate::support::text;

/// The verdict in a line, and the exit status of `compare`:
/// `wasmtime 36.0.20 -> 48.0.8: 2 regressions, 5 fixed, 3 changed: exit 1`.
pub fn headline(comparison: &Comparison) -> String {
    let status = if comparison.failures().next().is_some() { 1 } else { 0 };
    let what = match comparison.pairs.as_slice() {
        [pair] => title(pair),
        pairs => format!("{} rows compared", pairs.len()),
    };
    format!("{what}: {}: exit {status}", verdict(&comparison.pairs))
}

/// `wasmtime 36.0.20 -> 48.0.8`, or both names if they are two runtimes.
pub fn title(pair: &RowPair) -> String {
    let (a, b) = (&pair.a, &pair.b);
    match family(&a.runtime) == family(&b.runtime) {
        true => format!("{} -> {}", a.title(), b.version),
        false => format!("{} -> {}", a.title(), b.title()),
    }
}

/// The number of binding regressions, and of other changes.
pub fn verdict(pairs: &[RowPair]) -> String {
    let count = |kind: ChangeKind, test: fn(&Change) -> bool| {
        pairs.iter().flat_map(|pair| pair.of_kind(kind)).filter(|&change| test(change)).count()
    };
    let mut regressed = match count(ChangeKind::Regressed, Change::fails) {
        0 => "no regression".to_owned(),
        1 => "1 regression".to_owned(),
        n => format!("{n} regressions"),
    };
    match count(ChangeKind::Regressed, |change| !change.fails()) {
        0 => {}
        n => regressed.push_str(&format!(" (and {n} allowed or of level may)")),
    }
    let mut parts = vec![regressed];
    for (kind, words) in [
        (ChangeKind::Unjudged, "unjudged"),
        (ChangeKind::Fixed, "fixed"),
        (ChangeKind::Changed, "changed"),
        (ChangeKind::Output, "with another output"),
    ] {
        match count(kind, |_| true) {
            0 => {}
            n => parts.push(format!("{n} {words}")),
        }
    }
    parts.join(", ")
}

/// Kind × level, for the kinds that occur.
pub fn counts(pair: &RowPair, style: Style) -> String {
    let mut table = tables::new(style);
    table.set_header(["", "must", "should", "may"]);
    for kind in ChangeKind::ALL.into_iter().filter(|&kind| pair.of_kind(kind).count() > 0) {
        let levels = [Level::Must, Level::Should, Level::May];
        let counts = levels.map(|level| pair.count(kind, level).to_string());
        table.add_row(std::iter::once(kind.word().to_owned()).chain(counts));
    }
    tables::draw(table, 3)
}

/// How many cases did the same. Every part that a case compares is the same then, and the output is
/// even where the case does not compare it (snapshots do not hold that).
pub fn same(pair: &RowPair) -> String {
    let same = pair.same;
    format!(
        "the same ending, output and files: {} ({} as expected, {} not as expected, {} not run)",
        same.total(),
        same.as_expected,
        same.not_as_expected,
        same.not_run
    )
}

/// `A: wasmtime 47.0.2 (expectations/snapshots/wasmtime-47.0.2.json, 1670 cases)`
pub fn row(name: &str, row: &RowInfo) -> String {
    format!("{name}: {} ({}, {})", row.title(), row.from, cases(row.cases))
}

/// Notes about the comparison as a whole, a line each.
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let unpaired = comparison.unpaired.iter().map(|row| {
        let title = snapshot::title(&row.runtime, &row.version);
        format!("{title} of {} was compared with nothing: {}", row.side, row.why)
    });
    let unused = comparison
        .unused_allowances
        .iter()
        .map(|text| format!("--allow {text} matched no regression: remove it"));
    comparison.notes.iter().cloned().chain(unpaired).chain(unused).collect()
}

/// Why the cases of a group changed, and its link: the cause's reason, or else what changed.
pub fn reason<'a>(group: &Group<'a>) -> (String, Option<&'a str>) {
    match (group.cause, group.summary) {
        (Some(cause), _) => {
            (format!("{}: {}", cause.kind, cause.why.trim()), Some(cause.link.as_str()))
        }
        (None, Some(summary)) => (format!("no cause recorded: {summary}"), None),
        (None, None) => ("no cause recorded".to_owned(), None),
    }
}

/// `10 cases`.
pub fn cases(count: usize) -> String {
    text::count(count, "case")
}

/// The result of a case on one side.
pub fn outcome(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return "not in it".to_owned() };
    let varies = if entry.varies { ", not the same in every repetition" } else { "" };
    let result = match entry.result {
        Class::AsExpected => "as expected",
        Class::NotAsExpected => "not as expected",
        Class::NotRun => "skipped",
        Class::Unjudged => "a harness error",
    };
    format!("{result}{varies}")
}

/// `(must)`, `(must, allowed)`.
pub fn level(change: &Change) -> String {
    format!("({}{})", change.level, if change.allowed { ", allowed" } else { "" })
}

/// The verdicts of both sides; and how each differs from the expectation, where the change itself
/// does not say that already.
pub fn against_expectation(change: &Change) -> Vec<(String, Option<String>)> {
    if change.kind.is_list() {
        return vec![];
    }
    let sides = [("A", &change.a), ("B", &change.b)].map(|(name, entry)| {
        let entry = entry.as_ref();
        let difference = entry.map(|entry| shown(&entry.difference));
        let difference = difference.filter(|difference| !difference.is_empty());
        (format!("{name}: {}", outcome(entry)), difference)
    });
    let one_is_expected = sides.iter().any(|(_, difference)| difference.is_none());
    let [(a, _), (b, _)] = &sides;
    if change.difference.is_some() && one_is_expected {
        // The change is the difference from the expectation.
        return vec![(format!("{a}; {b}"), None)];
    }
    let against = |(outcome, difference): (String, Option<_>)| match difference {
        Some(_) => (format!("{outcome}, compared with the expectation:"), difference),
        None => (outcome, None),
    };
    sides.map(against).to_vec()
}
