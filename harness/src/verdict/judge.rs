//! Decides the verdict of an observation. Pure functions: they run nothing and read nothing.

use std::fmt;

use runner_kit::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Level};
use crate::known::{
    Cause, Difference, DivergenceKind, Head, KnownRow, Normalizer, SnapshotFile, claims,
};
use crate::observe::observation::Observation;
use crate::verdict::difference::{Differs, difference};

pub use crate::known::Part;
pub use crate::verdict::mismatch::{Mismatch, compare, describe_outcome};

/// The judgement of one case on one runtime.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "verdict")]
pub enum Verdict {
    /// Exactly as the case expects.
    Pass,
    /// Not as the case expects, where the specification leaves it open (level `may`).
    Differs,
    /// Unexpected at first, and as expected when the case was run again, alone.
    Flaky,
    /// Not as the case expects, and not known.
    Fail,
    /// Not as the case expects, as in the snapshot, and a cause explains each difference.
    Known,
    /// As the case expects, although the snapshot says otherwise.
    UnexpectedPass,
    /// Not run: the case needs a capability that the runtime does not have.
    Skip,
    /// The harness failed; never a failure of the runtime.
    HarnessError,
}

impl Verdict {
    pub const ALL: [Verdict; 8] = [
        Verdict::Pass,
        Verdict::Differs,
        Verdict::Flaky,
        Verdict::Fail,
        Verdict::Known,
        Verdict::UnexpectedPass,
        Verdict::Skip,
        Verdict::HarnessError,
    ];

    /// Whether this makes a run fail.
    pub fn is_unexpected(self) -> bool {
        matches!(self, Verdict::Fail | Verdict::UnexpectedPass | Verdict::HarnessError)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Verdict::Pass => "pass",
            Verdict::Differs => "differs",
            Verdict::Flaky => "flaky",
            Verdict::Fail => "fail",
            Verdict::Known => "known",
            Verdict::UnexpectedPass => "unexpected-pass",
            Verdict::Skip => "skip",
            Verdict::HarnessError => "harness-error",
        })
    }
}

/// A cause that explains a difference.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "known")]
pub struct Known {
    /// Its id in the file of divergences.
    pub cause: String,
    pub kind: DivergenceKind,
    /// Which side is right, and why the runtime differs.
    pub why: String,
    pub link: String,
}

impl Known {
    fn new(head: &Head) -> Self {
        let Head { id, kind, why, link, .. } = head.clone();
        Known { cause: id, kind, why, link }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The differences from the case's expectation, even if a cause explains them.
    pub mismatches: Vec<Mismatch>,
    /// The changed lines, without what varies.
    pub difference: Difference,
    /// The ids of what was seen to vary.
    pub varying: Vec<String>,
    /// One sentence for people, where the verdict needs one.
    pub note: Option<String>,
    /// The causes of a known difference.
    pub known: Vec<Known>,
}

impl Judgement {
    /// Whether the guest left its sandbox.
    pub fn has_escaped(&self) -> bool {
        self.mismatches.iter().any(|mismatch| mismatch.part.is_containment())
    }

    /// A case that was not compared with its expectation.
    pub fn not_run(verdict: Verdict, note: &str) -> Self {
        Judgement { note: Some(note.to_owned()), ..Judgement::new(verdict, Differs::default()) }
    }

    fn new(verdict: Verdict, differs: Differs) -> Self {
        let Differs { mismatches, difference, varying } = differs;
        Judgement { verdict, mismatches, difference, varying, note: None, known: vec![] }
    }
}

/// Judges an observation of a case on a runtime that nothing is known about.
pub fn judge_unknown(case: &Case, observed: &Observation) -> Judgement {
    judge(case, observed, &KnownRow::default())
}

/// Judges an observation of a case, with what is known about the version of the runtime.
pub fn judge(case: &Case, observed: &Observation, row: &KnownRow) -> Judgement {
    if let Some(judgement) = judge_containment(case, observed) {
        return judgement;
    }
    if let Outcome::Error { message } = &observed.outcome {
        return Judgement::not_run(Verdict::HarnessError, message);
    }
    if let Some(import) = &observed.missing_import {
        let note = format!("the runtime lacks the import `{import}`, which this case calls");
        return Judgement::not_run(Verdict::Skip, &note);
    }
    let flaky = row.flaky_of(&case.id);
    let differs = difference(case, observed, Normalizer::new(&flaky));
    if differs.difference.is_empty() {
        return as_expected(case, row, differs);
    }
    let explained = explain(case, row, &differs.difference);
    // A guest may ask for this signal. If nobody expects it, it came from outside.
    if explained.is_err() && was_killed(&observed.outcome) {
        return Judgement::not_run(Verdict::HarnessError, KILLED);
    }
    let varied = varied(row, case, &differs);
    match explained {
        Ok(mut known) => {
            known.extend(varied);
            Judgement { known, ..Judgement::new(Verdict::Known, differs) }
        }
        Err(note) => Judgement { note, ..Judgement::new(fails_at(case.level), differs) },
    }
}

/// Whatever else is true, a guest that left its sandbox has failed: no level excuses it, no cause
/// explains it, and trouble of ours or a kill from outside does not undo it.
fn judge_containment(case: &Case, observed: &Observation) -> Option<Judgement> {
    let mut differs = difference(case, observed, Normalizer::new(&[]));
    if !differs.mismatches.iter().any(|mismatch| mismatch.part.is_containment()) {
        return None;
    }
    if matches!(observed.outcome, Outcome::Error { .. }) || was_killed(&observed.outcome) {
        differs.mismatches.retain(|mismatch| mismatch.part.is_containment());
        differs.difference.retain(|change| change.part.is_containment());
    }
    Some(Judgement::new(Verdict::Fail, differs))
}

const KILLED: &str = "something else killed the process of the runtime (SIGKILL): the system, \
                      because memory was short, or a person";

fn was_killed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Crash { how } if how == "killed by SIGKILL")
}

/// The judgement if nothing differs but what varies.
fn as_expected(case: &Case, row: &KnownRow, differs: Differs) -> Judgement {
    if let (Some(snapshot), Some(stored)) = (row.snapshot, row.stored(&case.id)) {
        let claimed: Vec<&Cause> =
            claims(&row.causes, case, stored).into_iter().flatten().collect();
        let is_binding = row.is_of_version && case.level != Level::May;
        if is_binding || !claimed.is_empty() {
            let mut ids: Vec<String> =
                claimed.iter().map(|cause| format!("`{}`", cause.head.id)).collect();
            ids.dedup();
            let causes = match ids.is_empty() {
                true => String::new(),
                false => format!(": end the `versions` of {}, or remove it", ids.join(", ")),
            };
            let name = file_name(snapshot);
            let note = format!("differs in the snapshot {name}, and no longer{causes}");
            return Judgement {
                note: Some(note),
                ..Judgement::new(Verdict::UnexpectedPass, differs)
            };
        }
    }
    match differs.mismatches.is_empty() {
        true => Judgement::new(Verdict::Pass, differs),
        false => {
            let known = varied(row, case, &differs);
            Judgement { known, ..Judgement::new(Verdict::Known, differs) }
        }
    }
}

/// Why what varies is not as expected.
fn varied(row: &KnownRow, case: &Case, differs: &Differs) -> Vec<Known> {
    let is_seen = |flaky: &&&crate::known::Flaky| {
        differs.varying.contains(&flaky.head.id)
            && differs.mismatches.iter().any(|mismatch| mismatch.part == flaky.part)
    };
    row.flaky_of(&case.id).iter().filter(is_seen).map(|flaky| Known::new(&flaky.head)).collect()
}

/// The causes of a difference; or what is not known about it.
fn explain(
    case: &Case,
    row: &KnownRow,
    difference: &Difference,
) -> Result<Vec<Known>, Option<String>> {
    let Some(snapshot) = row.snapshot else { return Err(None) };
    let name = file_name(snapshot);
    match row.stored(&case.id) {
        None => return Err(Some(format!("not in the snapshot {name}"))),
        Some(stored) if stored != difference => {
            let what = changed(stored, difference);
            return Err(Some(format!("differs from the snapshot {name}: {what}")));
        }
        Some(_) => {}
    }
    let mut known: Vec<Known> = Vec::new();
    for (change, found) in difference.iter().zip(claims(&row.causes, case, difference)) {
        let line = change.to_lines().join(" ");
        match found.as_slice() {
            [cause] => {
                let cause = Known::new(&cause.head);
                if !known.contains(&cause) {
                    known.push(cause);
                }
            }
            // Nobody has to say why, where the specification leaves it open.
            [] if case.level == Level::May => return Err(None),
            [] => return Err(Some(format!("no cause explains: {line}"))),
            [one, other, ..] => {
                let (one, other) = (&one.head.id, &other.head.id);
                return Err(Some(format!("`{one}` and `{other}` both explain: {line}")));
            }
        }
    }
    Ok(known)
}

/// The first line that is not as it was, for a note.
fn changed(was: &Difference, is: &Difference) -> String {
    let only = |of: &Difference, other: &Difference| {
        let found = of.iter().find(|change| !other.contains(change));
        found.map_or("as expected".to_owned(), |change| change.to_lines().join(" "))
    };
    format!("was {}; is {}", only(was, is), only(is, was))
}

fn file_name(snapshot: &SnapshotFile) -> String {
    snapshot.snapshot.file_name()
}

fn fails_at(level: Level) -> Verdict {
    match level {
        Level::Must | Level::Should => Verdict::Fail,
        Level::May => Verdict::Differs,
    }
}

#[cfg(test)]
mod tests;
