//! What files and directories name, in lists and messages: nothing of it is a command to a terminal or to
//! a CI server.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use wasi_conformance::results::run_file::FORMAT;

use crate::support::{Checkout, EMPTY_MODULE, FAKE_CASES, good_case};

/// A text as YAML and JSON write it.
const HOSTILE: &str = r"a\u001b[2Jb\u202ec\u009bd\n::set-output name=x::y\n##[group]";

/// What stdout and stderr have of it, after a look at both.
fn said(checkout: &Checkout, args: &[&str]) -> String {
    let output = checkout.output(args);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    let unseen = |c: char| c.is_control() && c != '\n' && c != '\t' || c == '\u{202e}';
    assert!(!said.contains(unseen), "{args:?}: {said:?}");
    let is_command = |line: &str| line.trim_start().starts_with("::") || line.contains("##[");
    assert!(!said.lines().any(is_command), "{args:?}: {said}");
    said
}

#[test]
fn texts_of_cases_are_only_shown() {
    let checkout = Checkout::with_fake("contrary");
    let cases = FAKE_CASES.replace("It holds.", &format!("\"{HOSTILE}\""));
    checkout.write("expectations/a.yaml", cases + &good_case("fine"));
    for args in [
        &["list"][..],
        &["list", "--json"],
        &["explain", "a::fine"],
        &["run", "-r", "node"],
        &["explain", "node::a::fine"],
        &["report"],
        &["report", "--format", "json"],
        &["report", "--format", "junit"],
        &["report", "--format", "comment"],
    ] {
        let said = said(&checkout, args);
        let json = args.contains(&"--json") || args.contains(&"json");
        let spelled = if json { "a\\u001b[2Jb\\u202e" } else { "\\u{1b}" };
        assert!(said.contains(spelled), "{args:?} does not show it: {said}");
    }
}

#[test]
fn mistakes_are_only_shown() {
    let checkout = Checkout::with_fake("correct");
    checkout.append("expectations/a.yaml", &format!("    \"{HOSTILE}\": 1\n"));
    assert!(said(&checkout, &["check"]).contains("a\\u{1b}[2J"));
    let run = format!(r#"{{ "format": {FORMAT}, "{HOSTILE}": 1 }}"#);
    checkout.write("run.json", run);
    assert!(said(&checkout, &["report", "run.json"]).contains("a\\u{1b}[2J"));
}

#[test]
fn names_of_a_wasi_testsuite_directory_are_only_shown() {
    let checkout = Checkout::with_fake("correct");
    checkout.write("tests/manifest.json", format!(r#"{{ "name": "{HOSTILE}" }}"#));
    let name = b"a\x1b[2J\n::set-output name=x::y\n\xff.wasm";
    for name in [&name[..], b"\xff.wasm", b"\\xff.wasm"] {
        fs::write(checkout.path("tests").join(OsStr::from_bytes(name)), EMPTY_MODULE).unwrap();
    }
    said(&checkout, &["run", "-r", "node", "--wasi-testsuite", "tests"]);
    let run = checkout.root().join("target/wasi-conformance/wasi-testsuite/run.json");
    let run: serde_json::Value = serde_json::from_slice(&fs::read(run).unwrap()).unwrap();
    let ids: Vec<&str> =
        run["cases"].as_array().unwrap().iter().map(|case| case["id"].as_str().unwrap()).collect();
    let end = |end: &str| ids.iter().filter(|id| id.ends_with(end)).count();
    assert_eq!(end(r"::\xff"), 1, "the byte: {ids:?}");
    assert_eq!(end(r"::\\xff"), 1, "the text: {ids:?}");
}
