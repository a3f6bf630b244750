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

pub(super) const CAUSE: &str = r#"runtime: node
causes:
  - id: it-is-wrong
    versions: ">=20"
    kind: bug
    why: It is wrong.
    link: https://a.b
    cases: [a::fine]
"#;

const FLAKY: &str = r#"runtime: node
causes: []
flaky:
  - id: it-varies
    versions: ">=20"
    kind: bug
    why: It varies.
    link: https://a.b
    cases: a::fine
    part: stdout
    left: open *
    values: [success, acces]
"#;

#[test]
fn bad_causes_are_refused() {
    for (good, bad, message) in [
        (
            "a::fine",
            "a::gone",
            "8: `it-is-wrong`: no case is called `a::gone`\n    see `wasi-conformance list`, or remove it",
        ),
        (
            "a::fine",
            "\"b::*\"",
            "8: `it-is-wrong`: no case matches `b::*`\n    see `wasi-conformance list`, or remove it",
        ),
        (
            "a::fine",
            "a::fine, a::fine",
            "8: `it-is-wrong`: `a::fine` is there already\n    remove it",
        ),
        (
            "It is wrong.",
            "''",
            "3: `it-is-wrong`: `why` is empty\n    say which side is right and why the runtime differs",
        ),
        (
            "\">=20\"",
            "soon",
            "3: `it-is-wrong`: versions `soon` is not a range\n    write it as `>=48, <50`",
        ),
        (
            "https://a.b",
            "bugs",
            "3: `it-is-wrong`: the link is not an https link\n    \
             link the upstream issue, or the line of its source",
        ),
        (
            "it-is-wrong",
            "It_is",
            "3: `It_is` is not an id\n    \
             write two to five words in lower case with hyphens: `preopen-name-nul`",
        ),
        ("cases: [a::fine]", "where: {}", "3: `it-is-wrong`: `where` is empty\n    leave it out"),
        (
            "cases: [a::fine]",
            "where: { part: canary }",
            "3: `it-is-wrong`: an escape is never explained\n    \
             name `stdout`, `stderr`, `exit` or `tree`",
        ),
        (
            "cases: [a::fine]",
            "cases: [a::fine]\n    consequences: true",
            "3: `it-is-wrong`: `consequences` without `where`\n    \
             without `where`, it explains all differences of its cases",
        ),
        (
            "    cases: [a::fine]\n",
            "",
            "3: `it-is-wrong`: it has neither `cases` nor `where`\n    \
             name its cases, or say which differences it explains",
        ),
        (
            "runtime: node",
            "runtime: deno",
            "1: runtime `deno` is not the file's name\n    one file per runtime: rename one of the two",
        ),
        (
            "cases: [a::fine]",
            "observed: { exit: 1 }",
            "8: causes[0]: unknown field `observed`, expected one of `id`, `versions`, `applies_to`, \
             `kind`, `why`, `link`, `cases`, `where`, `consequences`\n    \
             docs/reference/divergences.md describes every key",
        ),
    ] {
        assert!(CAUSE.contains(good), "{good}");
        assert_divergences_refused(&CAUSE.replace(good, bad), message);
    }
    let again = CAUSE.split_once("causes:\n").unwrap().1;
    assert_divergences_refused(
        &format!("{CAUSE}{again}"),
        "9: the id `it-is-wrong` is there twice\n    merge the two, or rename one",
    );
}

#[test]
fn bad_flaky_lines_are_refused() {
    let place = "    left: open *\n";
    for (good, bad, message) in [
        (
            place,
            "    left: open *\n    line: 1\n",
            "4: `it-varies`: it has both `line` and `left`\n    name the line in one way",
        ),
        (
            "    values: [success, acces]\n",
            "",
            "4: `it-varies`: it needs either `values` or `matches`\n    \
             list the values, or write a regular expression for them",
        ),
        (
            "values: [success, acces]",
            "matches: \"(\"",
            "4: `it-varies`: `(` is not a regular expression\n    \
             docs/reference/divergences.md describes every key",
        ),
        (
            "part: stdout",
            "part: canary",
            "4: `it-varies`: this part may not vary\n    name `stdout`, `stderr`, `exit` or `tree`",
        ),
        (
            "part: stdout\n    left: open *\n    values: [success, acces]",
            "part: exit\n    values: [0, timeout]",
            "4: `it-varies`: these are not `values` of `exit`\n    \
             list exit statuses or `trap`: nothing else may vary",
        ),
    ] {
        assert!(FLAKY.contains(good), "{good}");
        assert_divergences_refused(&FLAKY.replace(good, bad), message);
    }
}

#[test]
fn what_explains_nothing_is_refused() {
    let todo = "correct its `where`, `cases` or `versions`, or remove it";
    assert_divergences_refused(
        CAUSE,
        &format!("3: `it-is-wrong` explains nothing in any snapshot\n    {todo}"),
    );
    assert_divergences_refused(
        FLAKY,
        &format!("4: `it-varies` explains nothing in any snapshot\n    {todo}"),
    );
}

#[test]
fn divergences_of_an_unknown_runtime_are_refused() {
    let checkout = Checkout::new();
    let divergences = "runtime: mine\ncauses: []\n";
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
