//! Before a runtime is blamed, what was unexpected runs once more, alone.

use std::fs;

use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, case, good_case, verdict_of};

const RIGHT: &str = "open a.txt -> success\n";

fn checkout(guests: &[&str]) -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let cases: Vec<String> =
        guests.iter().map(|guest| case(guest, &format!("[{guest}]"), RIGHT)).collect();
    let fine = good_case("fine");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{fine}{}", cases.concat()));
    checkout
}

fn run(checkout: &Checkout, more: &[&str]) -> (i32, String) {
    let output = checkout.output(&[&["run", "-r", "node"], more].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_case_that_fails_once_is_flaky_and_does_not_fail_the_run() {
    let checkout = checkout(&["fails_once"]);
    let (status, shown) = run(&checkout, &[]);
    assert_eq!(status, 0, "{shown}");
    assert!(
        shown.contains("1 case was unexpected at first, and as expected when run again alone:\n")
    );
    assert!(shown.contains("    node::a::fails_once: 1 × fail, 1 × pass\n"), "{shown}");
    assert!(shown.contains(": 1 pass, 1 flaky: nothing unexpected"), "{shown}");
    let run = checkout.run_file();
    let row = verdict_of(&run.verdicts, "a::fails_once");
    assert_eq!(row.verdict, Verdict::Flaky);
    // The evidence is that of the failure.
    assert_eq!(row.mismatches.len(), 1);
    let ways: Vec<_> = row.varies.iter().map(|way| way.verdict).collect();
    assert_eq!(ways, [Verdict::Fail, Verdict::Pass]);
    let page = fs::read_to_string(checkout.path("target/wasi-conformance/report.md")).unwrap();
    assert!(page.contains("## Flaky (1)"), "{page}");
}

#[test]
fn a_case_that_fails_twice_fails_whatever_the_way() {
    let checkout = checkout(&["wrong_errno", "fails_in_two_ways"]);
    let (status, shown) = run(&checkout, &[]);
    assert_eq!(status, 1, "{shown}");
    let run = checkout.run_file();
    let row = |id: &str| verdict_of(&run.verdicts, id);
    assert_eq!(row("a::wrong_errno").verdict, Verdict::Fail);
    assert!(row("a::wrong_errno").varies.is_empty());
    assert_eq!(row("a::fails_in_two_ways").verdict, Verdict::Fail);
    assert_eq!(row("a::fails_in_two_ways").varies.len(), 2);
    assert_eq!(row("a::fine").verdict, Verdict::Pass);
}

/// Nothing but the guest or its runtime can be the cause, so once is enough.
#[test]
fn an_escape_that_is_seen_once_fails() {
    for guest in ["escapes_once", "escapes_once_and_aborts", "leaves_a_daemon_once"] {
        let checkout = checkout(&[guest]);
        let (status, shown) = run(&checkout, &[]);
        assert_eq!(status, 1, "{guest}: {shown}");
        let run = checkout.run_file();
        let row = verdict_of(&run.verdicts, &format!("a::{guest}"));
        assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
        let note = row.note.as_deref().unwrap();
        assert!(note.contains("not seen again when the case was run again"), "{note}");
        assert!(row.mismatches.iter().any(|m| m.part.is_containment()), "{row:?}");
        let ways: Vec<_> = row.varies.iter().map(|way| way.verdict).collect();
        assert_eq!(ways, [Verdict::Fail, Verdict::Pass]);
    }
}

#[test]
fn a_kill_from_outside_is_never_the_runtimes_failure() {
    let checkout = checkout(&["killed", "killed_once"]);
    let (status, shown) = run(&checkout, &[]);
    assert_eq!(status, 1, "{shown}");
    let run = checkout.run_file();
    let row = verdict_of(&run.verdicts, "a::killed");
    assert_eq!(row.verdict, Verdict::HarnessError);
    assert!(row.note.as_ref().unwrap().contains("(SIGKILL)"), "{:?}", row.note);
    assert_eq!(verdict_of(&run.verdicts, "a::killed_once").verdict, Verdict::Pass);
}

#[test]
fn a_runtime_that_fails_everywhere_is_not_run_twice_for_ever() {
    let cases: Vec<String> =
        (0..30).map(|i| case(&format!("w{i}"), "[wrong_errno]", RIGHT)).collect();
    let checkout = checkout(&[]);
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    let (status, _) = run(&checkout, &[]);
    assert_eq!(status, 1);
    let runs = checkout.log().iter().filter(|line| *line == "run wrong_errno").count();
    assert_eq!(runs, 30 + 20);
}
