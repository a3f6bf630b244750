//! `run --coverage` and its report, on Node.

use std::fs;

use libtest_mimic::Trial;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::trials::Need;
use crate::support::{Checkout, verdict_of};
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Node;
        coverage_lists_every_call_with_its_result,
        coverage_needs_a_run_with_coverage,
    ]
}

const CASES: &str = "area: proc\nspec: https://example.org\nguest: rust-x\nrules:\n  \
    - { id: ends, text: It ends., basis: wasi }\n  - { id: other, text: It does., basis: wasi, untested: nobody can }\n\
    cases:\n  - { id: badf, rules: [ends], requires: [exit_statuses], exit: 8 }\n";

/// Closes a descriptor that is not open, and exits with the errno.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (memory (export "memory") 1)
    (table funcref (elem $close))
    (type $fd_to_errno (func (param i32) (result i32)))
    (func (export "_start")
        (call $exit (call_indirect (type $fd_to_errno) (i32.const 77) (i32.const 0)))))"#;

fn checkout() -> Checkout {
    let checkout = Checkout::new();
    checkout.remove("guests/prebuilt/fake.wasm");
    checkout.write("guests/prebuilt/rust-x.wasm", wat::parse_str(GUEST).unwrap());
    checkout.write("expectations/a.yaml", CASES);
    checkout
}

fn coverage_lists_every_call_with_its_result() {
    let checkout = checkout();
    let ran = checkout.output(&["run", "--runtime", "node", "--coverage"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let run = checkout.run_file();
    let row = verdict_of(&run.verdicts, "a::badf");
    assert_eq!(row.verdict, Verdict::Pass);
    let calls = row.observed.as_ref().unwrap().calls.as_ref().unwrap();
    let seen: Vec<String> =
        calls.iter().map(|(function, returned)| format!("{function} {returned:?}")).collect();
    // An imported function that is not called is not listed; one that never returns is.
    assert_eq!(seen, [r#"fd_close {"badf"}"#, "proc_exit {}"]);
    let shown = checkout.output(&["report", "--format", "coverage"]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.starts_with("2 of 46 functions were called, 1 succeeded, 2 from rust"), "{text}");
    assert!(text.contains("Called, but successful on no runtime (1): fd_close"), "{text}");
    assert!(text.contains("- a.other is untested: nobody can"), "{text}");
    let report = fs::read_to_string(checkout.path("target/wasi-conformance/report.md")).unwrap();
    assert!(report.contains("## Coverage\n\n2 of 46 functions"), "{report}");
}

fn coverage_needs_a_run_with_coverage() {
    let checkout = checkout();
    assert!(checkout.output(&["run", "--runtime", "node"]).status.success());
    let shown = checkout.output(&["report", "--format", "coverage"]);
    assert_eq!(shown.status.code(), Some(2));
    let message = String::from_utf8(shown.stderr).unwrap();
    assert!(message.ends_with("make one with `wasi-conformance run --coverage`\n"), "{message}");
}
