//! A comparison for the terminal.

use std::fmt::Write;

use super::format::Format;
use super::wording::{
    against_expectation, cases, counts, headline, level, reason, remarks, row, same,
};
use super::wording::{title, verdict};
use crate::report::printable::printable;
use crate::report::screen::{self, BOLD, CYAN, DIM, GREEN, RED, Screen, YELLOW, paint};
use crate::report::tables::Style;
use crate::results::compare::{Change, ChangeKind, Comparison, Group, RowPair};

/// How many changes of a group are shown with their diffs.
const WITH_DIFFS: usize = 3;
/// How many more are named: the other formats have all.
const NAMED: usize = 20;

pub const FORMAT: Format = Format {
    name: "text",
    help: "for the terminal",
    make: |comparison, screen| Ok(render(comparison, screen)),
};

pub fn render(comparison: &Comparison, screen: Screen) -> String {
    let comparison = &printable(comparison);
    let fails = comparison.failures().next().is_some();
    let style = BOLD.fg_color(if fails { RED } else { GREEN }.get_fg_color());
    format!("{}\n\n{}", paint(style, headline(comparison)), details(comparison, screen))
}

/// The same after a run, whose exit status depends on more than the comparison.
pub fn of_run(comparison: &Comparison, screen: Screen) -> String {
    let comparison = &printable(comparison);
    let verdict = verdict(&comparison.pairs);
    format!("{}\n\n{}", paint(BOLD, verdict), details(comparison, screen))
}

/// Everything after the verdict.
fn details(comparison: &Comparison, screen: Screen) -> String {
    let mut out = String::new();
    for pair in &comparison.pairs {
        if comparison.pairs.len() > 1 {
            let line = format!("{}: {}", title(pair), verdict(std::slice::from_ref(pair)));
            let _ = writeln!(out, "{}", paint(BOLD, line));
        }
        out.push_str(&of_pair(pair, screen));
    }
    for remark in remarks(comparison) {
        out.push_str(&screen.wrap(&format!("note: {remark}"), ""));
    }
    out
}

fn of_pair(pair: &RowPair, screen: Screen) -> String {
    let mut out = format!("{}\n{}\n", row("A", &pair.a), row("B", &pair.b));
    for note in &pair.notes {
        out.push_str(&screen.wrap(&format!("note: {note}"), ""));
    }
    let _ = writeln!(out, "{}\n", same(pair));
    if !pair.changes.is_empty() {
        let _ = writeln!(out, "{}", counts(pair, Style::Terminal));
    }
    for kind in ChangeKind::ALL {
        let count = pair.of_kind(kind).count();
        if count == 0 {
            continue;
        }
        let head = paint(color(kind), kind.word().to_uppercase());
        let _ = writeln!(out, "{head}: {} ({})\n", kind.meaning(), cases(count));
        if kind.is_list() {
            names(&mut out, pair.of_kind(kind), "    ");
            out.push('\n');
            continue;
        }
        for group in pair.groups(kind) {
            of_group(&mut out, &group, screen);
        }
    }
    out
}

fn color(kind: ChangeKind) -> anstyle::Style {
    match kind {
        ChangeKind::Regressed | ChangeKind::Unjudged => RED,
        ChangeKind::Fixed => GREEN,
        ChangeKind::Changed | ChangeKind::Flaky => YELLOW,
        _ => CYAN,
    }
}

fn of_group(out: &mut String, group: &Group, screen: Screen) {
    let (reason, link) = reason(group);
    out.push_str(&screen.wrap(&format!("{} ({})", reason, cases(group.changes.len())), "  "));
    if let Some(link) = link {
        let _ = writeln!(out, "  {}", paint(DIM, link));
    }
    for change in group.changes.iter().take(WITH_DIFFS) {
        of_change(out, change, screen);
    }
    names(out, group.changes.iter().skip(WITH_DIFFS).copied(), "    ");
    out.push('\n');
}

fn of_change(out: &mut String, change: &Change, screen: Screen) {
    let _ = writeln!(out, "    {} {}", paint(BOLD, &change.case), level(change));
    if let (Some(title), Some(spec)) = (&change.title, &change.spec) {
        out.push_str(&screen.wrap(&format!("{title} {spec}"), "      "));
    }
    if let Some(difference) = &change.difference {
        let (minus, plus) = match change.kind {
            ChangeKind::Regressed => (GREEN, RED),
            ChangeKind::Fixed => (RED, GREEN),
            _ => (YELLOW, CYAN),
        };
        out.push_str(&screen::diff(difference, minus, plus, "      "));
    }
    for (outcome, difference) in against_expectation(change) {
        let _ = writeln!(out, "      {outcome}");
        out.push_str(&screen::diff(&difference.unwrap_or_default(), GREEN, RED, "        "));
    }
}

fn names<'a>(out: &mut String, changes: impl Iterator<Item = &'a Change>, indent: &str) {
    let changes: Vec<&Change> = changes.collect();
    for change in changes.iter().take(NAMED) {
        let _ = writeln!(out, "{indent}{} {}", change.case, level(change));
    }
    if changes.len() > NAMED {
        let more = changes.len() - NAMED;
        let _ = writeln!(out, "{indent}and {more} more: --format html shows all");
    }
}
