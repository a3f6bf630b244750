//! `run --repeat`: flaky cases are found and shown, and fail the run.

use std::fs;

use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, case, good_case, verdict_of};

const FLAKY: &str = "runtime: node\ncauses: []\nflaky:\n  - id: it-depends\n    versions: '>=1'\n    \
    kind: unspecified\n    why: It depends.\n    link: https://a.b\n    cases: a::sometimes\n    \
    part: stdout\n    left: open *\n    values: [success, acces, noent]\n";

/// A checkout with a case that fails on the second of every three runs.
fn checkout(level: &str) -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let varying = case("sometimes", "[sometimes]", "open a.txt -> success\n");
    let rules = FAKE_CASES.replace("text: It", &format!("level: {level}, text: It"));
    checkout.write("expectations/a.yaml", format!("{rules}{}{varying}", good_case("fine")));
    checkout
}

/// The exit status and stdout of a run in which one process runs everything.
fn run(checkout: &Checkout, repeats: &str) -> (i32, String) {
    let output = checkout.output(&["run", "-r", "node", "-j", "1", "--repeat", repeats]);
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_flaky_case_is_reported_and_fails_the_run() {
    let checkout = checkout("must");
    let (status, shown) = run(&checkout, "6");
    assert_eq!(status, 1, "{shown}");
    assert!(shown.contains("Each case was run 6 times on node: 1 is flaky."));
    assert!(shown.contains("node::a::sometimes: 4 × pass, 2 × fail\n"), "{shown}");
    let run = checkout.run_file();
    assert_eq!(run.runtimes[0].repeats, 6);
    assert!(verdict_of(&run.verdicts, "a::fine").varies.is_empty());
    let row = verdict_of(&run.verdicts, "a::sometimes");
    assert_eq!((row.verdict, row.mismatches.len()), (Verdict::Fail, 1));
    let ways: Vec<_> =
        row.varies.iter().map(|w| (w.times, w.verdict, w.mismatches.len())).collect();
    assert_eq!(ways, [(4, Verdict::Pass, 0), (2, Verdict::Fail, 1)]);
    let report = fs::read_to_string(checkout.path("target/wasi-conformance/report.md")).unwrap();
    assert!(report.contains("## Flaky (1)\n\n- `node::a::sometimes`: 4 × pass, 2 × fail"));
}

#[test]
fn a_flaky_case_of_level_may_does_not_fail_the_run() {
    let checkout = checkout("may");
    let (status, shown) = run(&checkout, "3");
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("a::sometimes: 2 × pass, 1 × differs\n"), "{shown}");
}

#[test]
fn a_line_that_is_known_to_vary_does_not_fail_the_run() {
    let checkout = checkout("must");
    checkout.write("expectations/divergences/node.yaml", FLAKY);
    let (status, shown) = run(&checkout, "3");
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("a::sometimes: 2 × pass, 1 × known\n"), "{shown}");
    assert_eq!(verdict_of(&checkout.run_file().verdicts, "a::sometimes").varying, ["it-depends"]);
}

#[test]
fn a_run_without_flaky_cases_reports_that() {
    let checkout = Checkout::with_fake("correct");
    let (status, shown) = run(&checkout, "2");
    assert_eq!(status, 0, "{shown}");
    assert!(shown.contains("2 times on node: all had the same result each time."), "{shown}");
    assert_eq!(checkout.log().iter().filter(|line| *line == "run open").count(), 2);
}
