//! A snapshot is small, reads back unchanged, and distinguishes cases and failures.

use super::*;
use crate::case::Area;
use crate::results::run_file::sample::{case, run};
use crate::verdict::judge::Part;

#[test]
fn a_file_has_a_line_for_each_case() {
    insta::assert_snapshot!(Snapshot::of_run(&run())[0].to_json().unwrap());
}

#[test]
fn it_reads_back_unchanged() {
    for snapshot in Snapshot::of_run(&run()) {
        let text = snapshot.to_json().unwrap();
        assert_eq!(Snapshot::parse(Path::new("x"), &text).unwrap(), snapshot);
    }
}

#[test]
fn it_fits_its_published_schema() {
    let schema = include_str!("../../../../reports/snapshot.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    for snapshot in Snapshot::of_run(&run()) {
        let value: serde_json::Value = serde_json::from_str(&snapshot.to_json().unwrap()).unwrap();
        let complaints: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert_eq!(complaints, Vec::<String>::new());
    }
}

#[test]
fn only_available_runtimes_have_one() {
    let names: Vec<String> = Snapshot::of_run(&run()).iter().map(Snapshot::file_name).collect();
    assert_eq!(names, ["one-1.2.3.json", "two-1.2.3.json"]);
}

#[test]
fn a_class_does_not_depend_on_divergences() {
    let snapshot = &Snapshot::of_run(&run())[0];
    let class = |id: &str| snapshot.cases[id].class();
    assert_eq!(class("path_open::a"), Class::NotAsExpected, "fail");
    assert_eq!(class("path_open::b"), Class::NotAsExpected, "differs");
    assert_eq!(class("path_open::c"), Class::NotAsExpected, "known");
    assert_eq!(class("fd_read::d"), Class::AsExpected, "unexpected pass");
    assert_eq!(class("fd_read::e"), Class::NotRun, "skip");
    assert_eq!(class("fd_read::f"), Class::AsExpected, "pass");
    assert_eq!(snapshot.count(Level::Must, Class::AsExpected), 2);
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
fn a_long_difference_is_cut_and_its_signature_is_not() {
    let of = |end: &str| {
        let observed = format!("{}{end}", "x\n".repeat(500));
        let mismatch = Mismatch { part: Part::Stdout, expected: "y\n".into(), observed };
        let entry = |limit| difference(std::slice::from_ref(&mismatch), limit).unwrap();
        (entry(LONGEST_KEPT), signature::of(std::slice::from_ref(&mismatch)))
    };
    let ((text_a, signature_a), (text_b, signature_b)) = (of("a\n"), of("b\n"));
    assert_eq!(text_a, text_b);
    assert!(text_a.len() < LONGEST_KEPT + 40, "{text_a}");
    assert_ne!(signature_a, signature_b);
}

#[test]
fn a_directory_is_read_from_the_oldest_version_to_the_newest() {
    let directory = tempfile::tempdir().unwrap();
    let one = &Snapshot::of_run(&run())[0];
    for (runtime, version) in
        [("one", "10.0.0"), ("one@9", "9.1.0"), ("one", "dev"), ("a", "2"), ("one-cli", "1.0.0")]
    {
        let snapshot = Snapshot { runtime: runtime.into(), version: version.into(), ..one.clone() };
        let path = directory.path().join(snapshot.file_name());
        fs::write(path, snapshot.to_json().unwrap()).unwrap();
    }
    fs::write(directory.path().join("README.md"), "not one").unwrap();
    let read = read_directory(directory.path()).unwrap();
    let titles: Vec<String> = read.iter().map(|(_, snapshot)| snapshot.title()).collect();
    assert_eq!(titles, ["a 2", "one dev", "one 9.1.0", "one 10.0.0", "one-cli 1.0.0"]);
}

#[test]
fn output_that_the_case_does_not_compare_is_kept() {
    let printed = |stdout: &str, allowed: &[&str]| {
        let mut row = crate::results::run_file::sample::wrong("one", "a::x", Verdict::Pass, None);
        row.mismatches.clear();
        row.observed.as_mut().unwrap().stdout = stdout.into();
        let allowed = allowed.iter().map(|text| text.to_string()).collect();
        let case = CaseRow { stdout: allowed, ..case("a::x", Area::Fd, Level::Must) };
        Entry::new(&row, &case, LONGEST_KEPT).output
    };
    assert_eq!(printed("a\n", &["a\n"]), None, "the expectation says it");
    assert_eq!(printed("a\n", &[]).unwrap().text, "stdout: a\n");
    assert_eq!(printed("a\n", &["a\n", "b\n"]).unwrap().text, "stdout: a\n");
    assert_ne!(printed("a\n", &[]), printed("b\n", &[]));
    assert_eq!(printed("", &[]).unwrap().text, "", "nothing was printed, and that is known");
}
