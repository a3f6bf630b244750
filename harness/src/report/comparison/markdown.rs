//! A comparison as Markdown that fits into a comment on a pull request.

use std::fmt::Write;

use super::{counts, is_list, remarks, same, side, sides, verdict};
use crate::report::collapsible::{self, Section};
use crate::report::markdown::fence;
use crate::report::tables::Style;
use crate::results::compare::{Change, Comparison, Kind, RowPair};
use crate::support::text::shorten;

const LONGEST_DIFFERENCE: usize = 1500;

pub fn render(comparison: &Comparison) -> String {
    let head =
        format!("# WASI preview 1 conformance: {}\n\n{}", verdict(comparison), head(comparison));
    collapsible::render(&head, &sections(comparison))
}

/// What was compared, and the counts.
pub(in crate::report) fn head(comparison: &Comparison) -> String {
    let mut out = String::new();
    for pair in &comparison.pairs {
        let _ =
            writeln!(out, "- {}\n- {}\n- {}", side("A", &pair.a), side("B", &pair.b), same(pair));
        for note in &pair.notes {
            let _ = writeln!(out, "- **Note:** {note}");
        }
        out.push('\n');
        if !pair.changes.is_empty() {
            let _ = writeln!(out, "{}", counts(pair, Style::Markdown));
        }
    }
    for remark in remarks(comparison) {
        let _ = writeln!(out, "- **Note:** {remark}");
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    out
}

/// What changed, the worst first. Regressions are open from the start.
pub(in crate::report) fn sections(comparison: &Comparison) -> Vec<Section> {
    let section = |kind: Kind| Section {
        title: format!("{}: {}", kind.word(), kind.meaning()),
        open: kind == Kind::Regressed,
        items: comparison
            .pairs
            .iter()
            .flat_map(|pair| pair.of(kind).map(|change| item(pair, change)))
            .collect(),
    };
    Kind::ALL.into_iter().map(section).collect()
}

fn item(pair: &RowPair, change: &Change) -> String {
    let allowed = if change.allowed { ", allowed" } else { "" };
    let mut out = format!("- `{}::{}` ({}{allowed})", pair.b.runtime, change.case, change.level);
    if is_list(change.kind) {
        let entry = change.b.as_ref().or(change.a.as_ref());
        return out + &entry.map_or_else(String::new, |entry| format!(": {}\n", entry.verdict));
    }
    if let (Some(about), Some(spec)) = (&change.title, &change.spec) {
        let _ = write!(out, ": {about} ([rule]({spec}))");
    }
    out.push('\n');
    for (name, outcome, difference) in sides(change) {
        let _ = writeln!(out, "  {name}: {outcome}");
        if let Some(difference) = difference {
            let lines = shorten(difference, LONGEST_DIFFERENCE);
            let lines = lines.trim_end().replace('\n', "\n  ");
            let fence = fence(&lines);
            let _ = writeln!(out, "  {fence}diff\n  {lines}\n  {fence}");
        }
    }
    out
}
