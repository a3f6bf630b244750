//! A row says what the runtime did, whatever is known about it; and the snapshots of a run.

use std::path::Path;

use super::*;
use crate::case::Area;
use crate::results::run_file::sample::{case, run};

fn snapshot() -> (Snapshot, CaseList) {
    let run = run();
    of_runtime(&run, &run.runtimes[0])
}

#[test]
fn a_file_has_a_line_for_each_changed_line() {
    insta::assert_snapshot!(snapshot().0.to_json().unwrap());
}

#[test]
fn it_reads_back_unchanged() {
    let (snapshot, list) = snapshot();
    let text = snapshot.to_json().unwrap();
    assert_eq!(Snapshot::parse(Path::new("x"), &text).unwrap(), snapshot);
    let name = format!("{}.txt", list.digest());
    assert_eq!(CaseList::parse(Path::new(&name), &list.text(), CaseList::default()).unwrap(), list);
    assert!(
        CaseList::parse(Path::new("0123456789abcdef.txt"), &list.text(), CaseList::default())
            .is_err()
    );
}

#[test]
fn it_fits_its_published_schema() {
    let schema = include_str!("../../../../reports/snapshot.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&snapshot().0.to_json().unwrap()).unwrap();
    let complaints: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn a_snapshot_is_the_row_of_its_run() {
    let (snapshot, list) = snapshot();
    let lists = BTreeMap::from([(list.digest(), list)]);
    let file = SnapshotFile { path: "x.json".into(), snapshot };
    let of_snapshot = Row::of_snapshot(&file, &lists).unwrap();
    let mut of_run = Row::of_run(&run()).swap_remove(0);
    // Only a run holds what the guest printed.
    of_run.cases.values_mut().for_each(|entry| entry.output = None);
    assert_eq!(of_snapshot, of_run);
    assert!(Row::of_snapshot(&file, &BTreeMap::new()).is_err(), "without its list of cases");
}

#[test]
fn a_result_does_not_depend_on_what_is_known() {
    let row = &Row::of_run(&run())[0];
    let result = |id: &str| row.cases[id].result;
    assert_eq!(result("path_open::a"), Class::NotAsExpected, "fail");
    assert_eq!(result("path_open::b"), Class::NotAsExpected, "differs");
    assert_eq!(result("path_open::c"), Class::NotAsExpected, "known");
    assert_eq!(result("fd_read::d"), Class::AsExpected, "unexpected pass");
    assert_eq!(result("fd_read::e"), Class::NotRun, "skip");
    assert_eq!(result("fd_read::f"), Class::AsExpected, "pass");
    assert_eq!(row.count(Level::Must, Class::AsExpected), 2);
}

#[test]
fn input_and_expectation_define_a_case() {
    let one = case("a::x", Area::Fd, Level::Must);
    let said_otherwise = CaseRow {
        title: "Other words.".into(),
        level: Level::May,
        source: "elsewhere:1".into(),
        ..one.clone()
    };
    assert_eq!(definition(&one), definition(&said_otherwise));
    let mut given = one.clone();
    given.args.push("x".into());
    let mut expected = one.clone();
    expected.stdout = vec!["x".into()];
    assert_ne!(definition(&one), definition(&given));
    assert_ne!(definition(&one), definition(&expected));
}

#[test]
fn output_that_the_case_does_not_compare_is_kept() {
    let printed = |stdout: &str, allowed: &[&str]| {
        let mut row = crate::results::run_file::sample::wrong("one", "a::x", Verdict::Pass, None);
        row.mismatches.clear();
        row.observed.as_mut().unwrap().stdout = stdout.into();
        let allowed = allowed.iter().map(|text| text.to_string()).collect();
        let case = CaseRow { stdout: allowed, ..case("a::x", Area::Fd, Level::Must) };
        Entry::new(&row, &case).output
    };
    assert_eq!(printed("a\n", &["a\n"]), None, "the expectation says it");
    assert_eq!(printed("a\n", &[]).unwrap().text, "stdout: a\n");
    assert_eq!(printed("a\n", &["a\n", "b\n"]).unwrap().text, "stdout: a\n");
    assert_ne!(printed("a\n", &[]), printed("b\n", &[]));
    assert_eq!(printed("", &[]).unwrap().text, "", "nothing was printed, and that is known");
}
