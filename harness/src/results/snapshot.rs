//! Snapshots: what a runtime did, in a file small enough to be kept for every version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::known::plain_version;
use crate::results::run_file::{CaseRow, Run, RuntimeRow, VerdictRow};
use crate::support::digest;
use crate::support::text::{diff, shorten};
use crate::verdict::judge::{Mismatch, Verdict};
use crate::verdict::signature;

/// Raised when a reader of the format before would misread it.
pub const FORMAT: u32 = 2;
/// How much of a difference a file keeps, in bytes: enough to see what it is. That two are not the
/// same is seen by their digests.
const LONGEST_KEPT: usize = 320;
/// How much of it is kept of a run at hand.
const LONGEST_SHOWN: usize = 4000;

/// One runtime at one version: what each case came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    pub snapshot_format: u32,
    /// `wasi-conformance 0.1.0`.
    pub tool: String,
    /// When the run was started, RFC 3339, UTC.
    pub started: String,
    pub os: String,
    pub arch: String,
    /// The row's name: `wasmtime`, or `wasmtime@47.0.2` if that version was asked for.
    pub runtime: String,
    pub version: String,
    pub details: String,
    /// How often each case was run.
    pub repeats: u32,
    pub cases: BTreeMap<String, Entry>,
}

/// What a case came to. Keys that say nothing are left out of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub level: Level,
    pub verdict: Verdict,
    /// A digest of what the guest was given and of what was expected: another one is another case.
    pub definition: String,
    /// Whether a record says that it differs from run to run.
    #[serde(default, skip_serializing_if = "is_false")]
    pub flaky: bool,
    /// Whether it did not always come out the same, of several times.
    #[serde(default, skip_serializing_if = "is_false")]
    pub varies: bool,
    /// A digest of how it was not as expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The same for people, cut if it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What an entry says about the runtime, whatever is recorded of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It did what the case expects.
    Holds,
    /// It did something else.
    Fails,
    /// It was not asked.
    NotRun,
    /// We could not ask.
    Unjudged,
}

impl Entry {
    fn new(row: &VerdictRow, case: &CaseRow, limit: usize) -> Self {
        Entry {
            level: case.level,
            verdict: row.verdict,
            definition: definition(case),
            flaky: row.flaky,
            varies: !row.varies.is_empty(),
            signature: signature::of(&row.mismatches),
            difference: difference(&row.mismatches, limit),
        }
    }

    pub fn class(&self) -> Class {
        match self.verdict {
            Verdict::Skip => Class::NotRun,
            Verdict::HarnessError => Class::Unjudged,
            _ if self.signature.is_none() => Class::Holds,
            _ => Class::Fails,
        }
    }
}

fn difference(mismatches: &[Mismatch], limit: usize) -> Option<String> {
    let part = |m: &Mismatch| format!("{}:\n{}", m.part, diff(&m.expected, &m.observed));
    let text: String = mismatches.iter().map(part).collect();
    (!text.is_empty()).then(|| shorten(&text, limit))
}

/// What decides about a case, as eight digits: not where it is written, nor what is said about it.
fn definition(case: &CaseRow) -> String {
    let given = (&case.guest, &case.args, &case.env, &case.stdin, &case.socket, &case.timeout);
    let expected = (&case.exit, &case.stdout, &case.stderr, &case.fs_after);
    let all = serde_json::to_vec(&(given, &case.preopens, &case.fs, expected));
    digest::of_bytes(&all.expect("a case that was read can be written"))[..8].to_owned()
}

impl Snapshot {
    /// The rows of a run, for a file.
    pub fn of_run(run: &Run) -> Vec<Snapshot> {
        rows(run, LONGEST_KEPT)
    }

    /// The rows of a run at hand, with more of the differences.
    pub fn of_run_to_show(run: &Run) -> Vec<Snapshot> {
        rows(run, LONGEST_SHOWN)
    }

    /// `wasmtime`, whatever version was asked for.
    pub fn family(&self) -> &str {
        family(&self.runtime)
    }

    /// The version to order by, if it is one.
    pub fn plain_version(&self) -> Option<Version> {
        plain_version(&self.version)
    }

    /// `wasmtime 47.0.2`, whatever version was asked for.
    pub fn title(&self) -> String {
        title(&self.runtime, &self.version)
    }

    /// `wasmtime-47.0.2.json`
    pub fn file_name(&self) -> String {
        let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
        let name = format!("{}-{}", self.family(), self.version);
        let name: String = name.chars().map(|c| if fit(c) { c } else { '_' }).collect();
        name + ".json"
    }

    /// How many cases of a level are of a class.
    pub fn count(&self, level: Level, class: Class) -> usize {
        let counted = |entry: &&Entry| entry.level == level && entry.class() == class;
        self.cases.values().filter(counted).count()
    }

    /// The text of the file: a line for each case, so that a change is a line of a diff.
    pub fn to_json(&self) -> Result<String> {
        let head = serde_json::to_value(Snapshot { cases: BTreeMap::new(), ..self.clone() });
        let mut out = String::from("{\n");
        for (key, value) in head.context("encode a snapshot")?.as_object().into_iter().flatten() {
            if key != "cases" {
                out.push_str(&format!("{}: {value},\n", serde_json::to_string(key)?));
            }
        }
        let line = |(id, entry): (&String, &Entry)| -> Result<String> {
            Ok(format!("{}: {}", serde_json::to_string(id)?, serde_json::to_string(entry)?))
        };
        let lines: Vec<String> = self.cases.iter().map(line).collect::<Result<_>>()?;
        out.push_str(&format!("\"cases\": {{\n{}\n}}\n}}\n", lines.join(",\n")));
        Ok(out)
    }

    pub fn read(path: &Path) -> Result<Snapshot> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{}: cannot be read", path.display()))?;
        Snapshot::parse(path, &text)
    }

    /// The path is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Snapshot> {
        #[derive(Deserialize)]
        struct Head {
            snapshot_format: u32,
        }
        let not = || {
            format!(
                "{}: not a snapshot: write it anew with `wasi-conformance snapshot`",
                path.display()
            )
        };
        let head: Head = serde_json::from_str(text).with_context(not)?;
        if head.snapshot_format != FORMAT {
            bail!(
                "{}: snapshot format {} (this program reads {FORMAT}): write it anew with \
                 `wasi-conformance snapshot`",
                path.display(),
                head.snapshot_format
            );
        }
        serde_json::from_str(text).with_context(not)
    }
}

/// The runtime of a row, whatever version of it was asked for: `node` of `node@24`.
pub fn family(runtime: &str) -> &str {
    runtime.split('@').next().unwrap_or_default()
}

/// A row's name for people: of a version that was asked for, only the one that came is shown.
pub fn title(runtime: &str, version: &str) -> String {
    format!("{} {version}", family(runtime)).trim_end().to_owned()
}

fn rows(run: &Run, limit: usize) -> Vec<Snapshot> {
    let available = run.runtimes.iter().filter(|runtime| runtime.unavailable.is_none());
    available.map(|runtime| row(run, runtime, limit)).collect()
}

fn row(run: &Run, runtime: &RuntimeRow, limit: usize) -> Snapshot {
    let cases: BTreeMap<&str, &CaseRow> = run.cases.iter().map(|c| (c.id.as_str(), c)).collect();
    let entry = |row: &VerdictRow| {
        let case = cases.get(row.case.as_str())?;
        Some((row.case.clone(), Entry::new(row, case, limit)))
    };
    Snapshot {
        snapshot_format: FORMAT,
        tool: run.tool.clone(),
        started: run.started.clone(),
        os: run.host.os.clone(),
        arch: run.host.arch.clone(),
        runtime: runtime.name.clone(),
        version: runtime.version.clone(),
        details: runtime.details.clone(),
        repeats: runtime.repeats,
        cases: run.of_runtime(&runtime.name).filter_map(entry).collect(),
    }
}

/// The snapshots of a folder: each family's together, from the oldest version to the newest.
pub fn read_folder(folder: &Path) -> Result<Vec<(PathBuf, Snapshot)>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("{}: the folder of snapshots cannot be read", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("read {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let snapshot = Snapshot::read(&path)?;
            found.push((path, snapshot));
        }
    }
    found.sort_by(|(path_a, a), (path_b, b)| {
        let key = |b: &Snapshot| (b.family().to_owned(), b.plain_version());
        key(a).cmp(&key(b)).then_with(|| path_a.cmp(path_b))
    });
    Ok(found)
}

#[cfg(test)]
mod tests;
