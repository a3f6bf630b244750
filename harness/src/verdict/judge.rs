//! Compares an observation with the expectation of its case. Pure functions: they run nothing and
//! read nothing.

use std::fmt::{self, Write};

use runner_kit::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Ending, Entry, Expect, Kind, Level, Tree};
use crate::known::{Divergence, DivergenceKind};
use crate::observe::observation::Observation;
use crate::support::bytes;
use crate::support::text::nearest;

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
    /// Not as the case expects, and no divergence describes it.
    Fail,
    /// Exactly as a divergence describes.
    Known,
    /// As the case expects, although a divergence says otherwise: remove the divergence.
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

/// Why a divergence is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "known")]
pub struct Known {
    pub kind: DivergenceKind,
    pub link: String,
}

/// A part of an observation that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "mismatch")]
pub struct Mismatch {
    pub part: Part,
    pub expected: String,
    pub observed: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "part")]
pub enum Part {
    Exit,
    Stdout,
    Stderr,
    Tree,
    /// Files outside the preopen.
    Canary,
    /// What outlives the guest.
    Processes,
}

impl Part {
    /// Whether it is about what a guest may reach. One look is then enough: nothing but the guest or
    /// its runtime changes a canary or leaves a process behind.
    pub fn is_containment(self) -> bool {
        matches!(self, Part::Canary | Part::Processes)
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Part::Exit => "exit",
            Part::Stdout => "stdout",
            Part::Stderr => "stderr",
            Part::Tree => "final tree",
            Part::Canary => "canary",
            Part::Processes => "processes",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The differences from the case's expectation, even if a divergence explains them.
    pub mismatches: Vec<Mismatch>,
    /// One sentence for people, where the verdict needs one.
    pub note: Option<String>,
    /// The kind and the link of a known divergence; its reason is the note.
    pub known: Option<Known>,
    /// Whether a divergence says that the case is flaky.
    pub flaky: bool,
}

impl Judgement {
    /// Whether the guest left its sandbox.
    pub fn has_escaped(&self) -> bool {
        self.mismatches.iter().any(|mismatch| mismatch.part.is_containment())
    }

    /// A case that was not compared with its expectation.
    pub fn not_run(verdict: Verdict, note: &str) -> Self {
        let note = Some(note.to_owned());
        Judgement { verdict, mismatches: vec![], note, known: None, flaky: false }
    }
}

/// Judges an observation of a case. `divergence` is the one that applies to this runtime and case, if
/// there is one.
pub fn judge(case: &Case, observed: &Observation, divergence: Option<&Divergence>) -> Judgement {
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
    let mismatches = compare(&case.expect, observed);
    let mut known = None;
    let (verdict, note) = match (mismatches.is_empty(), divergence) {
        (true, Some(divergence)) if divergence.observed.is_some() => (
            Verdict::UnexpectedPass,
            Some(format!("no longer diverges: remove the divergence at {}", divergence.source)),
        ),
        (true, _) => (Verdict::Pass, None),
        (false, Some(divergence)) if describes(divergence, observed) => {
            known = Some(Known { kind: divergence.kind, link: divergence.link.clone() });
            (Verdict::Known, Some(divergence.reason.clone()))
        }
        // A guest may ask for this signal. If nobody expects it, it came from outside.
        (false, _) if was_killed(&observed.outcome) => {
            return Judgement::not_run(Verdict::HarnessError, KILLED);
        }
        (false, Some(divergence)) => {
            let verdict = fails_at(case.level);
            (verdict, Some(format!("does not match the divergence at {}", divergence.source)))
        }
        (false, None) => (fails_at(case.level), None),
    };
    let flaky = divergence.is_some_and(|divergence| divergence.observed.is_none());
    Judgement { verdict, mismatches, note, known, flaky }
}

/// Whatever else is true, a guest that left its sandbox has failed: no level excuses it, no divergence
/// describes it, and trouble of ours or a kill from outside does not undo it.
fn judge_containment(case: &Case, observed: &Observation) -> Option<Judgement> {
    let mut mismatches = compare(&case.expect, observed);
    if !mismatches.iter().any(|mismatch| mismatch.part.is_containment()) {
        return None;
    }
    let ours = matches!(observed.outcome, Outcome::Error { .. }) || was_killed(&observed.outcome);
    if ours {
        mismatches.retain(|mismatch| mismatch.part.is_containment());
    }
    let (verdict, note) = (Verdict::Fail, None);
    Some(Judgement { verdict, mismatches, note, known: None, flaky: false })
}

const KILLED: &str = "something else killed the process of the runtime (SIGKILL): the system, \
                      because memory was short, or a person";

fn was_killed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Crash { how } if how == "killed by SIGKILL")
}

/// Whether a divergence describes this observation. One that is flaky matches anything.
fn describes(divergence: &Divergence, observed: &Observation) -> bool {
    divergence.observed.as_ref().is_none_or(|expect| compare(expect, observed).is_empty())
}

fn fails_at(level: Level) -> Verdict {
    match level {
        Level::Must | Level::Should => Verdict::Fail,
        Level::May => Verdict::Differs,
    }
}

/// The parts that are not as expected.
pub fn compare(expect: &Expect, observed: &Observation) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    let mut mismatch = |part, expected: String, observed: String| {
        mismatches.push(Mismatch { part, expected, observed });
    };
    let ending = Ending::of(&observed.outcome);
    if let Some(exit) = expect.exit
        && ending != Some(exit)
    {
        mismatch(Part::Exit, describe_ending(exit), describe_outcome(&observed.outcome));
    }
    let texts = [
        (Part::Stdout, &expect.stdout, &observed.stdout),
        (Part::Stderr, &expect.stderr, &observed.stderr),
    ];
    for (part, allowed, text) in texts {
        // If the guest did not exit by itself, stderr is the runtime's message about that.
        if part == Part::Stderr && !matches!(ending, Some(Ending::Exit(_))) {
            continue;
        }
        if let Some(allowed) = allowed
            && !allowed.contains(text)
        {
            mismatch(part, nearest(allowed, text).to_owned(), text.clone());
        }
    }
    if let Some(tree) = &expect.tree
        && (observed.tree_cut.is_some() || !same_tree(tree, &observed.tree))
    {
        let mut left = list_tree(&observed.tree, tree);
        if let Some(why) = &observed.tree_cut {
            let _ = writeln!(left, "and more: {why}");
        }
        mismatch(Part::Tree, list_tree(tree, tree), left);
    }
    if let Some(escape) = &observed.escaped {
        mismatch(
            Part::Canary,
            "nothing outside the preopen is touched\n".into(),
            format!("{escape}\n"),
        );
    }
    if !observed.left_running.is_empty() {
        let names = observed.left_running.iter().map(|name| bytes::name(name.as_bytes()));
        let names: Vec<String> = names.collect();
        mismatch(
            Part::Processes,
            "no process outlives the guest\n".into(),
            format!("left running: {}\n", names.join(", ")),
        );
    }
    mismatches
}

fn describe_ending(ending: Ending) -> String {
    match ending {
        Ending::Exit(code) => format!("exit {code}\n"),
        other => format!("{other}\n"),
    }
}

/// An outcome in a line, for diffs and reports.
pub fn describe_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Exit { code } => format!("exit {code}\n"),
        Outcome::Trap { message } => format!("trap: {message}\n"),
        Outcome::Unsupported { reason } => format!("unsupported: {reason}\n"),
        Outcome::Timeout => "timeout\n".into(),
        Outcome::Crash { how } => format!("crash: {how}\n"),
        Outcome::OutputLimit => "output_limit: the guest wrote more than it may\n".into(),
        Outcome::Error { message } => format!("error: {message}\n"),
    }
}

fn same_tree(expected: &Tree, observed: &Tree) -> bool {
    expected.len() == observed.len()
        && expected
            .iter()
            .all(|(path, entry)| observed.get(path).is_some_and(|o| same_entry(entry, o)))
}

/// Attributes that the expectation leaves out are not compared.
fn same_entry(expected: &Entry, observed: &Entry) -> bool {
    let same = |e: Option<u64>, o: Option<u64>| e.is_none() || e == o;
    expected.kind == observed.kind
        && same(expected.mode.map(u64::from), observed.mode.map(u64::from))
        && same(expected.mtime, observed.mtime)
        && same(expected.atime, observed.atime)
}

/// A tree as lines. Attributes are shown only where `wanted` has them.
fn list_tree(tree: &Tree, wanted: &Tree) -> String {
    let mut out = String::new();
    for (path, entry) in tree {
        let description = match &entry.kind {
            Kind::Directory => "directory".to_owned(),
            Kind::File(bytes) => format!("file, {}", describe_content(bytes)),
            Kind::Symlink(target) => format!("symlink to {target}"),
            Kind::HardLink(target) => format!("hard link to {target}"),
            Kind::Zeros(size) => format!("file, {size} bytes, all 0x00"),
            Kind::Large(file) => {
                format!("file, {} bytes with the digest {}", file.size, file.digest)
            }
            Kind::Other => "neither file, directory nor symlink".to_owned(),
        };
        let _ = write!(out, "{path}: {description}");
        let wanted = wanted.get(path);
        if let (Some(mode), Some(_)) = (entry.mode, wanted.and_then(|w| w.mode)) {
            let _ = write!(out, ", mode 0o{mode:o}");
        }
        if let (Some(mtime), Some(_)) = (entry.mtime, wanted.and_then(|w| w.mtime)) {
            let _ = write!(out, ", mtime {mtime}");
        }
        if let (Some(atime), Some(_)) = (entry.atime, wanted.and_then(|w| w.atime)) {
            let _ = write!(out, ", atime {atime}");
        }
        out.push('\n');
    }
    out
}

fn describe_content(content: &[u8]) -> String {
    const SHOWN: usize = 200;
    if content.len() <= SHOWN {
        return format!("{:?}", bytes::name(content));
    }
    match content.iter().position(|&b| b != content[0]) {
        None => format!("{} bytes, all 0x{:02x}", content.len(), content[0]),
        Some(_) => format!("{} bytes, {:?}…", content.len(), bytes::name(&content[..SHOWN])),
    }
}

#[cfg(test)]
mod tests;
