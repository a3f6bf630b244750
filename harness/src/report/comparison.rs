//! A comparison, shown to people: what every format of it shares.

pub mod html;
pub mod markdown;
pub mod text;

use anyhow::{Context, Result};

use super::tables::{self, Style};
use crate::case::Level;
use crate::results::compare::{Change, Comparison, Kind, RowPair, Side};
use crate::results::snapshot::{self, Entry};

/// The formats of `compare`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For the terminal
    Text,
    /// Fit for a comment on a pull request, with the details folded
    Markdown,
    /// All of it, for other programs
    Json,
    /// One page that needs no network
    Html,
}

/// The same comparison gives the same bytes.
pub fn make(comparison: &Comparison, format: Format) -> Result<String> {
    Ok(match format {
        Format::Text => text::render(comparison),
        Format::Markdown => markdown::render(comparison),
        Format::Html => html::render(comparison),
        Format::Json => {
            serde_json::to_string_pretty(comparison).context("encode the comparison")? + "\n"
        }
    })
}

/// One line: how many regressions there are that count, and what else.
pub fn verdict(comparison: &Comparison) -> String {
    let count = |fails: bool, kind: Kind| {
        let changes = comparison.pairs.iter().flat_map(|pair| pair.of(kind));
        changes.filter(|change| change.fails() == fails).count()
    };
    let mut regressed = match count(true, Kind::Regressed) {
        0 => "no regression".to_owned(),
        1 => "1 regression".to_owned(),
        n => format!("{n} regressions"),
    };
    match count(false, Kind::Regressed) {
        0 => {}
        n => regressed.push_str(&format!(" (and {n} allowed or of level may)")),
    }
    let mut parts = vec![regressed];
    for (n, what) in [
        (count(true, Kind::Unjudged) + count(false, Kind::Unjudged), "unjudged"),
        (count(false, Kind::Changed), "changed"),
        (count(false, Kind::Fixed), "fixed"),
    ] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    parts.join(", ")
}

/// Kind × level, of those kinds that there are, and how many came to the same.
pub(super) fn counts(pair: &RowPair, style: Style) -> String {
    let mut table = tables::new(style);
    table.set_header(["", "must", "should", "may"]);
    for kind in Kind::ALL.into_iter().filter(|&kind| pair.of(kind).count() > 0) {
        let levels = [Level::Must, Level::Should, Level::May];
        let counts = levels.map(|level| pair.count(kind, level).to_string());
        table.add_row(std::iter::once(kind.word().to_owned()).chain(counts));
    }
    tables::draw(table, 3)
}

pub(super) fn same(pair: &RowPair) -> String {
    let same = pair.same;
    format!(
        "the same: {} ({} hold, {} do not, {} not run)",
        same.total(),
        same.hold,
        same.fail,
        same.not_run
    )
}

/// `A: wasmtime 47.0.2 (reports/snapshots/wasmtime-47.0.2.json, 2026-11-25T23:03:16Z)`
pub(super) fn side(name: &str, side: &Side) -> String {
    format!("{name}: {} ({}, {} cases, {})", side.title(), side.from, side.cases, side.started)
}

/// What is to be said beside the pairs, a line each.
pub fn remarks(comparison: &Comparison) -> Vec<String> {
    let alone = comparison.alone.iter().map(|row| {
        let title = snapshot::title(&row.runtime, &row.version);
        format!("{title} of {} was compared with nothing: {}", row.side, row.why)
    });
    let unused = comparison
        .unused_allowances
        .iter()
        .map(|text| format!("--allow {text} matched no regression: leave it out"));
    comparison.notes.iter().cloned().chain(alone).chain(unused).collect()
}

/// What a case came to: its verdict, and whether that is all that can be said.
pub(super) fn outcome(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return "not in it".to_owned() };
    let unstable = if entry.flaky { ", recorded as unstable" } else { "" };
    let varies = if entry.varies { ", not always the same" } else { "" };
    format!("{}{unstable}{varies}", entry.verdict)
}

/// Both sides of a change, each with how it differs from what the case expects.
pub(super) fn sides(change: &Change) -> [(&'static str, String, Option<&str>); 2] {
    [("A", &change.a), ("B", &change.b)].map(|(name, entry)| {
        let entry = entry.as_ref();
        (name, outcome(entry), entry.and_then(|entry| entry.difference.as_deref()))
    })
}

/// Whether a kind's changes are only names: there is nothing to compare them with.
pub(super) fn is_list(kind: Kind) -> bool {
    matches!(kind, Kind::Added | Kind::Removed)
}

#[cfg(test)]
mod tests;
