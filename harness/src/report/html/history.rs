//! What runtimes did at other versions: as snapshots tell it, and as rows of the run itself do.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;

use crate::case::Level;
use crate::results::compare::{Comparison, RowPair, Side, SideRow};
use crate::results::run_file::Run;
use crate::results::snapshot::{Class, Snapshot};

#[derive(Debug, Default, Serialize)]
pub struct History {
    /// What each row of the run is compared with, for those that there is a snapshot for.
    since: Vec<Since>,
    families: Vec<Family>,
}

#[derive(Debug, Serialize)]
struct Since {
    runtime: String,
    /// `wasmtime 47.0.2`
    snapshot: String,
    changes: Changes,
}

/// All versions of a runtime that something is known of, from the oldest to the newest.
#[derive(Debug, Serialize)]
struct Family {
    name: String,
    versions: Vec<Version>,
}

#[derive(Debug, Serialize)]
struct Version {
    version: String,
    /// When it was run.
    started: String,
    /// The row, if it is one of this run.
    row: Option<String>,
    /// Of the cases of level must and should that ran: how many hold, and how many there are.
    held: usize,
    all: usize,
    /// Since the version before it.
    changes: Option<Changes>,
}

#[derive(Debug, Serialize)]
struct Changes {
    /// What makes the two less alike than they should be.
    notes: Vec<String>,
    /// Cases by what became of them: `regressed`, `fixed`, and so on.
    cases: BTreeMap<&'static str, Vec<String>>,
}

pub fn of(run: &Run, snapshots: &[Snapshot]) -> Result<History> {
    // Snapshots are of our own cases; a run of other ones has no history.
    if run.suite.is_none() {
        return Ok(History::default());
    }
    let row = |snapshot: &Snapshot| SideRow::new(snapshot.title(), snapshot.clone());
    let rows = snapshots.iter().map(row).collect();
    let known = Side { rows, is_history: true, ..Side::default() };
    let compared = Comparison::new(&known, &Side::of_run("the run", run), &[])?;
    let since = compared.pairs.iter().map(|pair| Since {
        runtime: pair.b.runtime.clone(),
        snapshot: pair.a.title(),
        changes: Changes::of(pair),
    });
    Ok(History { since: since.collect(), families: families(run, snapshots)? })
}

fn families(run: &Run, snapshots: &[Snapshot]) -> Result<Vec<Family>> {
    // A part of the suite says nothing about how much of it holds.
    let whole = run.complete && run.filters.is_empty() && run.shard.is_none();
    let rows = if whole { Snapshot::of_run(run) } else { vec![] };
    let of_run = |known: &Snapshot| {
        rows.iter().any(|row| row.family() == known.family() && row.version == known.version)
    };
    let known = snapshots.iter().filter(|known| !of_run(known)).map(|known| (known, false));
    let all: Vec<(&Snapshot, bool)> = known.chain(rows.iter().map(|row| (row, true))).collect();
    let names: BTreeSet<&str> = all.iter().map(|(row, _)| row.family()).collect();
    names.into_iter().map(|name| family(name, &all)).collect()
}

fn family(name: &str, all: &[(&Snapshot, bool)]) -> Result<Family> {
    let mut members: Vec<_> = all.iter().filter(|(row, _)| row.family() == name).collect();
    members.sort_by_key(|(row, _)| (row.plain_version(), row.version.clone()));
    let mut versions: Vec<Version> = Vec::new();
    for (i, (row, here)) in members.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| members[before].0);
        let count = |class| row.count(Level::Must, class) + row.count(Level::Should, class);
        let held = count(Class::AsExpected);
        versions.push(Version {
            version: row.version.clone(),
            started: row.started.clone(),
            row: here.then(|| row.runtime.clone()),
            held,
            all: held + count(Class::NotAsExpected),
            changes: before.map(|before| changes(before, row)).transpose()?,
        });
    }
    Ok(Family { name: name.to_owned(), versions })
}

fn changes(before: &Snapshot, after: &Snapshot) -> Result<Changes> {
    let alone = |row: &Snapshot| Side {
        rows: vec![SideRow::new(row.title(), row.clone())],
        ..Side::default()
    };
    let compared = Comparison::new(&alone(before), &alone(after), &[])?;
    let pair = compared.pairs.first().expect("two rows alone are compared with each other");
    Ok(Changes::of(pair))
}

impl Changes {
    fn of(pair: &RowPair) -> Self {
        let mut cases: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for change in &pair.changes {
            cases.entry(change.kind.word()).or_default().push(change.case.clone());
        }
        Changes { notes: pair.notes.clone(), cases }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::results::run_file::sample::run;
    use crate::verdict::judge::Verdict;

    fn at(version: &str, change: impl Fn(&mut Run)) -> Snapshot {
        let mut run = run();
        run.runtimes[0].version = version.into();
        change(&mut run);
        Snapshot::of_run(&run).swap_remove(0)
    }

    fn held(run: &mut Run, case: &str) {
        let row = run.verdicts.iter_mut().find(|row| row.case == case).unwrap();
        row.mismatches.clear();
        row.verdict = Verdict::Pass;
    }

    fn own(run: Run) -> Run {
        Run { suite: Some("digest".into()), ..run }
    }

    #[test]
    fn versions_stand_in_order_with_what_changed_between_them() {
        let old = at("0.9.0", |run| held(run, "path_open::a"));
        let older = at("0.10.0", |_| {});
        let history = of(&own(run()), &[older, old]).unwrap();
        let value = serde_json::to_value(&history).unwrap();
        let versions = &value["families"][0]["versions"];
        let named: Vec<&Value> =
            versions.as_array().unwrap().iter().map(|version| &version["version"]).collect();
        assert_eq!(named, ["0.9.0", "0.10.0", "1.2.3"]);
        assert_eq!(versions[1]["changes"]["cases"], json!({ "regressed": ["path_open::a"] }));
        assert_eq!(versions[2]["changes"]["cases"], json!({}));
        assert_eq!((&versions[0]["row"], &versions[2]["row"]), (&Value::Null, &json!("one")));
        assert_eq!((&versions[0]["held"], &versions[0]["all"]), (&json!(3), &json!(4)));
        assert_eq!((&versions[1]["held"], &versions[1]["all"]), (&json!(2), &json!(4)));
    }

    #[test]
    fn a_row_is_compared_with_the_snapshot_of_its_version() {
        let same = at("1.2.3", |run| held(run, "path_open::a"));
        let value = serde_json::to_value(of(&own(run()), &[same]).unwrap()).unwrap();
        assert_eq!(value["since"][0]["snapshot"], "one 1.2.3");
        assert_eq!(value["since"][0]["changes"]["cases"], json!({ "regressed": ["path_open::a"] }));
        // What the run says of this version takes the snapshot's place.
        assert_eq!(value["families"][0]["versions"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_part_of_the_suite_and_other_suites_are_no_version() {
        let mut part = own(run());
        part.filters = vec!["path".into()];
        let value = serde_json::to_value(of(&part, &[at("0.9.0", |_| {})]).unwrap()).unwrap();
        assert_eq!(value["families"][0]["versions"].as_array().unwrap().len(), 1);
        let other = of(&Run { suite: None, ..run() }, &[at("0.9.0", |_| {})]).unwrap();
        assert_eq!(serde_json::to_value(other).unwrap()["families"], json!([]));
    }
}
