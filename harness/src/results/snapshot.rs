//! Snapshots: what a runtime did, in a file small enough to keep one for every version.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use runner_kit::Outcome;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::known::plain_version;
use crate::results::run_file::{CaseRow, Run, RuntimeRow, VerdictRow};
use crate::results::schema_parts;
use crate::support::digest;
use crate::support::text::shorten;
use crate::verdict::judge::{Mismatch, Part, Verdict};
use crate::verdict::signature;

/// Increased when a reader of the previous format would misread it.
pub const FORMAT: u32 = 2;
/// How many bytes of a difference a file keeps: enough to see what it is. Digests tell whether two
/// are the same.
const LONGEST_KEPT: usize = 320;
/// How many bytes are kept where the whole run is at hand.
const LONGEST_SHOWN: usize = 4000;

/// The result of each case on one runtime at one version. docs/reference/snapshot.md is the reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A snapshot of wasi-conformance")]
pub struct Snapshot {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    pub snapshot_format: u32,
    /// The program and its version, `wasi-conformance 0.1.0`.
    pub tool: String,
    /// When the run started, in UTC, RFC 3339.
    #[schemars(regex(pattern = schema_parts::TIME))]
    pub started: String,
    /// `linux`
    pub os: String,
    /// `x86_64`
    pub arch: String,
    /// The row's name: `wasmtime`, or `wasmtime@47.0.2` if that version was requested.
    #[schemars(length(min = 1))]
    pub runtime: String,
    /// As the runtime reports it.
    pub version: String,
    /// What else identifies it.
    pub details: String,
    /// How often each case ran.
    #[schemars(range(min = 1))]
    pub repeats: u32,
    /// By the id of each case, its result.
    pub cases: BTreeMap<String, Entry>,
}

/// The result of a case. Keys that do not apply are left out of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "entry", transform = schema_parts::signature_with_difference)]
pub struct Entry {
    pub level: Level,
    pub verdict: Verdict,
    /// A digest of the guest's input and of the expectation: if it changes, the case has changed.
    #[schemars(regex(pattern = schema_parts::DIGEST_8))]
    pub definition: String,
    /// Whether a divergence says that this is flaky.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(extend("const" = true))]
    pub flaky: bool,
    /// Whether repeated runs had different results.
    #[serde(default, skip_serializing_if = "is_false")]
    #[schemars(extend("const" = true))]
    pub varies: bool,
    /// A digest of how it differed from the expectation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = schema_parts::DIGEST_12))]
    pub signature: Option<String>,
    /// The same as a diff, cut if it is long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub difference: Option<String>,
    /// What the guest printed, where the case accepts several outputs or compares none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Printed")]
    pub output: Option<Printed>,
}

/// Output that does not follow from the verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "printed")]
pub struct Printed {
    /// A digest of all of it.
    #[schemars(regex(pattern = schema_parts::DIGEST_12))]
    pub digest: String,
    /// The text, cut if it is long.
    pub text: String,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// What an entry says about the runtime, whether or not a divergence applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It did what the case expects.
    AsExpected,
    /// It did something else.
    NotAsExpected,
    /// The case was skipped.
    NotRun,
    /// The harness failed.
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
            output: Printed::new(row, case, limit),
        }
    }

    pub fn class(&self) -> Class {
        match self.verdict {
            Verdict::Skip => Class::NotRun,
            Verdict::HarnessError => Class::Unjudged,
            _ if self.signature.is_none() => Class::AsExpected,
            _ => Class::NotAsExpected,
        }
    }
}

impl Printed {
    /// `None` if the expectation and the difference say all that was printed.
    fn new(row: &VerdictRow, case: &CaseRow, limit: usize) -> Option<Self> {
        let observed = row.observed.as_ref()?;
        // A guest that does not exit leaves stderr to its runtime, which may print what it wants.
        let exited = matches!(observed.outcome, Outcome::Exit { .. });
        let mut text = String::new();
        let mut is_open = false;
        for (part, allowed, printed, is_guests) in [
            (Part::Stdout, &case.stdout, &observed.stdout, true),
            (Part::Stderr, &case.stderr, &observed.stderr, exited),
        ] {
            let differs = row.mismatches.iter().any(|mismatch| mismatch.part == part);
            if allowed.len() != 1 && !differs && is_guests {
                is_open = true;
                printed.lines().for_each(|line| text.push_str(&format!("{part}: {line}\n")));
            }
        }
        let digest = digest::of_bytes(text.as_bytes())[..12].to_owned();
        is_open.then(|| Printed { digest, text: shorten(&text, limit) })
    }
}

fn difference(mismatches: &[Mismatch], limit: usize) -> Option<String> {
    let text: String = mismatches.iter().map(Mismatch::difference).collect();
    (!text.is_empty()).then(|| shorten(&text, limit))
}

/// What decides the verdict of a case, as eight digits: not its place in a file, nor its title.
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
                "{}: not a snapshot: write it again with `wasi-conformance snapshot`",
                path.display()
            )
        };
        let head: Head = serde_json::from_str(text).with_context(not)?;
        if head.snapshot_format != FORMAT {
            bail!(
                "{}: snapshot format {} (this program reads {FORMAT}): write it again with \
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

/// A row's name for people, with the version that ran, whatever version was asked for.
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
        details: runtime.implementation().to_owned(),
        repeats: runtime.repeats,
        cases: run.of_runtime(&runtime.name).filter_map(entry).collect(),
    }
}

/// The snapshots of a directory: each family's together, from the oldest version to the newest.
pub fn read_directory(directory: &Path) -> Result<Vec<(PathBuf, Snapshot)>> {
    let entries = fs::read_dir(directory).with_context(|| {
        format!("{}: the directory of snapshots cannot be read", directory.display())
    })?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("read {}", directory.display()))?.path();
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

/// The snapshot of `NAME` or `NAME@VERSION` among those of a directory: of several that match, the
/// newest. `47` matches every 47.x.
pub fn find(directory: &Path, text: &str) -> Result<(PathBuf, Snapshot)> {
    let (family, version) = match text.split_once('@') {
        Some((family, version)) => (family, Some(version)),
        None => (text, None),
    };
    let all = read_directory(directory)?;
    let of_family: Vec<_> = all.iter().filter(|(_, row)| row.family() == family).collect();
    let matches = |row: &Snapshot| {
        version.is_none_or(|version| {
            row.version
                .strip_prefix(version)
                .is_some_and(|rest| !rest.starts_with(char::is_numeric))
        })
    };
    if let Some(found) = of_family.iter().rfind(|(_, row)| matches(row)) {
        return Ok((*found).clone());
    }
    let known = |rows: &mut dyn Iterator<Item = String>| {
        let mut names: Vec<String> = rows.collect();
        names.dedup();
        names.join(", ")
    };
    match of_family.as_slice() {
        [] => bail!(
            "no snapshot of {family} is published: there are some of {}",
            known(&mut all.iter().map(|(_, row)| row.family().to_owned()))
        ),
        some => bail!(
            "no snapshot of {text} is published: there are {}",
            known(&mut some.iter().map(|(_, row)| row.version.clone()))
        ),
    }
}

#[cfg(test)]
mod tests;
