//! Outcome against expectation. A pure function: it runs nothing and reads nothing.

use std::fmt::{self, Write};

use runner_kit::Outcome;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Ending, Entry, Expect, Kind, Level, Tree};
use crate::known::{Divergence, DivergenceKind};
use crate::observe::observation::Observation;
use crate::support::text::{nearest, readable};

/// The judgement of one case on one runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All that the case expects, and nothing else.
    Pass,
    /// Not what the case expects, where the specification leaves it open (level `may`).
    Differs,
    /// Not what the case expects, and not what is recorded either.
    Fail,
    /// Exactly the recorded divergence.
    Known,
    /// A recorded divergence that is gone: the record must go too.
    UnexpectedPass,
    /// Not run: the runtime declares that it has no way to do this.
    Skip,
    /// Our own failure, never blamed on the runtime.
    HarnessError,
}

impl Verdict {
    pub const ALL: [Verdict; 7] = [
        Verdict::Pass,
        Verdict::Differs,
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
            Verdict::Fail => "fail",
            Verdict::Known => "known",
            Verdict::UnexpectedPass => "unexpected-pass",
            Verdict::Skip => "skip",
            Verdict::HarnessError => "harness-error",
        })
    }
}

/// Why a divergence is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    pub kind: DivergenceKind,
    pub link: String,
}

/// A part of an observation that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mismatch {
    pub part: Part,
    pub expected: String,
    pub observed: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Exit,
    Stdout,
    Stderr,
    Tree,
    /// The world outside the preopen.
    Canary,
    /// What outlives the guest.
    Processes,
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
    /// Against the case's expectation, also when a record explains them.
    pub mismatches: Vec<Mismatch>,
    /// One sentence for people, where the verdict needs one.
    pub note: Option<String>,
    /// What the record says beside its reason, which is the note.
    pub known: Option<Known>,
    /// Whether a record says that this differs from run to run.
    pub flaky: bool,
}

impl Judgement {
    /// Of what was not judged against an expectation.
    pub fn not_run(verdict: Verdict, note: &str) -> Self {
        let note = Some(note.to_owned());
        Judgement { verdict, mismatches: vec![], note, known: None, flaky: false }
    }
}

/// Judges what was observed of a case, in the light of the record that speaks of it, if any.
pub fn judge(case: &Case, observed: &Observation, record: Option<&Divergence>) -> Judgement {
    if let Outcome::Error { message } = &observed.outcome {
        return Judgement::not_run(Verdict::HarnessError, message);
    }
    if let Some(import) = &observed.missing_import {
        let note = format!("the runtime lacks the import `{import}`, which this case calls");
        return Judgement::not_run(Verdict::Skip, &note);
    }
    let mismatches = compare(&case.expect, observed);
    let mut known = None;
    let (verdict, note) = match (mismatches.is_empty(), record) {
        (true, Some(record)) if record.observed.is_some() => (
            Verdict::UnexpectedPass,
            Some(format!("no longer diverges: remove the record at {}", record.source)),
        ),
        (true, _) => (Verdict::Pass, None),
        (false, Some(record)) if is_recorded(record, observed, &mismatches) => {
            known = Some(Known { kind: record.kind, link: record.link.clone() });
            (Verdict::Known, Some(record.reason.clone()))
        }
        (false, Some(record)) => {
            let verdict = fails_at(case.level);
            (verdict, Some(format!("diverges in another way than recorded at {}", record.source)))
        }
        (false, None) => (fails_at(case.level), None),
    };
    let flaky = record.is_some_and(|record| record.observed.is_none());
    Judgement { verdict, mismatches, note, known, flaky }
}

/// Whether a record speaks of this. What differs from run to run is anything, but never an escape.
fn is_recorded(record: &Divergence, observed: &Observation, mismatches: &[Mismatch]) -> bool {
    match &record.observed {
        Some(expect) => compare(expect, observed).is_empty(),
        None => !mismatches.iter().any(|m| matches!(m.part, Part::Canary | Part::Processes)),
    }
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
        // What a runtime prints about a guest that did not exit by itself is the runtime's own.
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
        && !same_tree(tree, &observed.tree)
    {
        mismatch(Part::Tree, list_tree(tree, tree), list_tree(&observed.tree, tree));
    }
    if let Some(escape) = &observed.escaped {
        mismatch(
            Part::Canary,
            "nothing outside the preopen is touched\n".into(),
            format!("{escape}\n"),
        );
    }
    if !observed.left_running.is_empty() {
        let names = observed.left_running.iter().map(|name| readable(name.as_bytes()));
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

/// A tree as lines, with those attributes that `wanted` gives.
fn list_tree(tree: &Tree, wanted: &Tree) -> String {
    let mut out = String::new();
    for (path, entry) in tree {
        let what = match &entry.kind {
            Kind::Directory => "directory".to_owned(),
            Kind::File(bytes) => format!("file, {}", describe_content(bytes)),
            Kind::Symlink(target) => format!("symlink to {target}"),
            Kind::HardLink(target) => format!("hard link to {target}"),
            Kind::Huge(size) => format!("file of {size} bytes, too long to be compared"),
            Kind::Other => "neither file, directory nor symlink".to_owned(),
        };
        let _ = write!(out, "{path}: {what}");
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

fn describe_content(bytes: &[u8]) -> String {
    const SHOWN: usize = 200;
    if bytes.len() <= SHOWN {
        return format!("{:?}", readable(bytes));
    }
    match bytes.iter().position(|&b| b != bytes[0]) {
        None => format!("{} bytes, all 0x{:02x}", bytes.len(), bytes[0]),
        Some(_) => format!("{} bytes, {:?}…", bytes.len(), readable(&bytes[..SHOWN])),
    }
}

#[cfg(test)]
mod tests;
