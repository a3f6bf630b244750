//! The run file: all verdicts of one invocation, with the versions of everything, as JSON.

mod case_row;
mod machine_paths;
mod merged_run;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use runner_kit::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::shard::Shard;
use crate::case::{Basis, Level, Rule};
use crate::instrument::coverage::Calls;
use crate::known::{Change, is_name};
use crate::results::schema_parts;
use crate::verdict::judge::{Known, Mismatch, Verdict};

pub use case_row::{CaseRow, PreopenRow};
pub use machine_paths::MachinePaths;
pub use merged_run::{MergedRun, missing_of};

/// Increased when a reader of the previous format would misread it.
pub const FORMAT: u32 = 6;
/// Longer outputs are cut in the run file, never in judging.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;

/// All verdicts of one run, with what was observed and the versions of everything: `run.json`.
/// docs/reference/run-file.md is the reference.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A run file of wasi-conformance")]
pub struct Run {
    /// The version of this format.
    #[schemars(extend("const" = FORMAT))]
    pub format: u32,
    /// The program and its version, `wasi-conformance 0.1.0`; several, separated by commas, if runs of
    /// several versions were merged.
    pub tool: String,
    /// When the run started, in UTC, RFC 3339.
    #[schemars(regex(pattern = schema_parts::TIME))]
    pub started: String,
    /// How long it took.
    #[schemars(range(min = 0))]
    pub seconds: f64,
    /// Whether every requested verdict is here.
    pub complete: bool,
    /// The machine; of a merged run, with the largest numbers of its parts.
    pub host: Host,
    /// The digest of the cases: two runs with the same digest used the same cases. Null for a
    /// wasi-testsuite directory, and if merged runs differ.
    #[schemars(regex(pattern = schema_parts::DIGEST_16))]
    pub cases_digest: Option<String>,
    /// The values of `--filter`, those of `--tag` as `tag:core` and those of `--basis` as `basis:wasi`;
    /// empty: every case.
    pub filters: Vec<String>,
    /// Which part of the cases this is, if it is only a part.
    pub shard: Option<Shard>,
    /// The runs that `merge` combined; empty for a run as it was made.
    pub merged: Vec<MergedRun>,
    /// One entry for each requested runtime.
    pub runtimes: Vec<RuntimeRow>,
    /// One entry for each requested case.
    pub cases: Vec<CaseRow>,
    /// All rules, including untested ones; empty for a wasi-testsuite directory.
    pub rules: Vec<RuleRow>,
    /// The texts of the files that the cases' `guest_sources` name, by path.
    pub sources: BTreeMap<String, String>,
    /// How many verdicts the file has. A file that was cut or edited is refused.
    pub verdict_count: usize,
    /// By runtime, then by case, both in the order above.
    pub verdicts: Vec<VerdictRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "host")]
pub struct Host {
    /// `linux`
    pub os: String,
    /// `x86_64`
    pub arch: String,
    /// Processors that the program may use.
    pub cpus: usize,
    /// Cases that ran at once.
    pub jobs: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "runtime")]
pub struct RuntimeRow {
    /// `wasmtime`, or `wasmtime@47` if a version was requested.
    #[schemars(length(min = 1))]
    pub name: String,
    /// As the runtime reports it; empty if it is unavailable.
    pub version: String,
    /// What else identifies it.
    pub details: String,
    /// Where it came from.
    pub source: String,
    /// The runtime whose divergences applied.
    pub divergences_of: String,
    /// Why it has no verdicts, and what to do.
    pub unavailable: Option<String>,
    /// Whether the run fails if it is unavailable: it was asked for by name, or it was found and does
    /// not start.
    pub required: bool,
    /// What its runner got wrong in the smoke test.
    pub smoke_test_failure: Option<String>,
    /// How often each of its cases was run.
    #[schemars(range(min = 1))]
    pub repeats: u32,
    /// Where the time went.
    pub times: TimesRow,
}

impl RuntimeRow {
    /// The details of the runtime itself, without how the machine that it ran on contained it.
    pub fn implementation(&self) -> &str {
        let contained = ["contained: ", "not contained"];
        let starts = contained.iter().filter_map(|text| self.details.rfind(text));
        let end = starts.min().unwrap_or(self.details.len());
        self.details[..end].trim_end_matches("; ")
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "times")]
pub struct TimesRow {
    /// Building or fetching the runtime.
    pub build_ms: u64,
    /// Starting runners, and the smoke test.
    pub start_ms: u64,
    pub compile_ms: u64,
    pub execute_ms: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "rule")]
pub struct RuleRow {
    /// `path_open.creat_excl`
    pub id: String,
    /// Who says so.
    pub basis: Basis,
    pub level: Level,
    /// What must hold.
    pub text: String,
    /// Where the specification says it.
    pub spec: String,
    /// Why no case tests it.
    pub untested: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "result")]
pub struct VerdictRow {
    /// The `name` of a runtime.
    pub runtime: String,
    /// The `id` of a case.
    pub case: String,
    pub verdict: Verdict,
    /// The reason of a skip, what went wrong, or what is not known about a difference.
    pub note: Option<String>,
    /// The causes of a known difference.
    pub known: Vec<Known>,
    /// The ids of flaky lines and parts that were seen.
    pub varying: Vec<String>,
    /// With `--repeat`, the distinct results; empty if there is only one. The rest of this row is one of
    /// them: an unexpected one if there is any, otherwise one that differs from the expectation.
    pub varies: Vec<VariantRow>,
    /// If it timed out unexpectedly, it ran once more, alone, and the verdict is of that run.
    pub timeouts: Option<TimeoutsRow>,
    /// The changed lines, without what is known to vary: what a snapshot stores.
    pub difference: Vec<Change>,
    /// The parts that differ from the expectation, even if a cause explains them.
    pub mismatches: Vec<Mismatch>,
    /// What was observed; null if the case did not run.
    pub observed: Option<ObservedRow>,
}

/// Time-outs that were run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "timeouts")]
pub struct TimeoutsRow {
    /// How often: more than once only with `--repeat`.
    #[schemars(range(min = 1))]
    pub retried: u32,
    /// How often it timed out again.
    pub confirmed: u32,
}

/// One of the results of a case that was repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "variant")]
pub struct VariantRow {
    /// How often it came out.
    #[schemars(range(min = 1))]
    pub times: u32,
    pub verdict: Verdict,
    pub mismatches: Vec<Mismatch>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "observed")]
pub struct ObservedRow {
    #[schemars(with = "schema_parts::OutcomeSchema")]
    pub outcome: Outcome,
    /// What the guest wrote; bytes that are not UTF-8 are `\\xNN`.
    pub stdout: String,
    pub stderr: String,
    /// How the final tree differs from the initial one, in the form of `fs_after`; null if it is as
    /// expected, and for a wasi-testsuite directory.
    #[schemars(schema_with = "schema_parts::tree_or_null")]
    pub tree_changes: Option<BTreeMap<String, Value>>,
    /// Microseconds.
    pub compile_us: u64,
    /// Microseconds.
    pub execute_us: u64,
    /// With `--coverage`, the results of each function that was called: names of errnos, and `success`.
    pub calls: Option<Calls>,
}

impl RuleRow {
    pub fn new(rule: &Rule) -> Self {
        RuleRow {
            id: rule.id.clone(),
            basis: rule.basis,
            level: rule.level,
            text: rule.text.clone(),
            spec: rule.spec.clone(),
            untested: rule.untested.clone(),
        }
    }
}

impl Run {
    pub fn write(&self, path: &Path) -> Result<()> {
        crate::support::paths::write_whole(path, self.to_json()?.as_bytes())
    }

    /// The text of its file: the same run gives the same bytes.
    pub fn to_json(&self) -> Result<String> {
        let run = Run { verdict_count: self.verdicts.len(), ..self.clone() };
        Ok(serde_json::to_string_pretty(&run).context("encode the run")? + "\n")
    }

    /// Replaces the verdicts: by runtime, then by case. If there are several for one case, the last
    /// one counts.
    pub fn set_verdicts(&mut self, rows: Vec<VerdictRow>) {
        let place = |names: Vec<&str>| -> HashMap<String, usize> {
            names.into_iter().enumerate().map(|(place, name)| (name.to_owned(), place)).collect()
        };
        let runtimes = place(self.runtimes.iter().map(|row| row.name.as_str()).collect());
        let cases = place(self.cases.iter().map(|row| row.id.as_str()).collect());
        let mut sorted = BTreeMap::new();
        for row in rows {
            sorted.insert((runtimes.get(&row.runtime), cases.get(&row.case)), row);
        }
        self.verdicts = sorted.into_values().collect();
    }

    /// The path is only for messages.
    pub fn parse(path: &Path, text: &str) -> Result<Run> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let todo = "make a new one with `wasi-conformance run`";
        let not = || format!("{}: not a run file: {todo}", path.display());
        let version: Version = serde_json::from_str(text).with_context(not)?;
        if version.format != FORMAT {
            bail!(
                "{}: run format {} (this program reads {FORMAT}): {todo}",
                path.display(),
                version.format
            );
        }
        let run: Run = serde_json::from_str(text).with_context(not)?;
        if let Some(problem) = run.inconsistency() {
            bail!("{}: it contradicts itself: {problem}: {todo}", path.display());
        }
        Ok(run)
    }

    /// What shows that a file was cut or edited.
    pub(super) fn inconsistency(&self) -> Option<String> {
        let (said, found) = (self.verdict_count, self.verdicts.len());
        if said != found {
            return Some(format!("`verdict_count` is {said}, and it has {found} verdicts"));
        }
        if let Some(row) = self.runtimes.iter().find(|row| !is_name(&row.name)) {
            return Some(format!("`{}` cannot name a runtime", row.name.escape_debug()));
        }
        let is_visible = |id: &str| !id.is_empty() && !id.contains(char::is_control);
        if let Some(row) = self.cases.iter().find(|row| !is_visible(&row.id)) {
            return Some(format!("`{}` cannot name a case", row.id.escape_debug()));
        }
        let mut runtimes = HashSet::new();
        if let Some(row) = self.runtimes.iter().find(|row| !runtimes.insert(row.name.as_str())) {
            return Some(format!("the runtime {} is there twice", row.name));
        }
        let mut cases = HashSet::new();
        if let Some(row) = self.cases.iter().find(|row| !cases.insert(row.id.as_str())) {
            return Some(format!("the case {} is there twice", row.id));
        }
        let mut seen = HashSet::new();
        self.verdicts.iter().find_map(|row| {
            let (runtime, case) = (row.runtime.as_str(), row.case.as_str());
            if !runtimes.contains(runtime) || !cases.contains(case) {
                return Some(format!(
                    "`runtimes` or `cases` lack {runtime}::{case}, which has a verdict"
                ));
            }
            (!seen.insert((runtime, case))).then(|| format!("{runtime}::{case} has two verdicts"))
        })
    }

    /// Whether it has coverage.
    pub fn has_coverage(&self) -> bool {
        self.verdicts.iter().filter_map(|v| v.observed.as_ref()).any(|o| o.calls.is_some())
    }

    /// The rows that have verdicts.
    pub fn available(&self) -> Vec<&RuntimeRow> {
        self.runtimes.iter().filter(|row| row.unavailable.is_none()).collect()
    }

    /// The runtimes without which the run fails and that are unavailable.
    pub fn missing_runtimes(&self) -> impl Iterator<Item = &RuntimeRow> {
        self.runtimes.iter().filter(|row| row.required && row.unavailable.is_some())
    }

    /// Whether nothing unexpected was found.
    pub fn is_clean(&self) -> bool {
        self.verdicts.iter().all(|v| !v.verdict.is_unexpected())
    }

    /// The verdicts that were not the same in every repetition.
    pub fn varying(&self) -> impl Iterator<Item = &VerdictRow> {
        self.verdicts.iter().filter(|row| !row.varies.is_empty())
    }

    pub fn case(&self, id: &str) -> Option<&CaseRow> {
        self.cases.iter().find(|case| case.id == id)
    }

    pub fn of_runtime<'a>(&'a self, runtime: &'a str) -> impl Iterator<Item = &'a VerdictRow> {
        self.verdicts.iter().filter(move |v| v.runtime == runtime)
    }
}

#[cfg(test)]
pub mod sample;
