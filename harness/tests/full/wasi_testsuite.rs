//! `run --wasi-testsuite`: directories in the layout of wasi-testsuite, on Node.

use std::fs;

use libtest_mimic::Trial;
use runner_kit::Outcome;
use wasi_conformance::results::run_file::{Run, VerdictRow};
use wasi_conformance::verdict::judge::{Part, Verdict};

use crate::support::trials::Need;
use crate::support::{Checkout, verdict_of};
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Node;
        a_test_without_json_expects_exit_status_0,
        expected_output_is_compared_in_full,
        operations_are_followed_and_unsupported_ones_skip_the_test,
        each_test_gets_its_own_copy_of_the_root,
        a_directory_for_another_wasi_version_is_skipped_unread,
        all_directories_below_the_named_one_run,
    ]
}

const MANIFEST: &str = r#"{ "name": "Some tests" }"#;

/// A checkout with a wasi-testsuite directory without tests.
fn checkout() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("tests/manifest.json", MANIFEST);
    checkout
}

/// A command with this body in `_start`, and the functions of WASI that the bodies here call.
fn guest(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (import "wasi_snapshot_preview1" "fd_write"
            (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get"
            (func $args_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
            (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\10\00\00\00\0c\00\00\00")
        (data (i32.const 16) "hello\nworld\n")
        (data (i32.const 64) "made")
        (func (export "_start") {body}))"#
    );
    wat::parse_str(text).unwrap()
}

fn exits_with(code: u32) -> Vec<u8> {
    guest(&format!("(call $exit (i32.const {code}))"))
}

/// Writes two lines to stdout or stderr.
fn prints_to(fd: u32) -> Vec<u8> {
    guest(&format!(
        "(drop (call $fd_write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 32)))"
    ))
}

/// Makes the file `made` in its first preopen, and exits with the error number.
fn makes_a_new_file() -> Vec<u8> {
    const CREAT_EXCL: u32 = 1 | 4;
    guest(&format!(
        "(call $exit (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 4) \
         (i32.const {CREAT_EXCL}) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))"
    ))
}

fn run(checkout: &Checkout) -> (Run, Option<i32>) {
    let output = checkout.output(&["run", "--wasi-testsuite", "tests", "-r", "node"]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (checkout.wasi_testsuite_run_file(), output.status.code())
}

/// The verdict of one test, and the parts that are not as expected.
fn judged(run: &Run, test: &str) -> (Verdict, Vec<Part>) {
    let row = verdict_of(&run.verdicts, &format!("some_tests::{test}"));
    (row.verdict, row.mismatches.iter().map(|m| m.part).collect())
}

fn a_test_without_json_expects_exit_status_0() {
    let checkout = checkout();
    checkout.write("tests/plain.wasm", exits_with(0));
    checkout.write("tests/talks.wasm", prints_to(1));
    let (run, status) = run(&checkout);
    assert_eq!(status, Some(0));
    assert_eq!(judged(&run, "plain"), (Verdict::Pass, vec![]));
    assert_eq!(judged(&run, "talks"), (Verdict::Pass, vec![]));
    assert_eq!(run.verdicts.len(), 2);
}

fn expected_output_is_compared_in_full() {
    let checkout = checkout();
    for (name, wasm, json) in [
        ("right_exit", exits_with(7), r#"{ "exit_code": 7 }"#),
        ("wrong_exit", exits_with(7), "{}"),
        ("right_stdout", prints_to(1), r#"{ "stdout": "hello\nworld\n" }"#),
        ("wrong_stdout", prints_to(1), r#"{ "stdout": "goodbye\n" }"#),
        ("only_a_prefix", prints_to(1), r#"{ "stdout": "hello\n" }"#),
        ("nothing_expected", prints_to(1), r#"{ "stdout": "" }"#),
        ("right_stderr", prints_to(2), r#"{ "stderr": "hello\nworld\n" }"#),
        ("wrong_stream", prints_to(2), r#"{ "stdout": "hello\nworld\n" }"#),
    ] {
        checkout.write(&format!("tests/{name}.wasm"), wasm);
        checkout.write(&format!("tests/{name}.json"), json);
    }
    let (run, status) = run(&checkout);
    assert_eq!(status, Some(1));
    let fail = |part| (Verdict::Fail, vec![part]);
    assert_eq!(judged(&run, "right_exit"), (Verdict::Pass, vec![]));
    assert_eq!(judged(&run, "wrong_exit"), fail(Part::Exit));
    assert_eq!(judged(&run, "right_stdout"), (Verdict::Pass, vec![]));
    assert_eq!(judged(&run, "wrong_stdout"), fail(Part::Stdout));
    assert_eq!(judged(&run, "only_a_prefix"), fail(Part::Stdout));
    assert_eq!(judged(&run, "nothing_expected"), fail(Part::Stdout));
    assert_eq!(judged(&run, "right_stderr"), (Verdict::Pass, vec![]));
    assert_eq!(judged(&run, "wrong_stream"), fail(Part::Stdout));
}

fn operations_are_followed_and_unsupported_ones_skip_the_test() {
    let checkout = checkout();
    let both = r#"{ "operations": [
        { "type": "run" },
        { "type": "read", "id": "stdout", "payload": "hello\n" },
        { "type": "read", "payload": "world\n" },
        { "type": "wait" } ] }"#;
    let connects = r#"{ "operations": [
        { "type": "run" }, { "type": "connect", "id": "a" }, { "type": "wait" } ] }"#;
    let counts = guest(
        "(drop (call $args_sizes_get (i32.const 32) (i32.const 36))) \
         (call $exit (i32.load (i32.const 32)))",
    );
    let given = r#"{ "operations": [
        { "type": "run", "args": ["a", "b c"] }, { "type": "wait", "exit_code": 3 } ] }"#;
    for (name, wasm, json) in [
        ("reads", prints_to(1), both),
        ("given", counts, given),
        ("connects", exits_with(1), connects),
        ("serves", exits_with(1), r#"{ "world": "wasi:http/service" }"#),
    ] {
        checkout.write(&format!("tests/{name}.wasm"), wasm);
        checkout.write(&format!("tests/{name}.json"), json);
    }
    let (run, status) = run(&checkout);
    assert_eq!(status, Some(0));
    assert_eq!(judged(&run, "reads"), (Verdict::Pass, vec![]));
    assert_eq!(judged(&run, "given"), (Verdict::Pass, vec![]));
    for (name, reason) in [
        ("connects", "it needs the operation `connect`"),
        ("serves", "it is for the world `wasi:http/service`: only commands are run"),
    ] {
        let row = verdict_of(&run.verdicts, &format!("some_tests::{name}"));
        assert_eq!(row.verdict, Verdict::Skip);
        assert_eq!(row.note.as_deref(), Some(reason));
        assert!(row.observed.is_none());
    }
}

fn each_test_gets_its_own_copy_of_the_root() {
    let checkout = checkout();
    checkout.write("tests/files/kept", "x");
    for name in ["first", "second"] {
        checkout.write(&format!("tests/{name}.wasm"), makes_a_new_file());
        checkout.write(&format!("tests/{name}.json"), r#"{ "root": "files" }"#);
    }
    // The same guest fails if the file exists already, so the other two had copies of their own.
    checkout.write("tests/full/made", "x");
    checkout.write("tests/third.wasm", makes_a_new_file());
    checkout.write("tests/third.json", r#"{ "root": "full" }"#);
    let (run, _) = run(&checkout);
    let exit = |test: &str| -> Outcome {
        let row: &VerdictRow = verdict_of(&run.verdicts, &format!("some_tests::{test}"));
        row.observed.as_ref().unwrap().outcome.clone()
    };
    const EXIST: u32 = 20;
    assert_eq!(exit("first"), Outcome::Exit { code: 0 });
    assert_eq!(exit("second"), Outcome::Exit { code: 0 });
    assert_eq!(exit("third"), Outcome::Exit { code: EXIST });
    let left: Vec<_> = fs::read_dir(checkout.path("tests/files")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

fn a_directory_for_another_wasi_version_is_skipped_unread() {
    let checkout = checkout();
    checkout
        .write("tests/manifest.json", r#"{ "name": "Some tests", "version": "wasm32-wasip3" }"#);
    checkout.write("tests/other.wasm", b"\0asm\x0d\0\x01\0");
    checkout.write("tests/other.json", "{ what is this");
    let (run, status) = run(&checkout);
    assert_eq!(status, Some(0));
    let row = verdict_of(&run.verdicts, "some_tests::other");
    assert_eq!(row.verdict, Verdict::Skip);
    let reason = "it is for wasm32-wasip3, and only wasm32-wasip1 can be run";
    assert_eq!(row.note.as_deref(), Some(reason));
}

fn all_directories_below_the_named_one_run() {
    let checkout = checkout();
    checkout.remove("tests/manifest.json");
    for (directory, name) in [("c", "C tests"), ("deep/rust", "Rust tests")] {
        checkout
            .write(&format!("tests/{directory}/manifest.json"), format!("{{\"name\": {name:?}}}"));
        checkout.write(&format!("tests/{directory}/fine.wasm"), exits_with(0));
    }
    // A directory without built tests is left out.
    checkout.write("tests/src/manifest.json", r#"{ "name": "Sources" }"#);
    let (run, _) = run(&checkout);
    let ids: Vec<&str> = run.verdicts.iter().map(|v| v.case.as_str()).collect();
    assert_eq!(ids, ["c_tests::fine", "rust_tests::fine"]);
}
