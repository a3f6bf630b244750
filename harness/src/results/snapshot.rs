//! What runtimes did, as rows to compare: from a run, or from a snapshot. And the snapshots of a run.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use runner_kit::Outcome;
use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::case::Level;
use crate::known::{
    CaseList, Difference, SNAPSHOT_FORMAT, Snapshot, SnapshotFile, Snapshots, family, plain_version,
};
use crate::results::run_file::{CaseRow, Run, RuntimeRow, VerdictRow};
use crate::results::schema_parts;
use crate::support::digest;
use crate::support::text::shorten;
use crate::verdict::judge::{Part, Verdict};

/// How many bytes of an output are kept.
const LONGEST: usize = 4000;

/// The result of each case on one runtime at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The program and its version, `wasi-conformance 0.1.0`.
    pub tool: String,
    pub os: String,
    pub arch: String,
    /// The row's name: `wasmtime`, or `wasmtime@47.0.2` if that version was requested.
    pub runtime: String,
    /// As the runtime reports it.
    pub version: String,
    /// What else identifies it.
    pub details: String,
    /// By the id of each case, its result.
    pub cases: BTreeMap<String, Entry>,
}

/// The result of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "entry")]
pub struct Entry {
    pub level: Level,
    pub result: Class,
    /// A digest of the guest's input and of the expectation: if it changes, the case has changed.
    #[schemars(regex(pattern = schema_parts::DIGEST_8))]
    pub definition: String,
    /// Whether repeated runs had different results.
    pub varies: bool,
    /// The changed lines, without what is known to vary.
    pub difference: Difference,
    /// What the guest printed, where the case accepts several outputs or compares none. Snapshots do not
    /// hold it.
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

/// What an entry says about the runtime, whether or not a cause explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "result_of_case")]
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
    fn new(row: &VerdictRow, case: &CaseRow) -> Self {
        Entry {
            level: case.level,
            result: match row.verdict {
                Verdict::Skip => Class::NotRun,
                Verdict::HarnessError => Class::Unjudged,
                _ if row.difference.is_empty() => Class::AsExpected,
                _ => Class::NotAsExpected,
            },
            definition: definition(case),
            varies: !row.varies.is_empty() || row.verdict == Verdict::Flaky,
            difference: row.difference.clone(),
            output: Printed::new(row, case, LONGEST).filter(|_| row.varying.is_empty()),
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

/// What decides the verdict of a case, as eight digits: not its place in a file, nor its title.
fn definition(case: &CaseRow) -> String {
    let given = (&case.guest, &case.args, &case.env, &case.stdin, &case.socket, &case.timeout);
    let expected = (&case.exit, &case.stdout, &case.stderr, &case.fs_after);
    let all = serde_json::to_vec(&(given, &case.preopens, &case.fs, expected));
    digest::of_bytes(&all.expect("a case that was read can be written"))[..8].to_owned()
}

impl Row {
    /// The rows of a run.
    pub fn of_run(run: &Run) -> Vec<Row> {
        let available = run.runtimes.iter().filter(|runtime| runtime.unavailable.is_none());
        available.map(|runtime| row(run, runtime)).collect()
    }

    /// The row of a snapshot. `lists` has the list of cases that it names.
    pub fn of_snapshot(file: &SnapshotFile, lists: &BTreeMap<String, CaseList>) -> Result<Row> {
        let snapshot = &file.snapshot;
        let Some(list) = lists.get(&snapshot.cases) else {
            bail!(
                "{}: its list of cases, cases/{}.txt beside it, is not there",
                file.path.display(),
                snapshot.cases
            );
        };
        let skipped = snapshot.skipped.values().flatten();
        let mut results: BTreeMap<&str, Class> =
            skipped.map(|id| (id.as_str(), Class::NotRun)).collect();
        results.extend(snapshot.unjudged.iter().map(|id| (id.as_str(), Class::Unjudged)));
        results.extend(snapshot.differs.keys().map(|id| (id.as_str(), Class::NotAsExpected)));
        let entry = |(id, (level, definition)): (&String, &(Level, String))| {
            let entry = Entry {
                level: *level,
                result: results.get(id.as_str()).copied().unwrap_or(Class::AsExpected),
                definition: definition.clone(),
                varies: false,
                difference: snapshot.differs.get(id).cloned().unwrap_or_default(),
                output: None,
            };
            (id.clone(), entry)
        };
        Ok(Row {
            tool: snapshot.tool.clone(),
            os: snapshot.os.clone(),
            arch: snapshot.arch.clone(),
            runtime: snapshot.runtime.clone(),
            version: snapshot.version.clone(),
            details: snapshot.details.clone(),
            cases: list.0.iter().map(entry).collect(),
        })
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

    /// How many cases of a level have a result.
    pub fn count(&self, level: Level, result: Class) -> usize {
        let counted = |entry: &&Entry| entry.level == level && entry.result == result;
        self.cases.values().filter(counted).count()
    }
}

/// A row's name for people, with the version that ran, whatever version was asked for.
pub fn title(runtime: &str, version: &str) -> String {
    format!("{} {version}", family(runtime)).trim_end().to_owned()
}

fn row(run: &Run, runtime: &RuntimeRow) -> Row {
    let cases: BTreeMap<&str, &CaseRow> = run.cases.iter().map(|c| (c.id.as_str(), c)).collect();
    let entry = |row: &VerdictRow| {
        let case = cases.get(row.case.as_str())?;
        Some((row.case.clone(), Entry::new(row, case)))
    };
    Row {
        tool: run.tool.clone(),
        os: run.host.os.clone(),
        arch: run.host.arch.clone(),
        runtime: runtime.name.clone(),
        version: runtime.version.clone(),
        details: runtime.implementation().to_owned(),
        cases: run.of_runtime(&runtime.name).filter_map(entry).collect(),
    }
}

/// The snapshot of a runtime of a run, and its list of cases.
pub fn of_runtime(run: &Run, runtime: &RuntimeRow) -> (Snapshot, CaseList) {
    let row = row(run, runtime);
    let of_case =
        |(id, entry): (&String, &Entry)| (id.clone(), (entry.level, entry.definition.clone()));
    let list = CaseList(row.cases.iter().map(of_case).collect());
    let mut snapshot = Snapshot {
        snapshot_format: SNAPSHOT_FORMAT,
        tool: row.tool,
        runtime: family(&row.runtime).to_owned(),
        version: row.version,
        details: row.details,
        os: row.os,
        arch: row.arch,
        cases: list.digest(),
        based_on: None,
        differs: BTreeMap::new(),
        flaky: BTreeMap::new(),
        skipped: BTreeMap::new(),
        unjudged: vec![],
    };
    for verdict in run.of_runtime(&runtime.name) {
        let id = verdict.case.clone();
        let reason = || verdict.note.clone().unwrap_or_default();
        match verdict.verdict {
            Verdict::Skip => snapshot.skipped.entry(reason()).or_default().push(id.clone()),
            Verdict::HarnessError => snapshot.unjudged.push(id.clone()),
            // It was as expected when it ran alone.
            Verdict::Flaky => {}
            _ if verdict.difference.is_empty() => {}
            _ => drop(snapshot.differs.insert(id.clone(), verdict.difference.clone())),
        }
        for flaky in &verdict.varying {
            snapshot.flaky.entry(flaky.clone()).or_default().push(id.clone());
        }
    }
    let lists = snapshot.flaky.values_mut().chain(snapshot.skipped.values_mut());
    lists.for_each(|cases| cases.sort());
    snapshot.unjudged.sort();
    (snapshot, list)
}

/// The snapshot of `NAME` or `NAME@VERSION`: of several that match, the newest. `47` matches every 47.x.
pub fn find<'a>(all: &'a Snapshots, text: &str) -> Result<&'a SnapshotFile> {
    let (family, version) = match text.split_once('@') {
        Some((family, version)) => (family, Some(version)),
        None => (text, None),
    };
    let is_of = |file: &&SnapshotFile| file.snapshot.runtime == family;
    let of_family: Vec<&SnapshotFile> = all.files.iter().filter(is_of).collect();
    let matches = |file: &SnapshotFile| {
        version.is_none_or(|version| {
            let rest = file.snapshot.version.strip_prefix(version);
            rest.is_some_and(|rest| !rest.starts_with(char::is_numeric))
        })
    };
    if let Some(found) = of_family.iter().rfind(|file| matches(file)) {
        return Ok(found);
    }
    let known = |names: &mut dyn Iterator<Item = &String>| {
        let mut names: Vec<String> = names.cloned().collect();
        names.dedup();
        names.join(", ")
    };
    match of_family.as_slice() {
        [] => bail!(
            "no snapshot of {family} is published: there are some of {}",
            known(&mut all.files.iter().map(|file| &file.snapshot.runtime))
        ),
        some => bail!(
            "no snapshot of {text} is published: there are {}",
            known(&mut some.iter().map(|file| &file.snapshot.version))
        ),
    }
}

#[cfg(test)]
mod tests;
