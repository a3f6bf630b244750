//! Missing imports, on Node.

use libtest_mimic::Trial;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::trials::Need;
use crate::support::{Checkout, FAKE_CASES, verdict_of};
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Node;
        a_real_engine_runs_a_guest_without_its_missing_imports,
    ]
}

/// Calls one of two functions that no runtime has, or none: as many as it has arguments.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get"
        (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_teleport" (func $teleport (param i64) (result i32)))
    (import "wasi_snapshot_preview1" "fd_dream" (func $dream))
    (memory (export "memory") 1)
    (func (export "_start") (local $arguments i32)
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (local.set $arguments (i32.load (i32.const 0)))
        (if (i32.eq (local.get $arguments) (i32.const 2)) (then (call $dream)))
        (if (i32.eq (local.get $arguments) (i32.const 3))
            (then (drop (call $teleport (i64.const 0)))))))"#;

fn a_real_engine_runs_a_guest_without_its_missing_imports() {
    let checkout = Checkout::new();
    checkout.write("guests/prebuilt/fake.wasm", wat::parse_str(GUEST).unwrap());
    let cases = "  - { id: none, rules: [x] }\n  - { id: dreams, rules: [x], args: [a] }\n  \
                 - { id: teleports, rules: [x], args: [a, b] }\n";
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{cases}"));
    let ran = checkout.output(&["run", "--runtime", "node"]);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    let rows = checkout.run_file().verdicts;
    assert_eq!(verdict_of(&rows, "a::none").verdict, Verdict::Pass);
    for (case, import) in [("a::dreams", "fd_dream"), ("a::teleports", "sock_teleport")] {
        let row = verdict_of(&rows, case);
        assert_eq!(row.verdict, Verdict::Skip, "{row:?}");
        let reason = format!("the runtime lacks the import `{import}`, which this case calls");
        assert_eq!(row.note.as_deref(), Some(&*reason));
    }
}
