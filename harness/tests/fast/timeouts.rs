//! A time-out counts only if it happens again when the case runs alone.

use wasi_conformance::results::run_file::TimeoutsRow;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, case, good_case, verdict_of};

fn checkout(cases: &[String]) -> Checkout {
    let checkout = Checkout::with_fake("correct");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    checkout
}

fn run(checkout: &Checkout) -> String {
    let output = checkout.output(&["run", "-r", "node", "-j", "2", "--timeout", "1"]);
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_late_case_that_passes_alone_is_flaky() {
    let late = case("late", "[late_once]", "in time\n");
    let hangs = case("hangs", "[hang]", "before\nafter\n");
    let checkout = checkout(&[good_case("fine"), late, hangs]);
    let shown = run(&checkout);
    assert!(
        shown.contains("2 cases timed out; 2 were run again alone: 1 passed, 1 timed out again\n"),
        "{shown}"
    );
    let run = checkout.run_file();
    let row = |id: &str| verdict_of(&run.verdicts, id);
    assert_eq!(row("a::late").verdict, Verdict::Flaky);
    assert_eq!(row("a::late").timeouts, Some(TimeoutsRow { retried: 1, confirmed: 0 }));
    assert_eq!(row("a::hangs").verdict, Verdict::Fail);
    assert_eq!(row("a::hangs").timeouts, Some(TimeoutsRow { retried: 1, confirmed: 1 }));
    assert_eq!(row("a::fine").timeouts, None);
}

#[test]
fn a_recorded_time_out_is_not_retried() {
    let checkout = checkout(&[case("hangs", "[hang]", "before\nafter\n")]);
    run(&checkout);
    checkout.output(&["bless", "--why", "It hangs.", "--link", "https://a.b"]);
    checkout.remove("log");
    let shown = run(&checkout);
    assert!(shown.contains("1 known") && !shown.contains("again"), "{shown}");
    assert_eq!(checkout.log().iter().filter(|line| *line == "run hang").count(), 1);
}

#[test]
fn a_runtime_that_keeps_hanging_is_not_retried_forever() {
    let hangs: Vec<String> =
        (0..8).map(|i| case(&format!("h{i}"), "[hang]", "before\nafter\n")).collect();
    let checkout = checkout(&hangs);
    let shown = run(&checkout);
    let said = "8 cases timed out; 5 were run again alone: 5 timed out again\n";
    assert!(shown.contains(said), "{shown}");
    assert_eq!(checkout.run_file().verdicts.iter().filter(|row| row.timeouts.is_some()).count(), 5);
}
