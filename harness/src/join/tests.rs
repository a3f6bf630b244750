//! What stands beside what, and what is refused.

use super::*;
use crate::case::{Area, Level};
use crate::judge::Verdict;
use crate::record::sample::{case, row, run, runtime};

/// A run of one runtime on some cases.
fn of(name: &str, cases: &[&str]) -> Run {
    Run {
        started: format!("2030-01-02T03:04:0{}Z", cases.len()),
        runtimes: vec![runtime(name)],
        cases: cases.iter().map(|id| case(id, Area::Fd, Level::Must)).collect(),
        verdicts: cases.iter().map(|id| row(name, id, Verdict::Pass, None)).collect(),
        ..run()
    }
}

fn written(runs: &[Run]) -> Result<Run> {
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..runs.len()).map(|i| folder.path().join(format!("{i}"))).collect();
    for (file, run) in files.iter().zip(runs) {
        run.write(file).unwrap();
    }
    read_all(&files)
}

#[test]
fn the_rows_of_all_in_the_order_of_the_cases() {
    let mut second = of("two", &["a", "b", "c"]);
    second.complete = false;
    second.host.jobs = 9;
    let joined = written(&[of("one", &["a", "c"]), second, of("three", &["z"])]).unwrap();
    let names: Vec<&str> = joined.runtimes.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "three"]);
    let cases: Vec<&str> = joined.cases.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(cases, ["z", "a", "b", "c"]);
    assert_eq!(joined.verdicts.len(), 6);
    assert_eq!(joined.started, "2030-01-02T03:04:01Z");
    assert_eq!((joined.complete, joined.host.jobs, joined.seconds), (false, 9, 20.25));
}

#[test]
fn one_run_is_itself() {
    let alone = written(&[run()]).unwrap();
    assert_eq!(alone.to_json().unwrap(), run().to_json().unwrap());
}

#[test]
fn what_cannot_be_shown_in_one_report_is_refused() {
    let refused = |second: Run| written(&[of("one", &["a"]), second]).unwrap_err().to_string();
    let same = refused(of("one", &["b"]));
    assert!(same.contains("both have a row `one`: name one of them only"), "{same}");
    let mut other = of("two", &["a"]);
    other.host.os = "macos".into();
    let platform = refused(other);
    assert!(
        platform.contains("one was made on linux x86_64, the other on macos x86_64"),
        "{platform}"
    );
    let mut changed = of("two", &["a"]);
    changed.cases[0].level = Level::May;
    let case = refused(changed);
    assert!(case.contains("the case `a` is not the same"), "{case}");
    let mut edited = of("two", &["a"]);
    edited.sources.insert("guests/c/a.c".into(), "new".into());
    let mut first = of("one", &["a"]);
    first.sources = edited.sources.clone();
    assert_eq!(written(&[first.clone(), edited.clone()]).unwrap().sources, edited.sources);
    first.sources.insert("guests/c/a.c".into(), "old".into());
    let source = written(&[first, edited]).unwrap_err().to_string();
    assert!(source.contains("the guest's source guests/c/a.c is not the same"), "{source}");
}
