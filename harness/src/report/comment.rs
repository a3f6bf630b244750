//! A run as a comment on a pull request: counts, then only what is unexpected or has changed since a
//! snapshot, in sections that open on a click. It always fits.

use std::collections::HashSet;
use std::fmt::Write;

use super::collapsible::{self, Item, Section};
use super::comparison::markdown as changes;
use super::comparison::wording::verdict;
use super::flaky;
use super::format::{Format, Made, Uses};
use super::markdown_items;
use super::printable::printable;
use super::summary::summary;
use super::tables;
use super::timeouts::Timeouts;
use crate::results::compare::{ChangeKind, Comparison};
use crate::results::run_file::{Run, VerdictRow};
use crate::support::escape::markdown::prose;

pub const FORMAT: Format = Format {
    name: "comment",
    help: "a comment for a pull request: counts, and what is unexpected",
    file: Some("comment.md"),
    uses: Uses::Comparison,
    make: |run, before| Ok(Made::Text(render(run, before.comparison.as_ref()))),
};

pub fn render(run: &Run, comparison: Option<&Comparison>) -> String {
    let (run, comparison) = (&printable(run), comparison.map(printable));
    let comparison = comparison.as_ref();
    let mut head = format!("# WASI preview 1 conformance: {}\n\n", state(run, comparison));
    if !run.complete {
        let _ = writeln!(head, "**Incomplete: {}.**\n", prose(&run.missing().join("; ")));
    }
    let _ = writeln!(head, "{}.\n", summary(run));
    if let Some(sentence) = flaky::sentence(run) {
        let _ = writeln!(head, "{}\n", prose(&sentence));
    }
    if let Some(sentence) = Timeouts::of(&run.verdicts).sentence() {
        let _ = writeln!(head, "{sentence}.\n");
    }
    for runtime in &run.runtimes {
        if let Some(reason) = &runtime.unavailable {
            let first = reason.lines().next().unwrap_or_default().trim_end_matches(':');
            let line = format!("{} was not available: {first}", runtime.name);
            let _ = writeln!(head, "- {}\n", prose(&line));
        }
    }
    let _ = writeln!(head, "{}", tables::by_verdict(run, &run.available()));
    if let Some(comparison) = comparison {
        let _ = write!(head, "## Compared with the snapshot\n\n{}", changes::head(comparison));
    }
    collapsible::render(&head, &sections(run, comparison))
}

/// The worst first: what regressed, what is unexpected otherwise, and the other changes.
fn sections(run: &Run, comparison: Option<&Comparison>) -> Vec<Section> {
    let mut sections = comparison.map(changes::sections).unwrap_or_default();
    let after_regressions = usize::from(comparison.is_some());
    let shown = regressed(comparison);
    let unexpected = |row: &&VerdictRow| {
        row.verdict.is_unexpected() && !shown.contains(&(row.runtime.as_str(), row.case.as_str()))
    };
    let item = |row: &VerdictRow| Item::from(markdown_items::verdict(run, row));
    let title = if shown.is_empty() { "unexpected" } else { "unexpected otherwise" };
    let section = Section {
        title: title.to_owned(),
        open: false,
        items: run.verdicts.iter().filter(unexpected).map(item).collect(),
    };
    sections.insert(after_regressions, section);
    sections
}

fn regressed(comparison: Option<&Comparison>) -> HashSet<(&str, &str)> {
    let pairs = comparison.into_iter().flat_map(|comparison| &comparison.pairs);
    pairs
        .flat_map(|pair| {
            pair.of_kind(ChangeKind::Regressed).map(|c| (pair.b.runtime.as_str(), c.case.as_str()))
        })
        .collect()
}

fn state(run: &Run, comparison: Option<&Comparison>) -> String {
    let unexpected = run.verdicts.iter().filter(|row| row.verdict.is_unexpected()).count();
    let unexpected = match unexpected {
        0 => "nothing unexpected".to_owned(),
        1 => "1 unexpected verdict".to_owned(),
        n => format!("{n} unexpected verdicts"),
    };
    match comparison {
        None => unexpected,
        Some(comparison) => format!("{unexpected}; {}", verdict(&comparison.pairs)),
    }
}
