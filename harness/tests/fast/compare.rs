//! `compare`, `snapshot`, `report` and `run --baseline`: their output and their exit statuses.

use std::fs;
use std::process::Output;

use crate::support::{Checkout, FAKE_CASES, case, good_case};

/// Two runs in `before` and `after`: one case got worse, one got better, one is new.
fn checkout() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    // The case stays the same; the fake runner answers it differently.
    let right = case("worse", "[open, a.txt]", "open a.txt -> success\n");
    let wrong = case("better", "[open, gone]", "open gone -> success\n");
    checkout
        .write("expectations/a.yaml", [FAKE_CASES, &good_case("fine"), &right, &wrong].concat());
    checkout.output(&["run", "-r", "node", "--out", "before"]);
    checkout.fake("contrary");
    checkout
        .append("expectations/a.yaml", &case("new", "[wrong_errno]", "open missing -> acces\n"));
    checkout.output(&["run", "-r", "node", "--out", "after"]);
    checkout
}

/// Writes a snapshot of the first run where it does not count as known.
fn snapshot_elsewhere(checkout: &Checkout) {
    let output = checkout.output(&["snapshot", "before/run.json", "--out", "baseline"]);
    assert_eq!(status(&output), 0);
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_regression_is_shown_and_fails_the_comparison() {
    let checkout = checkout();
    let output = checkout.output(&["compare", "before/run.json", "after/run.json"]);
    let shown = stdout(&output);
    assert_eq!(status(&output), 1, "{shown}");
    assert!(shown.starts_with("node 1.2.3 -> 1.2.3: 2 regressions, 1 fixed: exit 1\n"), "{shown}");
    // The change from A to B comes first, and both cases share one cause.
    let regressed = "
REGRESSED: as expected in A, not in B (2 cases)

  no cause recorded: open: noent instead of success (2 cases)
    a::fine (must)
      It holds. https://example.org
      stdout:
      - open a.txt -> success
      + open a.txt -> noent
      A: as expected; B: not as expected
    a::worse (must)
";
    assert!(shown.contains(regressed), "{shown}");
    assert!(
        shown.contains(
            "\n  no cause recorded: open: success instead of noent (1 case)\n    a::better (must)"
        ),
        "{shown}"
    );
    assert!(shown.contains("ADDED: ran only in B (1 case)\n\n    a::new (must)\n"), "{shown}");
    let again = checkout.output(&["compare", "before/run.json", "before/run.json"]);
    assert_eq!(status(&again), 0);
    assert!(stdout(&again).starts_with("node 1.2.3 -> 1.2.3: no regression: exit 0\n"));
}

#[test]
fn an_allowed_regression_does_not_fail_the_comparison() {
    let checkout = checkout();
    let files = ["compare", "before/run.json", "after/run.json", "--allow"];
    let some = checkout.output(&[&files[..], &["a::wor*"]].concat());
    assert_eq!(status(&some), 1);
    let all = checkout
        .output(&[&files[..], &["node::a::wor*", "--allow", "fine", "--allow", "x"]].concat());
    assert_eq!(status(&all), 0, "{}", stdout(&all));
    assert!(stdout(&all).contains("note: --allow x matched no regression: remove it\n"));
    assert!(
        stdout(&all).contains("no regression (and 2 allowed or of level may), 1 fixed: exit 0\n")
    );
}

#[test]
fn a_snapshot_compares_like_the_run_it_was_taken_from() {
    let checkout = checkout();
    let runs = stdout(&checkout.output(&["compare", "before/run.json", "after/run.json"]));
    assert_eq!(status(&checkout.output(&["snapshot", "before/run.json"])), 0);
    for a in ["expectations/snapshots", "expectations/snapshots/node-1.2.3.json"] {
        let output = checkout.output(&["compare", a, "after/run.json"]);
        assert_eq!(status(&output), 1);
        let after_the_head = |text: &str| text.split_once("the same ending").unwrap().1.to_owned();
        assert_eq!(after_the_head(&stdout(&output)), after_the_head(&runs), "{a}");
    }
}

#[test]
fn each_format_can_be_written_to_a_file() {
    let checkout = checkout();
    for (format, start) in [
        ("text", "node 1.2.3 -> 1.2.3: 2 regressions, 1 fixed: exit 1\n"),
        (
            "markdown",
            "# WASI preview 1 conformance: node 1.2.3 -> 1.2.3: 2 regressions, 1 fixed: exit 1\n",
        ),
        ("json", "{\n  \"comparison_format\": 3,"),
        ("html", "<!doctype html>"),
    ] {
        let files = ["compare", "before/run.json", "after/run.json"];
        let output =
            checkout.output(&[&files[..], &["--format", format, "--out", "out/file"]].concat());
        assert_eq!(status(&output), 1);
        assert_eq!(stdout(&output), "wrote out/file\n");
        let text = fs::read_to_string(checkout.path("out/file")).unwrap();
        assert!(text.starts_with(start), "{text}");
    }
}

#[test]
fn run_with_baseline_shows_and_fails_on_regressions() {
    let checkout = checkout();
    snapshot_elsewhere(&checkout);
    let run = ["run", "-r", "node", "--baseline", "baseline"];
    let output = checkout.output(&run);
    let shown = stdout(&output);
    assert_eq!(status(&output), 1, "{shown}");
    assert!(shown.contains("\ncompared with the baseline: 2 regressions, 1 fixed\n"), "{shown}");
    assert!(shown.contains("REGRESSED: as expected in A, not in B (2 cases)"), "{shown}");
    let comment = fs::read_to_string(checkout.path("target/wasi-conformance/comment.md")).unwrap();
    let title = "# WASI preview 1 conformance: 2 unexpected verdicts; 2 regressions, 1 fixed\n";
    assert!(comment.starts_with(title), "{comment}");
    // The same run gives the same comment later.
    let report = ["report", "--format", "comment", "--baseline", "baseline"];
    assert_eq!(stdout(&checkout.output(&report)), comment);
}

#[test]
fn a_recorded_regression_fails_until_it_is_allowed() {
    let checkout = checkout();
    snapshot_elsewhere(&checkout);
    let why = ["--why", "It is wrong.", "--link", "https://a.b"];
    checkout.output(&[&["bless", "--run", "after/run.json"], &why[..]].concat());
    let run = ["run", "-r", "node"];
    assert_eq!(status(&checkout.output(&run)), 0);
    let compared = checkout.output(&[&run[..], &["--baseline", "baseline"]].concat());
    assert_eq!(status(&compared), 1, "{}", stdout(&compared));
    let allowed =
        checkout.output(&[&run[..], &["--allow", "a::*", "--baseline", "baseline"]].concat());
    assert_eq!(status(&allowed), 0, "{}", stdout(&allowed));
}

#[test]
fn a_filtered_run_is_compared_with_the_same_part_of_the_baseline() {
    let checkout = checkout();
    snapshot_elsewhere(&checkout);
    let output = checkout.output(&["run", "-r", "node", "-f", "better", "--baseline", "baseline"]);
    let shown = stdout(&output);
    assert_eq!(status(&output), 0, "{shown}");
    assert!(!shown.contains("REMOVED"), "{shown}");
    assert!(shown.contains("no regression, 1 fixed\n"), "{shown}");
}

#[test]
fn a_missing_baseline_is_an_error() {
    let checkout = Checkout::with_fake("correct");
    let output = checkout.output(&["run", "-r", "node", "--baseline", "gone.json"]);
    assert_eq!(status(&output), 2);
    assert!(!checkout.path("target/wasi-conformance/run.json").exists());
    checkout.output(&["run", "-r", "node"]);
    checkout.output(&["snapshot"]);
    let snapshots = checkout.path("expectations/snapshots");
    let other = fs::read_to_string(snapshots.join("node-1.2.3.json")).unwrap();
    checkout.write("other/deno-1.0.0.json", other.replace("\"node\"", "\"deno\""));
    fs::remove_file(snapshots.join("node-1.2.3.json")).unwrap();
    fs::rename(snapshots.join("cases"), checkout.path("other/cases")).unwrap();
    let output = checkout.output(&["run", "-r", "node", "--baseline", "other"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(status(&output), 2, "{error}");
    assert!(
        error.contains("node 1.2.3 of B was compared with nothing: there is no node in A"),
        "{error}"
    );
    assert_eq!(checkout.run_file().verdicts.len(), 1);
}

#[test]
fn runs_without_a_common_case_cannot_be_compared() {
    let checkout = checkout();
    checkout.output(&["run", "-r", "node", "-f", "a::new", "--out", "new"]);
    let output = checkout.output(&["compare", "before/run.json", "new/run.json"]);
    assert_eq!(status(&output), 2);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("they have no case in common, so there is nothing to compare"),
        "{error}"
    );
}
