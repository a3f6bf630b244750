//! Command-line runtimes: what they are given, and how a trap is told from a guest that imitates one.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use runner_kit::Outcome;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, FAKES, case, command_entries, good_case, verdict_of};

/// A guest that can exit: the fake command looks only at where it is.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const 0))))"#;

/// Runs cases on the fake command, with a directory for temporary files in the checkout.
fn run(cases: &str, temporary: &[u8]) -> Run {
    let checkout = Checkout::with_fake("correct");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{cases}"));
    checkout.write("guests/prebuilt/fake.wasm", wat::parse_str(GUEST).unwrap());
    checkout
        .write("commands.yaml", command_entries("fake-command", &format!("{FAKES}/command.sh")));
    let temporary = checkout.root().join(OsStr::from_bytes(temporary));
    fs::create_dir_all(&temporary).unwrap();
    let args = ["run", "-r", "fake-command", "--runtimes-file", "commands.yaml"];
    let output = checkout.program(&args).env("TMPDIR", temporary).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{output:?}");
    checkout.run_file()
}

#[test]
fn a_guest_that_imitates_a_trap_has_exited() {
    let cases = [case("imitates", "[imitates_a_trap]", ""), case("traps", "[traps]", "")];
    let run = run(&cases.concat(), b"tmp");
    let observed = |id: &str| {
        let row = verdict_of(&run.verdicts, id);
        assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
        row.observed.clone().unwrap()
    };
    let exited = observed("a::imitates");
    assert_eq!(exited.outcome, Outcome::Exit { code: 134 });
    assert_eq!(exited.stderr, "trap: unreachable\n", "it is what the guest printed");
    let trapped = observed("a::traps");
    assert_eq!(trapped.outcome, Outcome::Trap { message: "trap: unreachable".into() });
    assert_eq!(trapped.stderr, "");
}

#[test]
fn paths_need_not_be_utf8() {
    let run = run(&good_case("fine"), b"tmp-\xff");
    let row = verdict_of(&run.verdicts, "a::fine");
    assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
}
