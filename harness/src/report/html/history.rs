//! What runtimes did at other versions, from snapshots and from the rows of the run itself.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;

use crate::case::Level;
use crate::results::compare::{ChangeKind, Comparison, Group, RowPair, Side, SideRow};
use crate::results::run_file::Run;
use crate::results::snapshot::{Class, Row};

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
    /// The row, if it is one of this run.
    row: Option<String>,
    /// Of the cases of level must and should that ran: how many are as expected, and all.
    as_expected: usize,
    all: usize,
    /// Since the version before it.
    changes: Option<Changes>,
}

#[derive(Debug, Serialize)]
struct Changes {
    /// What makes the two less alike than they should be.
    notes: Vec<String>,
    /// By kind (`regressed`, `fixed`, and so on), the changes of each cause.
    groups: BTreeMap<&'static str, Vec<ChangeGroup>>,
}

/// Changes with one cause, or, where none is recorded, with the same difference.
#[derive(Debug, Serialize)]
struct ChangeGroup {
    reason: Option<String>,
    link: Option<String>,
    summary: Option<String>,
    cases: Vec<String>,
}

pub fn of(run: &Run, snapshots: &Side) -> Result<History> {
    // Snapshots are of our own cases; a run of other ones has no history.
    if run.cases_digest.is_none() {
        return Ok(History::default());
    }
    let known = Side { is_history: true, ..snapshots.clone() };
    let here = Side::of_run("the run", run);
    let compared = Comparison::new(&known, &here, &[])?;
    let since = compared.pairs.iter().map(|pair| Since {
        runtime: pair.b.runtime.clone(),
        snapshot: pair.a.title(),
        changes: Changes::of(pair),
    });
    // A part of the cases says nothing about how many are as expected.
    let whole = run.complete && run.filters.is_empty() && run.shard.is_none();
    let rows = if whole { here.rows } else { vec![] };
    Ok(History { since: since.collect(), families: families(&rows, &snapshots.rows)? })
}

/// Rows of the run take the place of snapshots of the same version.
fn families(rows: &[SideRow], snapshots: &[SideRow]) -> Result<Vec<Family>> {
    let of_run = |known: &Row| {
        let mut rows = rows.iter().map(|row| &row.row);
        rows.any(|row| row.family() == known.family() && row.version == known.version)
    };
    let known = snapshots.iter().filter(|known| !of_run(&known.row)).map(|row| (row, false));
    let all: Vec<(&SideRow, bool)> = known.chain(rows.iter().map(|row| (row, true))).collect();
    let names: BTreeSet<&str> = all.iter().map(|(row, _)| row.row.family()).collect();
    names.into_iter().map(|name| family(name, &all)).collect()
}

fn family(name: &str, all: &[(&SideRow, bool)]) -> Result<Family> {
    let mut members: Vec<_> = all.iter().filter(|(row, _)| row.row.family() == name).collect();
    members.sort_by_key(|(row, _)| (row.row.plain_version(), row.row.version.clone()));
    let mut versions: Vec<Version> = Vec::new();
    for (i, (side_row, here)) in members.iter().enumerate() {
        let before = i.checked_sub(1).map(|before| members[before].0);
        let row = &side_row.row;
        let count = |class| row.count(Level::Must, class) + row.count(Level::Should, class);
        let as_expected = count(Class::AsExpected);
        versions.push(Version {
            version: row.version.clone(),
            row: here.then(|| row.runtime.clone()),
            as_expected,
            all: as_expected + count(Class::NotAsExpected),
            changes: before.map(|before| changes(before, side_row)).transpose()?,
        });
    }
    Ok(Family { name: name.to_owned(), versions })
}

fn changes(before: &SideRow, after: &SideRow) -> Result<Changes> {
    let alone = |row: &SideRow| Side { rows: vec![row.clone()], ..Side::default() };
    let compared = Comparison::new(&alone(before), &alone(after), &[])?;
    let pair = compared.pairs.first().expect("two rows alone are compared with each other");
    Ok(Changes::of(pair))
}

impl Changes {
    fn of(pair: &RowPair) -> Self {
        let group = |group: &Group| ChangeGroup {
            reason: group.cause.map(|cause| cause.why.clone()),
            link: group.cause.map(|cause| cause.link.clone()),
            summary: group.summary.map(str::to_owned),
            cases: group.changes.iter().map(|change| change.case.clone()).collect(),
        };
        let of_kind = |kind: ChangeKind| {
            let groups: Vec<ChangeGroup> = pair.groups(kind).iter().map(group).collect();
            (!groups.is_empty()).then_some((kind.word(), groups))
        };
        let groups = ChangeKind::ALL.into_iter().filter_map(of_kind).collect();
        Changes { notes: pair.notes.clone(), groups }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::results::run_file::sample::run;
    use crate::verdict::judge::Verdict;

    fn at(version: &str, change: impl Fn(&mut Run)) -> Row {
        let mut run = run();
        run.runtimes[0].version = version.into();
        change(&mut run);
        Row::of_run(&run).swap_remove(0)
    }

    fn history(run: &Run, snapshots: &[Row]) -> Value {
        let row = |snapshot: &Row| SideRow::new("x.json".into(), snapshot.clone());
        let rows = snapshots.iter().map(row).collect();
        let side = Side { rows, is_history: true, ..Side::default() };
        serde_json::to_value(of(run, &side).unwrap()).unwrap()
    }

    /// The changes that a comparison of the sample with itself at another version has.
    fn regressed() -> Value {
        let group = json!({
            "reason": null, "link": null, "summary": "open: acces instead of success",
            "cases": ["path_open::a"],
        });
        json!({ "regressed": [group] })
    }

    fn as_expected(run: &mut Run, case: &str) {
        let row = run.verdicts.iter_mut().find(|row| row.case == case).unwrap();
        row.mismatches.clear();
        row.difference.clear();
        row.verdict = Verdict::Pass;
    }

    fn own(run: Run) -> Run {
        Run { cases_digest: Some("digest".into()), ..run }
    }

    #[test]
    fn versions_are_in_order_with_what_changed_between_them() {
        let old = at("0.9.0", |run| as_expected(run, "path_open::a"));
        let older = at("0.10.0", |_| {});
        let value = history(&own(run()), &[older, old]);
        let versions = &value["families"][0]["versions"];
        let named: Vec<&Value> =
            versions.as_array().unwrap().iter().map(|version| &version["version"]).collect();
        assert_eq!(named, ["0.9.0", "0.10.0", "1.2.3"]);
        assert_eq!(versions[1]["changes"]["groups"], regressed());
        assert_eq!(versions[2]["changes"]["groups"], json!({}));
        assert_eq!((&versions[0]["row"], &versions[2]["row"]), (&Value::Null, &json!("one")));
        let share = |i: usize| json!([versions[i]["as_expected"], versions[i]["all"]]);
        assert_eq!((share(0), share(1)), (json!([3, 4]), json!([2, 4])));
    }

    #[test]
    fn a_row_is_compared_with_the_snapshot_of_its_version() {
        let same = at("1.2.3", |run| as_expected(run, "path_open::a"));
        let value = history(&own(run()), &[same]);
        assert_eq!(value["since"][0]["snapshot"], "one 1.2.3");
        assert_eq!(value["since"][0]["changes"]["groups"], regressed());
        // The row of the run takes the snapshot's place.
        assert_eq!(value["families"][0]["versions"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_change_has_its_cause() {
        let old = at("0.9.0", |run| as_expected(run, "path_open::c"));
        let value = history(&own(run()), &[old]);
        let group = &value["families"][0]["versions"][1]["changes"]["groups"]["regressed"][0];
        assert_eq!(group["reason"], "It is wrong.");
        assert_eq!(group["link"], "https://example.org/issues/1");
        assert_eq!(group["cases"], json!(["path_open::c"]));
    }

    #[test]
    fn a_part_of_the_cases_and_other_suites_are_no_version() {
        let mut part = own(run());
        part.filters = vec!["path".into()];
        let value = history(&part, &[at("0.9.0", |_| {})]);
        assert_eq!(value["families"][0]["versions"].as_array().unwrap().len(), 1);
        let other = history(&Run { cases_digest: None, ..run() }, &[at("0.9.0", |_| {})]);
        assert_eq!(other["families"], json!([]));
    }
}
