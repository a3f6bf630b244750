//! The life of a divergence: the case fails, `bless` proposes an entry, `check` refuses it until it
//! has a reason, the case is known, and fails again once the runtime no longer diverges.

use std::fs;

use wasi_conformance::results::run_file::VerdictRow;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, FAKES, case, command_entries, good_case, verdict_of};

const DIVERGENCES: &str = "expectations/divergences/node.yaml";

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

fn divergences(checkout: &Checkout) -> String {
    fs::read_to_string(checkout.path(DIVERGENCES)).unwrap()
}

/// The proposed divergences after a person has filled in reason and link.
fn filled_in(checkout: &Checkout) -> String {
    divergences(checkout).replace("TODO: which", "Wrong: which").replace("TODO:", "https://a.b/")
}

#[test]
fn a_blessed_failure_is_known_once_its_reason_is_filled_in() {
    let checkout = checkout();
    let (status, row) = run(&checkout, "a::wrong");
    assert_eq!((status, row.verdict), (Some(1), Verdict::Fail));
    let blessed = checkout.output(&["bless"]);
    assert_eq!(blessed.status.code(), Some(0));
    assert_eq!(
        divergences(&checkout).split_once("runtime: ").unwrap().1,
        "node\ndivergences:\n  - case: a::wrong\n    versions: '>=1.2.3'\n    kind: bug\n    \
         reason: 'TODO: which side is right, by which rule, and why it differs'\n    \
         link: 'TODO: the upstream issue, or the line of its source'\n    \
         observed:\n      stdout: |\n        open missing -> acces\n"
    );
    let refused = checkout.output(&["run", "-r", "node"]);
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("`a::wrong`: the reason is still to be filled in"), "{said}");

    checkout.write(DIVERGENCES, filled_in(&checkout));
    let (status, row) = run(&checkout, "a::wrong");
    assert_eq!((status, row.verdict), (Some(0), Verdict::Known));
    assert_eq!(row.mismatches.len(), 1);
    // A known divergence is not proposed again.
    assert_eq!(checkout.output(&["bless"]).stdout, b"nothing to propose\n");
}

const WHY: [&str; 8] = [
    "--reason",
    "It gives another errno.",
    "--link",
    "https://a.b",
    "--versions",
    ">=1, <2",
    "--kind",
    "unspecified",
];

#[test]
fn bless_groups_cases_that_differ_alike() {
    let checkout = checkout();
    let again = case("wrong_again", "[wrong_errno]", "open missing -> noent\n");
    checkout.append("expectations/a.yaml", &again);
    let other = case("hangs", "[hang]", "before\n") + "    timeout: 0.2\n";
    checkout.append("expectations/a.yaml", &other);
    run(&checkout, "a::wrong");
    // First one case, then another with the same output, which joins its group.
    let first = [&["bless", "--group", "-f", "*::wrong"], &WHY[..]].concat();
    let blessed = String::from_utf8(checkout.output(&first).stdout).unwrap();
    assert!(blessed.ends_with("node.yaml: 1 proposed\n"), "{blessed}");
    let then = [&["bless", "--group", "--observed", "-> acces"], &WHY[..]].concat();
    let blessed = String::from_utf8(checkout.output(&then).stdout).unwrap();
    assert!(!blessed.contains("another way"), "{blessed}");
    let group = "runtime: node\ngroups:\n  - versions: '>=1, <2'\n    kind: unspecified\n    \
                 reason: It gives another errno.\n    link: https://a.b\n    cases:\n      \
                 a::wrong:\n        stdout: |\n          open missing -> acces\n      \
                 a::wrong_again:\n        stdout: |\n          open missing -> acces\n";
    assert!(divergences(&checkout).ends_with(group), "{}", divergences(&checkout));
    let (status, row) = run(&checkout, "a::wrong_again");
    assert_eq!((status, row.verdict), (Some(1), Verdict::Known));
    assert_eq!(row.note.as_deref(), Some("It gives another errno."));
    assert_eq!(run(&checkout, "a::hangs").1.verdict, Verdict::Fail);
}

#[test]
fn bless_refuses_bad_values_before_writing() {
    let checkout = Checkout::new();
    for (option, value) in [("--versions", "new"), ("--link", "http://a.b"), ("--reason", " ")] {
        let refused = checkout.output(&["bless", option, value]);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.starts_with(&format!("error: {option}")), "{said}");
        assert_eq!(refused.status.code(), Some(2));
    }
}

#[test]
fn a_divergence_applies_only_to_its_versions() {
    let checkout = checkout();
    run(&checkout, "a::wrong");
    checkout.output(&["bless"]);
    let bounded = |versions: &str| {
        let divergence = filled_in(&checkout);
        let (before, after) = divergence.split_once("versions: '").unwrap();
        let after = after.split_once('\'').unwrap().1;
        checkout.write(DIVERGENCES, format!("{before}versions: '{versions}'{after}"));
        run(&checkout, "a::wrong").1.verdict
    };
    assert_eq!(bounded(">=1, <1.2.3"), Verdict::Fail);
    assert_eq!(bounded(">=1, <1.2.4"), Verdict::Known);
}

#[test]
fn a_divergence_that_no_longer_occurs_fails_until_it_is_removed() {
    let checkout = Checkout::with_fake("correct");
    let divergence = "runtime: node\ndivergences:\n  - case: a::fine\n    versions: '*'\n    \
                  kind: bug\n    reason: It was wrong.\n    link: https://a.b\n    observed: { exit: 1 }\n";
    checkout.write(DIVERGENCES, divergence);
    let (status, row) = run(&checkout, "a::fine");
    assert_eq!((status, row.verdict), (Some(1), Verdict::UnexpectedPass));
    let note = format!("no longer diverges: remove the divergence at {DIVERGENCES}:3");
    assert_eq!(row.note, Some(note));
    checkout.remove(DIVERGENCES);
    let (status, row) = run(&checkout, "a::fine");
    assert_eq!((status, row.verdict), (Some(0), Verdict::Pass));
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
    checkout.output(&["bless"]);
    assert_eq!(divergences(&checkout).matches("case: a::wrong").count(), 1);
    checkout.write(DIVERGENCES, filled_in(&checkout));
    assert_eq!(run(), (Some(0), both(Verdict::Known)));
}
