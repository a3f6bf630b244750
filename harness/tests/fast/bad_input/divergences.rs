//! Mistakes in divergences.

use super::assert_refused;
use super::runtimes::ENTRY;
use crate::support::Checkout;

/// `check` refuses this file of divergences.
#[track_caller]
pub(super) fn assert_divergences_refused(divergences: &str, message: &str) {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", divergences);
    let message = format!("$ROOT/expectations/divergences/node.yaml:{message}");
    assert_refused(&checkout, &["check"], &message);
}

pub(super) const DIVERGENCE: &str = r#"runtime: node
divergences:
  - case: a::fine
    versions: ">=20"
    kind: bug
    reason: It is wrong.
    link: https://a.b
    observed: { exit: 1 }
"#;

const GROUP: &str = r#"runtime: node
groups:
  - versions: '>=20'
    kind: bug
    reason: It is wrong.
    link: https://a.b
    cases:
      a::fine: { exit: 1 }
"#;

#[test]
fn bad_divergences_are_refused() {
    assert_divergences_refused(
        &DIVERGENCE.replace("a::fine", "a::gone"),
        "3: no case is called `a::gone`\n    see `wasi-conformance list`, or remove it",
    );
    for reason in ["''", "'TODO: which side is right'"] {
        assert_divergences_refused(
            &DIVERGENCE.replace("It is wrong.", reason),
            "3: `a::fine`: the reason is still to be filled in\n    \
             say which side is right and why the runtime differs",
        );
    }
    assert_divergences_refused(
        &DIVERGENCE.replace(">=20", "soon"),
        "3: `a::fine`: versions `soon` is not a range\n    write it as `>=48, <50`",
    );
    assert_divergences_refused(
        &DIVERGENCE.replace("https://a.b", "bugs"),
        "3: `a::fine`: the link is not an https link\n    \
         link the upstream issue, or the line of its source",
    );
    assert_divergences_refused(
        &DIVERGENCE.replace("{ exit: 1 }", "{ fs_after: { a: absent } }"),
        "3: `a::fine`: `a` is absent, and the case's `fs` does not have it\n    \
         leave it out: what is not named is not there",
    );
    for both_or_none in ["    observed: { exit: 1 }\n    flaky: true\n", ""] {
        assert_divergences_refused(
            &DIVERGENCE.replace("    observed: { exit: 1 }\n", both_or_none),
            "3: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        );
    }
    assert_divergences_refused(
        &DIVERGENCE.replace("runtime: node", "runtime: deno"),
        "1: runtime `deno` is not the file's name\n    \
         one file per runtime: rename one of the two",
    );
    let divergence = DIVERGENCE.split_once("divergences:\n").unwrap().1;
    assert_divergences_refused(
        &format!("{DIVERGENCE}{divergence}"),
        "9: `a::fine` has two divergences for the same versions (first on line 3)\n    \
         merge the two, or bound their `versions`",
    );
}

/// Each error names a line: that of the case, or that of the group's `versions`.
#[test]
fn bad_groups_of_divergences_are_refused() {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", GROUP);
    assert_eq!(checkout.output(&["check"]).status.code(), Some(0));
    let case = "      a::fine: { exit: 1 }\n";
    for (good, bad, message) in [
        (
            "a::fine",
            "a::other",
            "8: no case is called `a::other`\n    see `wasi-conformance list`, or remove it",
        ),
        (
            "'>=20'",
            "new",
            "3: the group: versions `new` is not a range\n    write it as `>=48, <50`",
        ),
        (
            "It is wrong.",
            "'TODO: which side'",
            "3: the group: the reason is still to be filled in\n    \
             say which side is right and why the runtime differs",
        ),
        (
            "https",
            "http",
            "3: the group: the link is not an https link\n    \
             link the upstream issue, or the line of its source",
        ),
        (
            "{ exit: 1 }",
            "{}",
            "8: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        ),
        (
            "{ exit: 1 }",
            "{ exit: 1, flaky: true }",
            "8: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        ),
        (
            "{ exit: 1 }",
            "{ fs_after: { x: absent } }",
            "8: `a::fine`: `x` is absent, and the case's `fs` does not have it\n    \
             leave it out: what is not named is not there",
        ),
        (
            "{ exit: 1 }",
            "{ output: x }",
            "8: groups[0].cases.a::fine: unknown field `output`, expected one of `exit`, `stdout`, \
             `stderr`, `fs_after`, `flaky`\n    docs/reference/divergences.md describes every key",
        ),
        (case, "      {}\n", "3: the group: it has no cases\n    name the cases, or remove it"),
        (
            case,
            "      - a::fine\n",
            "8: groups[0].cases: invalid type: sequence, expected a map from the ids of cases to \
             what is observed\n    docs/reference/divergences.md describes every key",
        ),
        (
            "    reason: It is wrong.\n",
            "",
            "3: groups[0]: missing field `reason`\n    docs/reference/divergences.md describes every key",
        ),
    ] {
        assert!(GROUP.contains(good), "{good}");
        assert_divergences_refused(&GROUP.replace(good, bad), message);
    }
    assert_divergences_refused(
        "runtime: node\n",
        " it has neither `divergences` nor `groups`\n    docs/reference/divergences.md describes every key",
    );
}

#[test]
fn a_case_recorded_twice_is_refused() {
    let twice = |line: usize, first: usize| {
        format!(
            "{line}: `a::fine` has two divergences for the same versions (first on line {first})\n    \
             merge the two, or bound their `versions`"
        )
    };
    let case = "      a::fine: { exit: 1 }\n";
    // In one group, in two groups, and in a divergence and a group.
    assert_divergences_refused(&format!("{GROUP}{case}"), &twice(9, 8));
    let group = GROUP.split_once("groups:\n").unwrap().1;
    assert_divergences_refused(&format!("{GROUP}{group}"), &twice(14, 8));
    let groups = GROUP.split_once("runtime: node\n").unwrap().1;
    assert_divergences_refused(&format!("{DIVERGENCE}{groups}"), &twice(15, 3));
    let checkout = Checkout::new();
    let other_versions = groups.replace(">=20", "<20");
    checkout.write("expectations/divergences/node.yaml", format!("{DIVERGENCE}{other_versions}"));
    assert_eq!(checkout.output(&["check"]).status.code(), Some(0));
}

#[test]
fn divergences_of_an_unknown_runtime_are_refused() {
    let checkout = Checkout::new();
    let divergences = DIVERGENCE.replace("runtime: node", "runtime: mine");
    checkout.write("expectations/divergences/mine.yaml", divergences);
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/divergences/mine.yaml: there is no runtime `mine`, so these \
         divergences apply to nothing\n    rename the file and its `runtime`, or name the file of its entry \
         (--runtimes-file)",
    );
    checkout.write("mine.yaml", ENTRY);
    let output = checkout.output(&["check", "--runtimes-file", "mine.yaml"]);
    assert_eq!(output.status.code(), Some(0));
}
