//! Comparing what runtimes did: a typed difference, computed once, that every format is made of. Pure
//! functions: nothing is run or read here.
//!
//! What counts is whether a case holds, which is whether what was observed is what the case expects.
//! That a divergence is recorded changes its verdict and nothing here: recording a regression does
//! not make it go away.

mod input;
mod rows;

use std::collections::BTreeSet;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::case::filter::Filter;
use crate::results::snapshot::{self, Class, Entry, Snapshot};

pub use input::{history, read};
pub use rows::{Alone, Rows};

/// Raised when a reader of the format before would misread it.
pub const FORMAT: u32 = 2;

/// Everything that differs between two sets of rows.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    pub comparison_format: u32,
    /// What the user should know about A and B as a whole.
    pub notes: Vec<String>,
    pub pairs: Vec<RowPair>,
    /// Rows that were compared with nothing.
    pub alone: Vec<Alone>,
    /// The texts of --allow that matched no regression.
    pub unused_allowances: Vec<String>,
}

/// One row against another.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowPair {
    pub a: Side,
    pub b: Side,
    /// What makes the two less alike than they should be.
    pub notes: Vec<String>,
    pub same: Same,
    /// By kind, then by case.
    pub changes: Vec<Change>,
}

/// What a row is of, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    pub from: String,
    pub runtime: String,
    pub version: String,
    pub details: String,
    pub tool: String,
    pub started: String,
    pub os: String,
    pub arch: String,
    pub repeats: u32,
    pub cases: usize,
}

/// How many cases came to the same on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Same {
    pub hold: usize,
    pub fail: usize,
    pub not_run: usize,
}

impl Same {
    pub fn total(&self) -> usize {
        self.hold + self.fail + self.not_run
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub kind: Kind,
    pub case: String,
    /// Where it is binding: B's, if B has the case.
    pub level: Level,
    /// What must hold, and where that is stated, if a run says so.
    pub title: Option<String>,
    pub spec: Option<String>,
    pub a: Option<Entry>,
    pub b: Option<Entry>,
    /// Whether --allow names it.
    pub allowed: bool,
}

/// In the order in which people want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It held, and does not.
    Regressed,
    /// It was run, and now we could not judge it.
    Unjudged,
    /// It did not hold and does not, in another way.
    Changed,
    /// It did not hold, and does.
    Fixed,
    /// It differs, and is known to differ from run to run.
    Unstable,
    /// It differs, and is not the same case: what it is given or what is expected has changed.
    Redefined,
    /// It is run only in B.
    Added,
    /// It is run only in A.
    Removed,
}

impl Kind {
    pub const ALL: [Kind; 8] = [
        Kind::Regressed,
        Kind::Unjudged,
        Kind::Changed,
        Kind::Fixed,
        Kind::Unstable,
        Kind::Redefined,
        Kind::Added,
        Kind::Removed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Regressed => "regressed",
            Kind::Unjudged => "unjudged",
            Kind::Changed => "changed",
            Kind::Fixed => "fixed",
            Kind::Unstable => "flaky",
            Kind::Redefined => "redefined",
            Kind::Added => "added",
            Kind::Removed => "removed",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Kind::Regressed => "held in A, does not in B",
            Kind::Unjudged => "ran in A, could not be judged in B",
            Kind::Changed => "does not hold in either, in B in another way",
            Kind::Fixed => "did not hold in A, does in B",
            Kind::Unstable => "differs, and is known to differ from run to run",
            Kind::Redefined => "differs, and the case itself is not what it was",
            Kind::Added => "ran in B only",
            Kind::Removed => "ran in A only",
        }
    }
}

impl Change {
    /// Whether this makes the comparison fail.
    pub fn fails(&self) -> bool {
        matches!(self.kind, Kind::Regressed | Kind::Unjudged)
            && self.level != Level::May
            && !self.allowed
    }
}

impl RowPair {
    pub fn count(&self, kind: Kind, level: Level) -> usize {
        self.of(kind).filter(|change| change.level == level).count()
    }

    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.kind == kind)
    }
}

impl Comparison {
    /// Compares all rows of B with those of A that they belong to. `allow` are texts like those of
    /// --filter that name the regressions that are accepted.
    pub fn new(a: &Rows, b: &Rows, allow: &[String]) -> Result<Comparison> {
        let (matches, alone) = rows::matches(a, b);
        let mut pairs: Vec<RowPair> = matches
            .iter()
            .map(|found| {
                let mut pair = compare(a.side(found.a), b.side(found.b), |case| {
                    b.title.get(case).or_else(|| a.title.get(case)).cloned()
                });
                pair.notes.splice(0..0, found.note.clone());
                pair
            })
            .collect();
        let mut unused_allowances = Vec::new();
        for text in allow {
            let filter = Filter::of_option("--allow", std::slice::from_ref(text))?;
            let mut used = false;
            for pair in &mut pairs {
                for change in pair.changes.iter_mut().filter(|change| change.may_be_allowed()) {
                    let allowed = filter.accepts(&pair.b.runtime, &change.case);
                    change.allowed |= allowed;
                    used |= allowed;
                }
            }
            if !used {
                unused_allowances.push(text.clone());
            }
        }
        let notes = a.notes.iter().chain(&b.notes).cloned().collect();
        Ok(Comparison { comparison_format: FORMAT, notes, pairs, alone, unused_allowances })
    }

    /// What makes the comparison fail: regressions of what is binding.
    pub fn failures(&self) -> impl Iterator<Item = (&RowPair, &Change)> {
        let all = self.pairs.iter().flat_map(|p| p.changes.iter().map(move |c| (p, c)));
        all.filter(|(_, change)| change.fails())
    }

    /// Whether anything at all was compared.
    pub fn is_empty(&self) -> bool {
        let compared = |pair: &RowPair| {
            let only_one = |change: &&Change| change.a.is_none() || change.b.is_none();
            pair.same.total() > 0 || pair.changes.iter().any(|change| !only_one(&change))
        };
        !self.pairs.iter().any(compared)
    }
}

impl Change {
    fn may_be_allowed(&self) -> bool {
        matches!(self.kind, Kind::Regressed | Kind::Unjudged)
    }
}

type About = (String, String);

fn compare(
    (from_a, a): (&str, &Snapshot),
    (from_b, b): (&str, &Snapshot),
    title: impl Fn(&str) -> Option<About>,
) -> RowPair {
    let mut same = Same::default();
    let mut changes = Vec::new();
    let ids: BTreeSet<&String> = a.cases.keys().chain(b.cases.keys()).collect();
    for id in ids {
        let (in_a, in_b) = (a.cases.get(id), b.cases.get(id));
        let Some(kind) = kind(in_a, in_b) else {
            match in_b.map(Entry::class) {
                Some(Class::Holds) => same.hold += 1,
                Some(Class::Fails) => same.fail += 1,
                _ => same.not_run += 1,
            }
            continue;
        };
        let entry = in_b.or(in_a).expect("the id is from one of them");
        let (title, spec) = title(id).unzip();
        changes.push(Change {
            kind,
            case: id.clone(),
            level: entry.level,
            title,
            spec,
            a: in_a.cloned(),
            b: in_b.cloned(),
            allowed: false,
        });
    }
    changes.sort_by_key(|change| change.kind);
    let notes = notes(a, b, &changes);
    RowPair { a: Side::new(from_a, a), b: Side::new(from_b, b), notes, same, changes }
}

/// How a case changed, if it did.
fn kind(a: Option<&Entry>, b: Option<&Entry>) -> Option<Kind> {
    let (Some(a), Some(b)) = (a, b) else {
        return Some(if a.is_none() { Kind::Added } else { Kind::Removed });
    };
    let (was, is) = (a.class(), b.class());
    if was == is && a.signature == b.signature {
        return None;
    }
    let may_differ = a.flaky || b.flaky || a.varies;
    match (was, is) {
        (Class::Unjudged, Class::NotRun) => None,
        (_, Class::Unjudged) => Some(Kind::Unjudged),
        (Class::NotRun | Class::Unjudged, _) => Some(Kind::Added),
        (_, Class::NotRun) => Some(Kind::Removed),
        _ if a.definition != b.definition => Some(Kind::Redefined),
        _ if may_differ => Some(Kind::Unstable),
        (Class::Holds, _) => Some(Kind::Regressed),
        (Class::Fails, Class::Holds) => Some(Kind::Fixed),
        (Class::Fails, Class::Fails) => Some(Kind::Changed),
    }
}

fn notes(a: &Snapshot, b: &Snapshot, changes: &[Change]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut differ = |what: &str, a: &str, b: &str| {
        if a != b {
            notes.push(format!("{what}: A is of {a}, B of {b}"));
        }
    };
    let platform = |b: &Snapshot| format!("{} {}", b.os, b.arch);
    differ("not the same platform", &platform(a), &platform(b));
    differ("not the same version of the suite", &a.tool, &b.tool);
    if a.family() != b.family() {
        differ("not the same runtime", a.family(), b.family());
    }
    let absent = |absent: fn(&Change) -> bool| changes.iter().filter(|&c| absent(c)).count();
    let (only_a, only_b) = (absent(|c| c.b.is_none()), absent(|c| c.a.is_none()));
    if only_a + only_b > 0 {
        notes.push(format!("not the same cases: {only_a} only in A, {only_b} only in B"));
    }
    notes
}

impl Side {
    fn new(from: &str, row: &Snapshot) -> Self {
        Side {
            from: from.to_owned(),
            runtime: row.runtime.clone(),
            version: row.version.clone(),
            details: row.details.clone(),
            tool: row.tool.clone(),
            started: row.started.clone(),
            os: row.os.clone(),
            arch: row.arch.clone(),
            repeats: row.repeats,
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
