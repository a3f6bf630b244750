//! Snapshots: how one runtime at one version differs from what is expected, as a run found it. Written by
//! the machine, and the same for the same run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{Difference, family, plain_version};

/// Increased when a reader of the previous format would misread it.
pub const FORMAT: u32 = 3;

/// How one version of a runtime differs from what the cases expect. docs/reference/snapshot.md is the
/// reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A snapshot of wasi-conformance")]
pub struct Snapshot {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    pub snapshot_format: u32,
    /// The program and its version, `wasi-conformance 0.1.0`.
    pub tool: String,
    /// `wasmtime`, whatever version was requested.
    #[schemars(length(min = 1))]
    pub runtime: String,
    /// As the runtime reports it.
    pub version: String,
    /// What else identifies it.
    pub details: String,
    /// `linux`
    pub os: String,
    /// `x86_64`
    pub arch: String,
    /// The digest of the list of cases that ran: `cases/DIGEST.txt` beside the snapshots.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub cases: String,
    /// Another snapshot beside this one, if this one has only the entries that are not the same there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub based_on: Option<Base>,
    /// By the id of each case that is not as expected, its changed lines. No lines: it is as expected,
    /// and the snapshot that this one is based on says otherwise.
    pub differs: BTreeMap<String, Difference>,
    /// By the id of a flaky line or part, the cases in which it was seen.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub flaky: BTreeMap<String, Vec<String>>,
    /// By reason, the cases that were skipped.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, Vec<String>>,
    /// The cases whose results are not known, for example because the harness failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<String>,
}

/// The snapshot that another is based on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "base")]
pub struct Base {
    /// Its file name.
    pub file: String,
    /// The digest of this snapshot when it is complete, so that a change of the other is noticed.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub complete: String,
}

/// A snapshot with the file that it was read from.
#[derive(Clone, Debug)]
pub struct SnapshotFile {
    pub path: PathBuf,
    pub snapshot: Snapshot,
}

impl Snapshot {
    /// The version to order by, if it is one.
    pub fn plain_version(&self) -> Option<Version> {
        plain_version(&self.version)
    }

    /// `wasmtime-47.0.2.json`
    pub fn file_name(&self) -> String {
        let fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
        let name = format!("{}-{}", self.runtime, self.version);
        let name: String = name.chars().map(|c| if fit(c) { c } else { '_' }).collect();
        name + ".json"
    }

    /// Takes what another snapshot of the same version says about these cases.
    pub fn keep(&mut self, old: &Snapshot, cases: &BTreeSet<String>) {
        self.differs.retain(|id, _| !cases.contains(id));
        let differs = old.differs.iter().filter(|(id, _)| cases.contains(*id));
        self.differs.extend(differs.map(|(id, difference)| (id.clone(), difference.clone())));
        for (lists, others) in [(&mut self.flaky, &old.flaky), (&mut self.skipped, &old.skipped)] {
            lists.values_mut().for_each(|ids| ids.retain(|id| !cases.contains(id)));
            for (key, ids) in others {
                let kept = ids.iter().filter(|id| cases.contains(*id)).cloned();
                lists.entry(key.clone()).or_default().extend(kept);
            }
            lists.retain(|_, ids| !ids.is_empty());
            lists.values_mut().for_each(|ids| ids.sort());
        }
        self.unjudged.retain(|id| !cases.contains(id));
        let unjudged = old.unjudged.iter().filter(|id| cases.contains(*id));
        self.unjudged.extend(unjudged.cloned());
        self.unjudged.sort();
    }

    /// The text of the file: a line for each changed line, so that git shows what changed.
    pub fn to_json(&self) -> Result<String> {
        let value = serde_json::to_value(self).context("encode a snapshot")?;
        let keys = [
            "snapshot_format",
            "tool",
            "runtime",
            "version",
            "details",
            "os",
            "arch",
            "cases",
            "based_on",
            "differs",
            "flaky",
            "skipped",
            "unjudged",
        ];
        let present = keys.iter().filter_map(|key| Some((*key, value.get(key)?)));
        let entries: Vec<String> =
            present.map(|(key, value)| format!("\"{key}\": {}", in_lines(value))).collect();
        Ok(format!("{{\n{}\n}}\n", entries.join(",\n")))
    }

    /// The path is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Snapshot> {
        #[derive(Deserialize)]
        struct Head {
            snapshot_format: u32,
        }
        let todo = "write it again with `wasi-conformance bless`";
        let not = || format!("{}: not a snapshot: {todo}", path.display());
        let head: Head = serde_json::from_str(text).with_context(not)?;
        if head.snapshot_format != FORMAT {
            bail!(
                "{}: snapshot format {} (this program reads {FORMAT}): {todo}",
                path.display(),
                head.snapshot_format
            );
        }
        let mut snapshot: Snapshot = serde_json::from_str(text).with_context(not)?;
        snapshot.runtime = family(&snapshot.runtime).to_owned();
        Ok(snapshot)
    }
}

/// Lists and maps with one element a line; a list of texts that is a change is one element.
fn in_lines(value: &serde_json::Value) -> String {
    let is_change = |list: &[serde_json::Value]| {
        list.len() <= 2 && list.iter().all(|line| line.as_str().is_some_and(is_changed_line))
    };
    match value {
        serde_json::Value::Object(map) if !map.is_empty() => {
            let entry = |(key, value)| {
                format!("{}: {}", serde_json::Value::String(String::clone(key)), in_lines(value))
            };
            let lines: Vec<String> = map.iter().map(entry).collect();
            format!("{{\n{}\n}}", lines.join(",\n"))
        }
        serde_json::Value::Array(list) if !list.is_empty() && !is_change(list) => {
            let lines: Vec<String> = list.iter().map(in_lines).collect();
            format!("[\n{}\n]", lines.join(",\n"))
        }
        other => other.to_string(),
    }
}

/// Whether a text is a line of a change and not the id of a case.
fn is_changed_line(text: &str) -> bool {
    text.contains(' ')
}
