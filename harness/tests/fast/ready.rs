//! Cases run on the runtimes that are ready, while the runners of others are built.

use std::fs;
use std::process::Output;

use crate::support::{Checkout, good_case, make_program};

/// A checkout with the fake runtime `node`, and `engine`, whose runner has to be built. Cargo is a script.
fn run(cargo: &str, args: &[&str]) -> (Checkout, Output) {
    let checkout = Checkout::with_fake("correct");
    checkout.append("expectations/a.yaml", &good_case("also"));
    checkout.append("harness/runners/registry.yaml", "  - { name: engine, kind: library }\n");
    checkout.write("harness/runners/engine/Cargo.toml", "");
    checkout.write("harness/runner-kit/Cargo.toml", "");
    make_program(&checkout, "bin/cargo", cargo);
    let path = format!("{}:{}", checkout.path("bin").display(), std::env::var("PATH").unwrap());
    let mut program = checkout.program(&[&["run", "-r", "node,engine"], args].concat());
    let output = program.env("PATH", path).output().unwrap();
    (checkout, output)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until the log has both verdicts; only a failure waits long.
const WAITS_FOR_VERDICTS: &str = r#"#!/bin/sh
for i in $(seq 600); do
    [ "$(grep -c '^{"verdict"' target/wasi-conformance/run.jsonl)" = 2 ] && seen=1 && break
    sleep 0.1
done 2>/dev/null
sleep 0.5
echo "the build began ${seen:+and saw both verdicts}" >&2
exit 1
"#;

#[test]
fn cases_do_not_wait_for_builds_that_they_do_not_need() {
    let (checkout, output) = run(WAITS_FOR_VERDICTS, &[]);
    let shown = text(&output.stdout).replace("\n", " ");
    assert!(shown.contains("the build began and saw both verdicts"), "{shown}");
    let said = text(&output.stderr);
    let finished = "\nnode 1.2.3: 2 verdicts: 2 pass: nothing unexpected\n";
    assert!(said.contains(finished), "{said}");
    let run = checkout.run_file();
    let rows: Vec<_> =
        run.runtimes.iter().map(|row| (row.name.as_str(), row.unavailable.is_some())).collect();
    assert_eq!(rows, [("node", false), ("engine", true)]);
    assert!(run.complete && run.verdicts.len() == 2);
    // It was asked for.
    assert_eq!(output.status.code(), Some(3), "{said}");
}

#[test]
fn a_quick_run_builds_nothing() {
    let (checkout, output) = run("#!/bin/sh\ntouch was-built; exit 1\n", &["--quick"]);
    assert!(!checkout.path("was-built").exists());
    let said = text(&output.stdout).replace("\n", " ");
    let reason = "engine: not available: its runner is not built yet, and --quick builds none";
    assert!(said.contains(reason), "{said}");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(fs::exists(checkout.path("target/wasi-conformance/run.json")).unwrap());
}
