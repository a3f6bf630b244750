//! The list of runtimes: available, missing, and not yet built.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKES, case, command_entries, good_case, verdict_of};

/// A checkout whose directory `mine` has a file of runtimes with one command, `binary`.
fn with_command(binary: &str) -> Checkout {
    let checkout = Checkout::new();
    checkout.write("mine/mine.yaml", command_entries("mine", binary));
    checkout
}

fn stdout(checkout: &Checkout, args: &[&str]) -> String {
    let output = checkout.output(args);
    String::from_utf8(output.stdout).unwrap()
}

const MINE: [&str; 5] = ["runtimes", "--runtimes-file", "mine/mine.yaml", "-r", "mine"];

#[test]
fn a_binary_with_a_slash_is_relative_to_its_file() {
    let checkout = with_command("./myrt");
    fs::copy(format!("{FAKES}/command.sh"), checkout.path("mine/myrt")).unwrap();
    let listed = stdout(&checkout, &MINE);
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "mine 1.2.3", "{listed}");
    // How it is contained depends on the kernel.
    assert!(lines[1].starts_with("    command line; "), "{listed}");
    let expected = ["    from myrt (named in its entry)", "    smoke test passed"];
    assert_eq!(lines[2..4], expected, "{listed}");
}

#[test]
fn a_missing_binary_with_a_slash_is_not_looked_up_on_path() {
    let checkout = with_command("./myrt");
    let reason = "there is no program mine/myrt: correct `binary` in its entry";
    assert_eq!(stdout(&checkout, &MINE), format!("mine\n    unavailable: {reason}\n"));
    // A report has no directory of this machine.
    let file = checkout.path("mine/mine.yaml");
    checkout.output(&["run", "--runtimes-file", file.to_str().unwrap(), "-r", "mine"]);
    let row = checkout.run_file().runtimes.remove(0);
    assert_eq!(row.unavailable.as_deref(), Some(reason));
}

#[test]
fn the_v_before_a_version_is_removed() {
    let checkout = with_command("./myrt");
    let script = fs::read_to_string(format!("{FAKES}/command.sh")).unwrap();
    checkout.write("mine/myrt", script.replace("fake 1.2.3", "fake v1.2.3"));
    fs::set_permissions(checkout.path("mine/myrt"), PermissionsExt::from_mode(0o755)).unwrap();
    assert!(stdout(&checkout, &MINE).starts_with("mine 1.2.3\n"));
}

#[test]
fn a_runner_that_is_not_built_is_only_listed() {
    let checkout = Checkout::with_fake("correct");
    checkout.append("harness/runners/registry.yaml", "  - { name: engine, kind: library }\n");
    checkout.write("harness/runners/engine/Cargo.toml", "this cannot be built");
    checkout.write("harness/runner-kit/Cargo.toml", "");
    let not_built = "engine\n    not built yet: `wasi-conformance runtimes -r engine` builds its \
                     runner, which takes minutes\n";
    let listed = stdout(&checkout, &["runtimes", "-r", "all"]);
    assert!(listed.starts_with("node 1.2.3\n") && listed.ends_with(not_built), "{listed}");
    // Named, it is built.
    let listed = stdout(&checkout, &["runtimes", "-r", "engine"]);
    assert!(listed.starts_with("engine\n    unavailable: cargo could not build"), "{listed}");
}

#[test]
fn a_runtime_that_is_not_fetched_says_how_to_fetch_it() {
    let checkout = Checkout::new();
    let entries = command_entries("mine", "no-such-program").replace(
        "    version:",
        "    fetch: { cargo: { crate: mine, binary: mine } }\n    version:",
    );
    checkout.write("mine/mine.yaml", entries);
    let listed = stdout(&checkout, &MINE);
    let expected = "mine\n    unavailable: there is no `no-such-program` on PATH: install it, or \
                    name its path in its entry, or fetch it with `wasi-conformance runtimes fetch \
                    mine`\n";
    assert_eq!(listed, expected);
    let version = ["runtimes", "--runtimes-file", "mine/mine.yaml", "-r", "mine@3"];
    let expected = "mine@3\n    unavailable: it is not fetched yet: run `wasi-conformance runtimes \
                    fetch mine@3`\n";
    assert_eq!(stdout(&checkout, &version), expected);
}

/// A guest that may call an import.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_sizes_get"
        (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept"
        (func $accept (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (drop (call $sizes (i32.const 0) (i32.const 4)))
        (if (i32.eq (i32.load (i32.const 0)) (i32.const 2))
            (then (drop (call $accept (i32.const 3) (i32.const 0) (i32.const 0)))))))"#;

#[test]
fn a_missing_import_skips_only_the_cases_that_call_it() {
    let checkout = Checkout::with_fake("lacks_sock_accept");
    checkout.write("guests/prebuilt/fake.wasm", wat::parse_str(GUEST).unwrap());
    let caller = case("caller", "[call_sock_accept]", "");
    checkout.append("expectations/a.yaml", &(caller + &good_case("other")));
    let output = checkout.output(&["run", "-r", "node", "--jobs", "1"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let rows = checkout.run_file().verdicts;
    assert_eq!(verdict_of(&rows, "a::fine").verdict, Verdict::Pass);
    assert_eq!(verdict_of(&rows, "a::other").verdict, Verdict::Pass);
    let caller = verdict_of(&rows, "a::caller");
    assert_eq!(caller.verdict, Verdict::Skip);
    let reason = "the runtime lacks the import `sock_accept`, which this case calls";
    assert_eq!(caller.note.as_deref(), Some(reason));
    // The smoke test has two guests. The runtime refuses one guest, once.
    let runs = checkout.log().iter().filter(|line| line.starts_with("run ")).count();
    assert_eq!(runs, 2 + 3 + 1);
}
