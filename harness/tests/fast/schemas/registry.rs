//! The schema of the registry and its loader.

use wasi_conformance::runtime::config;

use super::{ENTRIES, assert_agree, schema};
use crate::support::Checkout;

fn entries_refused(text: &str) -> Option<String> {
    let checkout = Checkout::new();
    checkout.write("mine.yaml", text);
    config::load(&checkout.path("mine.yaml")).err().map(|e| e.to_string())
}

/// Schema and loader accept an entry, and refuse it with each of these changes.
#[track_caller]
fn assert_entries_agree(good: &str, changes: &[(&str, &str)]) {
    let change = |(from, to): &(&str, &str)| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to)
    };
    let bad: Vec<String> = changes.iter().map(change).collect();
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    assert_agree(&schema(ENTRIES), "runtimes:\n", good, &bad, entries_refused);
}

#[test]
fn schema_and_loader_agree_on_command_line_runtimes() {
    const GOOD: &str = r#"
  - name: mine
    kind: command
    default: false
    binary: mine
    divergences_of: other
    fetch: { debian: { suite: forky, packages: [mine], path: usr/bin/mine } }
    version: { args: [--version], pattern: '(\d+)', package: mine }
    run: ["{dirs}", "{env}", "--module={wasm}", "{args}"]
    dir: [--dir, "{guest}={host}"]
    env: [--env, "{name}={value}"]
    trap: { status: 134, stderr: trap, stdout: trap }
    refusal: { status: 1 }
    missing_capabilities: [{ capability: read_only_preopens, reason: it knows no rights }]
"#;
    assert_entries_agree(
        GOOD,
        &[
            ("name: mine", "nom: mine"),
            ("kind: command", "kind: library"),
            ("kind: command", "kind: script"),
            ("    kind: command\n", ""),
            ("default: false", "default: no way"),
            ("{guest}={host}", "{path}={host}"),
            ("{name}={value}", "{key}={value}"),
            ("--module={wasm}", "--module={wasm}{file}"),
            ("binary: mine", "file: mine"),
            ("divergences_of: other", "divergence_of: other"),
            ("suite: forky, ", ""),
            ("[mine]", "[]"),
            ("debian: {", "homebrew: {"),
            ("name: mine", "name: mine@1"),
            ("name: mine", "name: all"),
            ("[--version], pattern", "[--version], regex"),
            ("\"{dirs}\", ", ""),
            ("\"{env}\", ", ""),
            (", \"{args}\"", ""),
            ("={wasm}", ""),
            ("[--dir, \"{guest}={host}\"]", "text"),
            ("status: 134, stderr: trap, stdout: trap", ""),
            ("status: 134", "status: many"),
            ("capability: read_only_preopens", "capability: fly"),
            ("capability: read_only_preopens", "capability: traps"),
            (
                "    missing_capabilities: [{ capability: read_only_preopens, reason: it knows no rights }]\n",
                "",
            ),
        ],
    );
}

#[test]
fn schema_and_loader_agree_on_scripts() {
    // The file itself serves as the script, because it exists.
    const GOOD: &str = r#"
  - name: mine
    kind: script
    binary: node
    divergences_of: node
    script: mine.yaml
    args: [--quiet, "{script}", "{packages}"]
    fetch: { npm: { packages: [mine], path: bin/mine } }
    install: install it
"#;
    assert_entries_agree(
        GOOD,
        &[
            ("name: mine", "name: ''"),
            ("binary: node", "program: node"),
            ("script: mine", "command: mine"),
            ("\"{script}\", ", ""),
            ("[mine]", "mine"),
            ("\"{packages}\"", "\"{package}\""),
            ("npm: {", "npm: { name: x,"),
            ("npm: { packages: [mine], path: bin/mine }", ""),
            ("npm: {", "pypi: { packages: [x] }, npm: {"),
            ("    install: install it\n", ""),
        ],
    );
}
