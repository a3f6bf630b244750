//! How one case changed from A to B, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::known::{DivergenceKind, shown};
use crate::results::compare::transition::transition;
use crate::results::snapshot::{Class, Entry};
use crate::verdict::failure::Failure;

/// How one case changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "change")]
pub struct Change {
    pub kind: ChangeKind,
    /// The case's id.
    pub case: String,
    /// How binding the rule is: B's level, if B has the case.
    pub level: Level,
    /// What must hold, if one side is a run.
    pub title: Option<String>,
    /// Where the specification says it, if one side is a run.
    pub spec: Option<String>,
    /// Why one side is not as expected, if that is known.
    pub cause: Option<Cause>,
    /// What changed in a few words: `path_open: perm instead of success`, B's result first.
    pub summary: Option<String>,
    /// The change itself, as a diff: `-` is what A did, `+` is what B did. Null if one side was not
    /// run.
    pub difference: Option<String>,
    /// What A did; null if A does not have the case.
    pub a: Option<Entry>,
    /// What B did; null if B does not have the case.
    pub b: Option<Entry>,
    /// Whether `--allow` accepts it.
    pub allowed: bool,
}

/// Why a row differs from the expectation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cause")]
pub struct Cause {
    /// `A` or `B`: the side that is not as expected.
    #[schemars(extend("enum" = ["A", "B"]))]
    pub side: String,
    /// Its id in the file of divergences.
    pub id: String,
    pub kind: DivergenceKind,
    /// Which side is right, and why the runtime differs.
    pub why: String,
    pub link: String,
}

/// Changes with one cause.
pub struct Group<'a> {
    pub cause: Option<&'a Cause>,
    /// What changed, if there is no cause.
    pub summary: Option<&'a str>,
    pub changes: Vec<&'a Change>,
}

/// In the order in which people want to know.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "change_kind")]
pub enum ChangeKind {
    /// As expected in A, not in B.
    Regressed,
    /// It ran in A; in B the harness failed.
    Unjudged,
    /// Not as expected on either side, and different.
    Changed,
    /// Not as expected in A, as expected in B.
    Fixed,
    /// Different, in a case that was not always the same when it was repeated.
    Flaky,
    /// The same result with another output, where the case accepts several outputs or compares none.
    Output,
    /// Different, and the case is not the same: its input or its expectation has changed.
    Redefined,
    /// It ran only in B.
    Added,
    /// It ran only in A.
    Removed,
}

impl ChangeKind {
    pub const ALL: [ChangeKind; 9] = [
        ChangeKind::Regressed,
        ChangeKind::Unjudged,
        ChangeKind::Changed,
        ChangeKind::Fixed,
        ChangeKind::Flaky,
        ChangeKind::Output,
        ChangeKind::Redefined,
        ChangeKind::Added,
        ChangeKind::Removed,
    ];

    pub fn word(self) -> &'static str {
        match self {
            ChangeKind::Regressed => "regressed",
            ChangeKind::Unjudged => "unjudged",
            ChangeKind::Changed => "changed",
            ChangeKind::Fixed => "fixed",
            ChangeKind::Flaky => "flaky",
            ChangeKind::Output => "output",
            ChangeKind::Redefined => "redefined",
            ChangeKind::Added => "added",
            ChangeKind::Removed => "removed",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            ChangeKind::Regressed => "as expected in A, not in B",
            ChangeKind::Unjudged => "ran in A, a harness error in B",
            ChangeKind::Changed => "not as expected on either side, and different",
            ChangeKind::Fixed => "not as expected in A, as expected in B",
            ChangeKind::Flaky => "different, in a case that was not always the same in A",
            ChangeKind::Output => {
                "the same result, but another output, which the case does not compare or also accepts"
            }
            ChangeKind::Redefined => "different, but the case itself has changed",
            ChangeKind::Added => "ran only in B",
            ChangeKind::Removed => "ran only in A",
        }
    }

    /// Whether such changes are only names, because one side has nothing to compare.
    pub fn is_list(self) -> bool {
        matches!(self, ChangeKind::Added | ChangeKind::Removed)
    }

    /// How a case changed; `None` if it did the same.
    pub fn of(a: Option<&Entry>, b: Option<&Entry>) -> Option<ChangeKind> {
        let (Some(a), Some(b)) = (a, b) else {
            return Some(if a.is_none() { ChangeKind::Added } else { ChangeKind::Removed });
        };
        let (was, is) = (a.result, b.result);
        let is_flaky = a.varies;
        if was == is && a.difference == b.difference {
            let other_output = match (&a.output, &b.output) {
                (Some(a), Some(b)) => a.digest != b.digest,
                _ => false,
            };
            let is_same_case = a.definition == b.definition;
            return (other_output && is_same_case && !is_flaky).then_some(ChangeKind::Output);
        }
        match (was, is) {
            (Class::Unjudged, Class::NotRun) => None,
            (_, Class::Unjudged) => Some(ChangeKind::Unjudged),
            (Class::NotRun | Class::Unjudged, _) => Some(ChangeKind::Added),
            (_, Class::NotRun) => Some(ChangeKind::Removed),
            _ if a.definition != b.definition => Some(ChangeKind::Redefined),
            _ if is_flaky => Some(ChangeKind::Flaky),
            (Class::AsExpected, _) => Some(ChangeKind::Regressed),
            (Class::NotAsExpected, Class::AsExpected) => Some(ChangeKind::Fixed),
            (Class::NotAsExpected, Class::NotAsExpected) => Some(ChangeKind::Changed),
        }
    }
}

impl Change {
    pub(super) fn new(kind: ChangeKind, id: &str, a: Option<&Entry>, b: Option<&Entry>) -> Self {
        let difference = match (a, b) {
            (Some(a), Some(b)) if !kind.is_list() && kind != ChangeKind::Unjudged => {
                transition(a, b)
            }
            _ => None,
        };
        let failure = match (&difference, b) {
            (Some(text), _) => Failure::from_difference(text),
            (None, Some(b)) if kind != ChangeKind::Unjudged => {
                Failure::from_difference(&shown(&b.difference))
            }
            _ => None,
        };
        Change {
            kind,
            case: id.to_owned(),
            level: b.or(a).map(|entry| entry.level).unwrap_or_default(),
            title: None,
            spec: None,
            cause: None,
            summary: failure.map(|failure| failure.summary).filter(|_| !kind.is_list()),
            difference,
            a: a.cloned(),
            b: b.cloned(),
            allowed: false,
        }
    }

    /// Whether this makes the comparison fail.
    pub fn fails(&self) -> bool {
        self.can_be_allowed() && self.level != Level::May && !self.allowed
    }

    pub(super) fn can_be_allowed(&self) -> bool {
        matches!(self.kind, ChangeKind::Regressed | ChangeKind::Unjudged)
    }
}

/// Groups in the order of their size, and of their first change where they are of one size.
pub(super) fn groups<'a>(changes: impl Iterator<Item = &'a Change>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group> = Vec::new();
    for change in changes {
        let cause = change.cause.as_ref();
        let summary = if cause.is_some() { None } else { change.summary.as_deref() };
        match groups.iter_mut().find(|group| group.cause == cause && group.summary == summary) {
            Some(group) => group.changes.push(change),
            None => groups.push(Group { cause, summary, changes: vec![change] }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.changes.len()));
    groups
}
