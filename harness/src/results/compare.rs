//! Comparing what runtimes did: a typed difference, computed once, from which every format is
//! rendered. Pure functions: nothing is run here, and only `read` reads files.
//!
//! Only whether a case came out as expected counts. A cause changes the verdict, but a regression with a
//! cause is still a regression. What is known to vary is no difference.

mod change;
mod pairing;
mod read;
mod side;
mod transition;

use std::collections::BTreeSet;

use anyhow::Result;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::case::filter::Filter;
use crate::results::snapshot::{self, Class, Row};

pub use change::{Cause, Change, ChangeKind, Group};
pub use pairing::Unpaired;
pub use read::{history, read};
pub use side::{Side, SideRow};

/// Increased when a reader of the previous format would misread it.
pub const FORMAT: u32 = 3;

/// Everything that differs between two sets of rows: the output of `compare --format json`.
/// docs/reference/comparison.md is the reference.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A comparison of wasi-conformance")]
pub struct Comparison {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    pub comparison_format: u32,
    /// Remarks about A and B as a whole.
    pub notes: Vec<String>,
    /// The rows that were compared.
    pub pairs: Vec<RowPair>,
    /// The rows that were not.
    pub unpaired: Vec<Unpaired>,
    /// Each `--allow` that matched no regression.
    pub unused_allowances: Vec<String>,
}

/// A row of A compared with a row of B.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "pair")]
pub struct RowPair {
    pub a: RowInfo,
    pub b: RowInfo,
    /// What makes the two less comparable: other cases, another platform, another version of the cases.
    pub notes: Vec<String>,
    pub same: Same,
    /// By kind, then by case.
    pub changes: Vec<Change>,
}

/// Which runtime a row shows, and where the row comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "row")]
pub struct RowInfo {
    /// Where it was read from.
    pub from: String,
    pub runtime: String,
    pub version: String,
    pub details: String,
    pub tool: String,
    pub os: String,
    pub arch: String,
    /// How many cases it has.
    pub cases: usize,
}

/// How many cases did the same on both sides: the same ending, output and files, as far as the case
/// compares them; and the same output where it does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "same")]
pub struct Same {
    /// As expected on both sides.
    pub as_expected: usize,
    /// Not as expected, in the same way.
    pub not_as_expected: usize,
    /// Not run on either side, or not judged.
    pub not_run: usize,
}

impl Same {
    pub fn total(&self) -> usize {
        self.as_expected + self.not_as_expected + self.not_run
    }
}

impl RowPair {
    pub fn count(&self, kind: ChangeKind, level: Level) -> usize {
        self.of_kind(kind).filter(|change| change.level == level).count()
    }

    pub fn of_kind(&self, kind: ChangeKind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }

    /// The changes of a kind by their cause, or by what differs if there is none: the
    /// largest group first.
    pub fn groups(&self, kind: ChangeKind) -> Vec<Group<'_>> {
        change::groups(self.of_kind(kind))
    }
}

impl Comparison {
    /// Compares all rows of B with the rows of A that they belong to. `allow` are texts like those of
    /// --filter that name the accepted regressions.
    pub fn new(a: &Side, b: &Side, allow: &[String]) -> Result<Comparison> {
        let (pairings, unpaired) = pairing::pair_up(a, b);
        let mut pairs: Vec<RowPair> = pairings
            .iter()
            .map(|found| {
                let mut pair = compare(&a.rows[found.a], &b.rows[found.b], |case| {
                    b.titles.get(case).or_else(|| a.titles.get(case)).cloned()
                });
                pair.notes.splice(0..0, found.note.clone());
                pair
            })
            .collect();
        let unused_allowances = apply_allowances(&mut pairs, allow)?;
        let notes = a.notes.iter().chain(&b.notes).cloned().collect();
        Ok(Comparison { comparison_format: FORMAT, notes, pairs, unpaired, unused_allowances })
    }

    /// What makes the comparison fail: regressions of what is binding.
    pub fn failures(&self) -> impl Iterator<Item = (&RowPair, &Change)> {
        let all = self.pairs.iter().flat_map(|p| p.changes.iter().map(move |c| (p, c)));
        all.filter(|(_, change)| change.fails())
    }

    /// Whether no case is on both sides.
    pub fn is_empty(&self) -> bool {
        let on_both = |change: &Change| change.a.is_some() && change.b.is_some();
        let compared = |pair: &RowPair| pair.same.total() > 0 || pair.changes.iter().any(on_both);
        !self.pairs.iter().any(compared)
    }
}

/// Marks the allowed changes. The result is the texts that matched none.
fn apply_allowances(pairs: &mut [RowPair], allow: &[String]) -> Result<Vec<String>> {
    let mut unused = Vec::new();
    for text in allow {
        let filter = Filter::of_option("--allow", std::slice::from_ref(text))?;
        let mut used = false;
        for pair in &mut *pairs {
            for change in pair.changes.iter_mut().filter(|change| change.can_be_allowed()) {
                let allowed = filter.accepts(&pair.b.runtime, &change.case);
                change.allowed |= allowed;
                used |= allowed;
            }
        }
        if !used {
            unused.push(text.clone());
        }
    }
    Ok(unused)
}

type Title = (String, String);

fn compare(row_a: &SideRow, row_b: &SideRow, title: impl Fn(&str) -> Option<Title>) -> RowPair {
    let (a, b) = (&row_a.row, &row_b.row);
    let mut same = Same::default();
    let mut changes = Vec::new();
    let ids: BTreeSet<&String> = a.cases.keys().chain(b.cases.keys()).collect();
    for id in ids {
        let (in_a, in_b) = (a.cases.get(id), b.cases.get(id));
        let Some(kind) = ChangeKind::of(in_a, in_b) else {
            match in_b.map(|entry| entry.result) {
                Some(Class::AsExpected) => same.as_expected += 1,
                Some(Class::NotAsExpected) => same.not_as_expected += 1,
                _ => same.not_run += 1,
            }
            continue;
        };
        let cause = match kind {
            // The runtime did not do anything that a cause could explain.
            ChangeKind::Unjudged => None,
            ChangeKind::Fixed | ChangeKind::Removed => row_a.cause("A", id),
            _ => row_b.cause("B", id).or_else(|| row_a.cause("A", id)),
        };
        let mut change = Change::new(kind, id, in_a, in_b);
        change.cause = cause;
        (change.title, change.spec) = title(id).unzip();
        changes.push(change);
    }
    changes.sort_by_key(|change| change.kind);
    let notes = notes(a, b, &changes);
    let (a, b) = (RowInfo::new(&row_a.from, a), RowInfo::new(&row_b.from, b));
    RowPair { a, b, notes, same, changes }
}

fn notes(a: &Row, b: &Row, changes: &[Change]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut differ = |what: &str, a: &str, b: &str| {
        if a != b {
            notes.push(format!("different {what}: A has {a}, B has {b}"));
        }
    };
    let platform = |b: &Row| format!("{} {}", b.os, b.arch);
    differ("platforms", &platform(a), &platform(b));
    differ("versions of the cases", &a.tool, &b.tool);
    if a.family() != b.family() {
        differ("runtimes", a.family(), b.family());
    }
    let absent = |absent: fn(&Change) -> bool| changes.iter().filter(|&c| absent(c)).count();
    let (only_a, only_b) = (absent(|c| c.b.is_none()), absent(|c| c.a.is_none()));
    if only_a + only_b > 0 {
        notes.push(format!("different cases: {only_a} only in A, {only_b} only in B"));
    }
    notes
}

impl RowInfo {
    fn new(from: &str, row: &Row) -> Self {
        RowInfo {
            from: from.to_owned(),
            runtime: row.runtime.clone(),
            version: row.version.clone(),
            details: row.details.clone(),
            tool: row.tool.clone(),
            os: row.os.clone(),
            arch: row.arch.clone(),
            cases: row.cases.len(),
        }
    }

    /// `wasmtime 47.0.2`, whatever version was asked for.
    pub fn title(&self) -> String {
        snapshot::title(&self.runtime, &self.version)
    }
}

#[cfg(test)]
mod tests;
