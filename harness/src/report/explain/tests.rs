//! The complete input and expectation of a case are shown.

use serde_json::json;

use super::*;
use crate::case::{Area, Basis, Level};
use crate::results::run_file::PreopenRow;
use crate::results::run_file::sample::{self, runtime, wrong};

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

fn full() -> CaseRow {
    let tree = |value| serde_json::from_value(value).unwrap();
    CaseRow {
        args: vec!["fd_read 0 16".into(), "bell \u{7}".into()],
        env: vec!["A=1".into()],
        stdin: json!("hello\n"),
        timeout: Some(2.5),
        preopens: vec![
            PreopenRow { guest: "/data".into(), host: ".".into(), read_only: false },
            PreopenRow { guest: "/ro".into(), host: "d".into(), read_only: true },
        ],
        fs: tree(json!({ "a.txt": "hello\n", "d/": {}, "s": { "symlink": "a.txt" } })),
        fs_after: tree(json!({ "a.txt": "other", "d/": {}, "new": { "size": 9 } })),
        stdout: vec!["fd_read 0 16 -> success\n".into(), "fd_read 0 16 -> notcapable".into()],
        guest_sources: vec!["guests/c/fake.c:2".into()],
        rules: vec!["a.x".into()],
        ..sample::case("path_open::a", Area::Path, Level::Must)
    }
}

#[test]
fn a_case_shows_its_whole_input_and_expectation() {
    let rule = RuleRow {
        id: "a.x".into(),
        basis: Basis::Posix,
        level: Level::Must,
        text: "It holds.".into(),
        spec: "https://example.org/x".into(),
        untested: None,
    };
    insta::assert_snapshot!(plain(&case(&full(), &[rule], Screen::new(80))));
}

#[test]
fn stdin_may_be_bytes_or_a_socket() {
    let shown = |change: fn(&mut CaseRow)| {
        let mut row = full();
        change(&mut row);
        plain(&case(&row, &[], Screen::default()))
    };
    assert!(shown(|row| row.stdin = json!({ "hex": "ff 00" })).contains("  stdin     hex ff 00\n"));
    assert!(shown(|row| row.stdin = json!("")).contains("  stdin     empty\n"));
    let socket = shown(|row| row.socket = Some(runner_kit::Socket::Connected));
    assert!(socket.contains("  stdin     a socket: \"connected\"\n"), "{socket}");
}

#[test]
fn a_verdict_shows_the_difference_and_the_stderr_of_the_guest() {
    let runtime = runtime("one");
    let mut row = wrong("one", "path_open::a", Verdict::Fail, Some("diverges in another way"));
    row.observed.as_mut().unwrap().stderr = "assertion failed: fd_read\n".into();
    let shown = Shown {
        verdict: &row,
        runtime: Some(&runtime),
        causes_at: vec![("wrong".into(), "x.yaml:3".into())],
    };
    insta::assert_snapshot!(plain(&verdict(&full(), &shown, Screen::new(80))));
}

/// The tests of wasi-testsuite compare only the exit status, so the guest's output names the failed
/// call.
#[test]
fn output_that_the_case_does_not_compare_is_shown() {
    let runtime = runtime("one");
    let mut row = wrong("one", "wasi-testsuite::a", Verdict::Pass, None);
    row.mismatches.clear();
    let observed = row.observed.as_mut().unwrap();
    observed.stderr = "thread 'main' panicked\n".into();
    let case = CaseRow { stdout: vec![], stderr: vec![], fs: None, fs_after: None, ..full() };
    let shown = Shown { verdict: &row, runtime: Some(&runtime), causes_at: vec![] };
    assert_eq!(
        plain(&verdict(&case, &shown, Screen::default())),
        "\none 1.2.3: pass\n    exit 0\n    stdout:\n      open a -> acces\n    stderr:\n      \
         thread 'main' panicked\n"
    );
}
