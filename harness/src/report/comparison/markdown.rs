//! A comparison as Markdown that fits into a comment on a pull request.

use std::fmt::Write;

use super::format::Format;
use super::wording::{
    against_expectation, cases, counts, headline, level, reason, remarks, row, same,
};
use crate::report::collapsible::{self, Item, Section};
use crate::report::printable::printable;
use crate::report::tables::Style;
use crate::results::compare::{Change, ChangeKind, Comparison, Group};
use crate::support::escape::markdown::{self, code, fenced, prose};
use crate::support::text::shorten;

const LONGEST_DIFFERENCE: usize = 1500;
/// How many changes of a group are shown with their diffs.
const WITH_DIFFS: usize = 3;
/// How many more are named.
const NAMED: usize = 30;

pub const FORMAT: Format = Format {
    name: "markdown",
    help: "for a comment on a pull request, with collapsible details",
    make: |comparison, _| Ok(render(comparison)),
};

pub fn render(comparison: &Comparison) -> String {
    let comparison = &printable(comparison);
    let head = format!(
        "# WASI preview 1 conformance: {}\n\n{}",
        prose(&headline(comparison)),
        head(comparison)
    );
    collapsible::render(&head, &sections(comparison))
}

/// The compared rows, and the counts.
pub fn head(comparison: &Comparison) -> String {
    let mut out = String::new();
    for pair in &comparison.pairs {
        for line in [row("A", &pair.a), row("B", &pair.b), same(pair)] {
            let _ = writeln!(out, "- {}", prose(&line));
        }
        for note in &pair.notes {
            let _ = writeln!(out, "- **Note:** {}", prose(note));
        }
        out.push('\n');
        if !pair.changes.is_empty() {
            let _ = writeln!(out, "{}", counts(pair, Style::Markdown));
        }
    }
    for remark in remarks(comparison) {
        let _ = writeln!(out, "- **Note:** {}", prose(&remark));
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    out
}

/// The changes by kind and cause, the worst first. Regressions are initially open.
pub fn sections(comparison: &Comparison) -> Vec<Section> {
    let section = |kind: ChangeKind| {
        let pairs = comparison.pairs.iter();
        let groups = pairs.flat_map(|pair| {
            pair.groups(kind).into_iter().map(|group| Item {
                text: item(&pair.b.runtime, kind, &group),
                count: group.changes.len(),
            })
        });
        Section {
            title: format!("{}: {}", kind.word(), kind.meaning()),
            open: kind == ChangeKind::Regressed,
            items: groups.collect(),
        }
    };
    ChangeKind::ALL.into_iter().map(section).collect()
}

/// A group: its cause with a link, its first changes, and the names of others.
fn item(runtime_name: &str, kind: ChangeKind, group: &Group) -> String {
    let (reason, link) = reason(group);
    let link = link.map(|address| format!(" ({})", markdown::link("link", address)));
    let (runtime, link) = (prose(runtime_name), link.unwrap_or_default());
    let count = cases(group.changes.len());
    let mut out = match kind.is_list() {
        true => format!("- {runtime}: {count}\n"),
        false => format!("- {runtime}: {}{link}: {count}\n", prose(&reason)),
    };
    let with_diffs = if kind.is_list() { 0 } else { WITH_DIFFS };
    for change in group.changes.iter().take(with_diffs) {
        of_change(&mut out, runtime_name, change);
    }
    let others = &group.changes[with_diffs.min(group.changes.len())..];
    if !others.is_empty() {
        let names: Vec<String> =
            others.iter().take(NAMED).map(|change| code(&change.case)).collect();
        let more = match others.len().checked_sub(NAMED) {
            None | Some(0) => String::new(),
            Some(more) => format!(" and {more} more, which `--format html` shows"),
        };
        let _ = writeln!(out, "  - {}{more}", names.join(", "));
    }
    out
}

fn of_change(out: &mut String, runtime: &str, change: &Change) {
    let id = code(&format!("{runtime}::{}", change.case));
    let _ = write!(out, "  - {id} {}", level(change));
    if let (Some(title), Some(spec)) = (&change.title, &change.spec) {
        let _ = write!(out, ": {} ({})", prose(title), markdown::link("rule", spec));
    }
    out.push('\n');
    if let Some(difference) = &change.difference {
        diff(out, difference);
    }
    for (outcome, difference) in against_expectation(change) {
        let _ = writeln!(out, "    {}  ", prose(&outcome));
        if let Some(difference) = difference {
            diff(out, &difference);
        }
    }
}

fn diff(out: &mut String, difference: &str) {
    out.push_str(&fenced("diff", &shorten(difference, LONGEST_DIFFERENCE), "    "));
}
