//! `export`: a runtime behaves in the exported tests as in our own cases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::verdict::judge::{Part, Verdict};

use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    let mut tests = trials![Need::Node; exported_tests_have_the_verdicts_of_their_cases_on_node];
    tests.extend(trials![
        Need::WasmtimeRunner; exported_tests_have_the_verdicts_of_their_cases_on_wasmtime
    ]);
    tests
}

/// Runs the real cases, with the results in a directory.
fn run(args: &[&str], out: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    let output = command.args(args).arg("--out").arg(out).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "{said}");
    Run::read(&out.join("run.json")).unwrap()
}

/// For each case on each runtime, whether the parts that an exported test can check are as expected.
/// Skipped cases are left out.
fn seen(run: &Run, id: impl Fn(&str) -> String) -> BTreeMap<(String, String), bool> {
    let ran = run.verdicts.iter().filter(|row| row.verdict != Verdict::Skip);
    ran.map(|row| {
        assert_ne!(row.verdict, Verdict::HarnessError, "{row:?}");
        let right = row.mismatches.iter().all(|mismatch| mismatch.part == Part::Tree);
        ((row.runtime.clone(), id(&row.case)), right)
    })
    .collect()
}

fn as_ours(test: &str) -> String {
    test.strip_prefix("wasi_conformance::").unwrap().replace('-', "::")
}

fn exported_tests_have_the_verdicts_of_their_cases_on_node() {
    assert_exported_tests_have_the_verdicts_of_their_cases("node");
}

/// Only if the runner is built: that takes minutes.
fn exported_tests_have_the_verdicts_of_their_cases_on_wasmtime() {
    assert_exported_tests_have_the_verdicts_of_their_cases("wasmtime");
}

fn assert_exported_tests_have_the_verdicts_of_their_cases(runtime: &str) {
    let directory = tempfile::tempdir().unwrap();
    let exported = directory.path().join("exported");
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    assert!(program.arg("export").arg(&exported).stdout(Stdio::null()).status().unwrap().success());
    let of_cases = ["run", "-r", runtime];
    let of_tests = [&of_cases[..], &["--wasi-testsuite", exported.to_str().unwrap()]].concat();
    let (out, other) = (directory.path().join("ours"), directory.path().join("theirs"));
    let of_ours = run(&of_cases, &out);
    let ours = seen(&of_ours, str::to_owned);
    let mut theirs = seen(&run(&of_tests, &other), as_ours);
    // Cases that are known to vary may differ.
    let flaky = of_ours.verdicts.iter().filter(|row| !row.varying.is_empty());
    for row in flaky {
        theirs.remove(&(row.runtime.clone(), row.case.clone()));
    }
    let tests: BTreeSet<&String> = theirs.keys().map(|(_, case)| case).collect();
    assert!(tests.len() > 800, "{}", tests.len());
    type Seen = BTreeMap<(String, String), bool>;
    let differ = |ours: &Seen, theirs: &Seen| -> Vec<(String, String)> {
        theirs
            .iter()
            .filter(|(key, right)| ours[*key] != **right)
            .map(|(key, _)| key.clone())
            .collect()
    };
    let mut left = differ(&ours, &theirs);
    // A case that waits for a clock may be late on a busy machine, so it is run once more, alone.
    assert!(left.len() < 20, "{left:?}");
    left.retain(|(_, case)| {
        let test = case.replace("::", "-");
        let ours = seen(&run(&[&of_cases[..], &["-f", case]].concat(), &out), str::to_owned);
        let theirs = seen(&run(&[&of_tests[..], &["-f", &test]].concat(), &other), as_ours);
        !differ(&ours, &theirs).is_empty()
    });
    assert_eq!(left, []);
    // Some pass and some fail, so the comparison is not empty.
    assert!(theirs.values().any(|right| *right) && theirs.values().any(|right| !*right));
}
