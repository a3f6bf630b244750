//! The life of a cause: the case fails, `bless` writes the snapshot and proposes a cause, `check` refuses it
//! until somebody says why, the case is known, and fails again once the runtime no longer differs.

use std::fs;

use wasi_conformance::results::run_file::VerdictRow;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, FAKES, case, command_entries, good_case, verdict_of};

const CAUSES: &str = "expectations/divergences/node.yaml";
const SNAPSHOT: &str = "expectations/snapshots/node-1.2.3.json";

/// A checkout with a case that the fake runtime, of version 1.2.3, gets wrong.
fn checkout() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let wrong = case("wrong", "[wrong_errno]", "open missing -> noent\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}{wrong}", good_case("fine")));
    checkout
}

/// Runs all cases: the exit status and the verdict of one.
fn run(checkout: &Checkout, id: &str) -> (Option<i32>, VerdictRow) {
    let status = checkout.output(&["run", "-r", "node"]).status.code();
    (status, verdict_of(&checkout.run_file().verdicts, id).clone())
}

/// The exit status of `check` and what it says.
fn check(checkout: &Checkout) -> (Option<i32>, String) {
    let output = checkout.output(&["check"]);
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn bless(checkout: &Checkout, more: &[&str]) -> String {
    let output = checkout.output(&[&["bless"], more].concat());
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    said
}

fn text(checkout: &Checkout, file: &str) -> String {
    fs::read_to_string(checkout.path(file)).unwrap()
}

/// The proposed causes after a person has said why.
fn filled_in(checkout: &Checkout) -> String {
    text(checkout, CAUSES).replace("TODO: which", "Wrong: which").replace("TODO:", "https://a.b/")
}

#[test]
fn a_blessed_failure_is_known_and_check_asks_why() {
    let checkout = checkout();
    let (status, row) = run(&checkout, "a::wrong");
    assert_eq!((status, row.verdict), (Some(1), Verdict::Fail));
    bless(&checkout, &[]);
    assert_eq!(
        text(&checkout, CAUSES).split_once("runtime: ").unwrap().1,
        "node\ncauses:\n  - id: open-acces\n    versions: '>=1.2.3'\n    kind: bug\n    \
         why: 'TODO: which side is right, and why the runtime differs'\n    \
         link: 'TODO: the upstream issue, or the line of its source'\n    cases: [a::wrong]\n"
    );
    let snapshot = text(&checkout, SNAPSHOT);
    let line = "\"a::wrong\": [\n[\"-1 open missing -> noent\",\"+1 open missing -> acces\"]\n]";
    assert!(snapshot.contains(line), "{snapshot}");
    // Work goes on beside what is unfinished, and only `check` fails.
    let output = checkout.output(&["run", "-r", "node"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("note: say why for 1 unfinished cause: open-acces"), "{said}");
    let (status, said) = check(&checkout);
    assert_eq!(status, Some(2));
    assert!(said.contains("node.yaml:4: `open-acces` is unfinished"), "{said}");

    checkout.write(CAUSES, filled_in(&checkout));
    assert_eq!(check(&checkout), (Some(0), "ok: 2 cases, 1 causes, 1 snapshots\n".to_owned()));
    let (status, row) = run(&checkout, "a::wrong");
    assert_eq!((status, row.verdict), (Some(0), Verdict::Known));
    assert_eq!(
        (row.known[0].cause.as_str(), row.known[0].link.as_str()),
        ("open-acces", "https://a.b/ the upstream issue, or the line of its source")
    );
    assert_eq!(bless(&checkout, &[]), "nothing to write\n");
    assert_eq!(text(&checkout, SNAPSHOT), snapshot, "the same run gives the same snapshot");
}

/// D15: cases that differ alike have one cause, and what people wrote stays.
#[test]
fn bless_groups_cases_that_differ_alike_and_keeps_what_people_wrote() {
    let checkout = checkout();
    let again = case("wrong_again", "[wrong_errno]", "open missing -> noent\n");
    checkout.append("expectations/a.yaml", &again);
    let written = "# By hand.\nruntime: node\ncauses: # none yet\n\n# The end.\n";
    checkout.write(CAUSES, written.replace(" # none yet", ""));
    run(&checkout, "a::wrong");
    let why = ["--why", "Another errno.", "--link", "https://a.b", "--versions", ">=1, <2"];
    let said = bless(&checkout, &why);
    assert!(said.contains("node.yaml: 1 proposed\n"), "{said}");
    let causes = text(&checkout, CAUSES);
    assert!(
        causes.starts_with("# By hand.\nruntime: node\ncauses:\n  - id: open-acces\n"),
        "{causes}"
    );
    assert!(causes.ends_with("cases: [a::wrong, a::wrong_again]\n\n# The end.\n"), "{causes}");
    assert_eq!(run(&checkout, "a::wrong_again").0, Some(0));
}

/// D15: what passes when it runs again alone is no difference.
#[test]
fn bless_proposes_nothing_that_passes_alone() {
    let checkout = Checkout::with_fake("correct");
    let once = case("fails_once", "[fails_once]", "open a.txt -> success\n");
    checkout.append("expectations/a.yaml", &once);
    assert_eq!(run(&checkout, "a::fails_once").1.verdict, Verdict::Flaky);
    let said = bless(&checkout, &[]);
    assert!(!said.contains("proposed"), "{said}");
    assert!(!checkout.path(CAUSES).exists());
    assert!(!text(&checkout, SNAPSHOT).contains("fails_once"), "not in the snapshot either");
}

#[test]
fn bless_refuses_what_makes_no_sense_before_writing() {
    let checkout = checkout();
    for (option, value) in [("--versions", "new"), ("--link", "http://a.b"), ("--why", " ")] {
        let refused = checkout.output(&["bless", option, value]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.starts_with(&format!("error: {option}")), "{said}");
        assert_eq!(refused.status.code(), Some(2));
    }
    run(&checkout, "a::wrong");
    let refused = checkout.output(&["bless", "--filter", "nothing"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("no verdict of") && said.contains("matches the filter"), "{said}");
    assert_eq!(refused.status.code(), Some(2));
    assert!(!checkout.path(SNAPSHOT).exists());
    // A file to which no line can be added.
    let cause = "id: x, versions: '>=1', kind: bug, why: W., link: 'https://a.b', cases: [a::fine]";
    checkout.write(CAUSES, format!("runtime: node\ncauses: [{{ {cause} }}]\n"));
    let refused = checkout.output(&["bless"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("write `causes` with one entry a line"), "{said}");
    assert!(!checkout.path(SNAPSHOT).exists());
}

/// D1: divergences of one's own are in a file of one's own, with its snapshot beside it.
#[test]
fn a_file_of_ones_own_takes_what_bless_writes() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    let own = ["--divergences", "my/node.yaml"];
    let why = ["--why", "Another errno.", "--link", "https://a.b"];
    checkout.write("my/node.yaml", "runtime: node\ncauses: []\n");
    bless(&checkout, &[&own[..], &why].concat());
    assert!(!checkout.path(CAUSES).exists() && !checkout.path(SNAPSHOT).exists());
    assert!(text(&checkout, "my/node.yaml").contains("  - id: open-acces\n"));
    assert!(checkout.path("my/node-1.2.3.json").exists());
    let verdict = |more: &[&str]| {
        checkout.output(&[&["run", "-r", "node"], more].concat());
        verdict_of(&checkout.run_file().verdicts, "a::wrong").verdict
    };
    assert_eq!(verdict(&own), Verdict::Known);
    assert_eq!(verdict(&[]), Verdict::Fail);
    assert_eq!(checkout.output(&["check", own[0], own[1]]).status.code(), Some(0));
}

#[test]
fn a_cause_applies_only_to_its_versions() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    bless(&checkout, &[]);
    let bounded = |versions: &str| {
        let causes = filled_in(&checkout);
        let (before, after) = causes.split_once("versions: '").unwrap();
        let after = after.split_once('\'').unwrap().1;
        checkout.write(CAUSES, format!("{before}versions: '{versions}'{after}"));
        run(&checkout, "a::wrong").1.verdict
    };
    assert_eq!(bounded(">=1, <1.2.3"), Verdict::Fail);
    let (_, said) = check(&checkout);
    assert!(said.contains("`open-acces` explains nothing in any snapshot"), "{said}");
    assert!(said.contains("no cause explains 1 of its differences"), "{said}");
    assert_eq!(bounded(">=1, <1.2.4"), Verdict::Known);
}

#[test]
fn a_difference_that_is_gone_fails_until_the_snapshot_says_so() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    bless(&checkout, &["--why", "Another errno.", "--link", "https://a.b"]);
    let cases =
        text(&checkout, "expectations/a.yaml").replace("missing -> noent", "missing -> acces");
    checkout.write("expectations/a.yaml", cases);
    let (status, row) = run(&checkout, "a::wrong");
    assert_eq!((status, row.verdict), (Some(1), Verdict::UnexpectedPass));
    let note = "differs in the snapshot node-1.2.3.json, and no longer: end the `versions` of \
                `open-acces`, or remove it";
    assert_eq!(row.note.as_deref(), Some(note));
    let said = bless(&checkout, &[]);
    assert!(said.contains(note), "{said}");
    checkout.remove(CAUSES);
    assert_eq!(run(&checkout, "a::wrong").1.verdict, Verdict::Pass);
    assert_eq!(check(&checkout).0, Some(0));
}

#[test]
fn two_causes_of_one_difference_are_refused() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    bless(&checkout, &["--why", "Another errno.", "--link", "https://a.b"]);
    let cause = text(&checkout, CAUSES).split_once("causes:\n").unwrap().1.to_owned();
    checkout.append(
        CAUSES,
        &cause
            .replace("open-acces", "other")
            .replace("cases: [a::wrong]", "where: { call: open, observed: acces }"),
    );
    let (status, said) = check(&checkout);
    assert_eq!(status, Some(2));
    let both =
        "node.yaml:4: `open-acces` and `other` (line 10) both claim a difference of a::wrong";
    assert!(said.contains(both), "{said}");
    assert_eq!(run(&checkout, "a::wrong").1.verdict, Verdict::Fail);
}

#[test]
fn a_list_of_cases_that_no_snapshot_names_is_refused() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    bless(&checkout, &["--why", "Another errno.", "--link", "https://a.b"]);
    let lists = || fs::read_dir(checkout.path("expectations/snapshots/cases")).unwrap().count();
    assert_eq!(lists(), 1);
    // A new case makes another list, and the first is removed.
    checkout.append("expectations/a.yaml", &good_case("more"));
    run(&checkout, "a::wrong");
    bless(&checkout, &[]);
    assert_eq!(lists(), 1);
    // The digest of an empty list.
    let stray = "expectations/snapshots/cases/e3b0c44298fc1c14.txt";
    checkout.write(stray, "");
    let (status, said) = check(&checkout);
    assert_eq!(status, Some(2));
    assert!(said.contains("e3b0c44298fc1c14.txt: no snapshot names it"), "{said}");
}

/// Two ways to run one runtime, such as a library and its command, share their divergences.
#[test]
fn runtimes_that_share_divergences_get_one_proposal() {
    let checkout = checkout();
    let entries = command_entries("mine", &format!("{FAKES}/command.sh"));
    let entries = entries.replace("    version:", "    divergences_of: node\n    version:");
    checkout.write("mine.yaml", entries);
    let run = || {
        let output = checkout.output(&["run", "-r", "node,mine", "--runtimes-file", "mine.yaml"]);
        let run = checkout.run_file();
        let of_case = run.verdicts.iter().filter(|row| row.case == "a::wrong");
        let verdicts = of_case.map(|row| (row.runtime.clone(), row.verdict)).collect::<Vec<_>>();
        (output.status.code(), verdicts)
    };
    let both = |verdict| vec![("node".to_owned(), verdict), ("mine".to_owned(), verdict)];
    assert_eq!(run(), (Some(1), both(Verdict::Fail)));
    bless(&checkout, &[]);
    assert_eq!(text(&checkout, CAUSES).matches("a::wrong").count(), 1);
    checkout.write(CAUSES, filled_in(&checkout));
    assert_eq!(run(), (Some(0), both(Verdict::Known)));
}
