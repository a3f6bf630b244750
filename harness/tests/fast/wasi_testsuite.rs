//! `run --wasi-testsuite`: mistakes in directories in the layout of wasi-testsuite.

use crate::support::{Checkout, EMPTY_MODULE};

const MANIFEST: &str = r#"{ "name": "Some tests" }"#;

fn checkout() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("tests/manifest.json", MANIFEST);
    checkout
}

#[track_caller]
fn assert_refused(checkout: &Checkout, message: &str) {
    let output = checkout.output(&["run", "--wasi-testsuite", "tests", "-r", "node"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.replace(checkout.path("tests").to_str().unwrap(), "$DIR");
    assert_eq!(said.trim_end(), format!("error: {message}"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn mistakes_in_a_directory_are_refused() {
    let checkout = checkout();
    checkout.write("tests/a.wasm", EMPTY_MODULE);
    let help = "docs/reference/wasi-testsuite.md describes every key";
    for (json, message) in [
        (
            "{\n\"exitcode\": 1 }",
            ":2: unknown field `exitcode`, expected one of `args`, `env`, `root`, `dirs`, \
             `exit_code`, `stdout`, `stderr`, `operations`, `proposals`, `world`, `servers`, \
             `debug`",
        ),
        ("{\n\"exit_code\": \"1\" }", ":2: invalid type: string \"1\", expected u32"),
        ("{", ":1: EOF while parsing an object"),
    ] {
        checkout.write("tests/a.json", json);
        assert_refused(&checkout, &format!("$DIR/a.json{message}\n    {help}"));
    }
    checkout.write("tests/a.json", r#"{ "root": "gone" }"#);
    assert_refused(
        &checkout,
        "$DIR/a.json:1: `root`: there is no directory `gone` beside the test\n    \
         create it, or correct the name",
    );
    checkout.write("tests/a.json", "{}");
    checkout.write("tests/b.json", "{}");
    assert_refused(
        &checkout,
        "$DIR/b.json: there is no `b.wasm` beside it\n    build the test, or remove the file",
    );
    checkout.remove("tests/b.json");
    checkout.write("tests/a.wasm", "text");
    assert_refused(&checkout, "$DIR/a.wasm: not a WebAssembly module\n    build the test again");
    checkout.write("tests/manifest.json", r#"{ "nam": "x" }"#);
    let message = "$DIR/manifest.json:1: unknown field `nam`, expected `name` or `version`";
    assert_refused(&checkout, &format!("{message}\n    {help}"));
    checkout.write("tests/manifest.json", MANIFEST);
    checkout.remove("tests/a.wasm");
    checkout.remove("tests/a.json");
    assert_refused(
        &checkout,
        "$DIR: no test found: no `.wasm` file\n    \
         build the tests, or name the directory of the built tests",
    );
}

#[test]
fn a_test_gets_nothing_from_outside_of_its_directory_and_no_pipes() {
    let checkout = checkout();
    checkout.write("tests/a.wasm", EMPTY_MODULE);
    checkout.write("secret/key", "a secret");
    std::os::unix::fs::symlink("../secret", checkout.path("tests/link")).unwrap();
    for root in ["../secret", "/etc", "link", "."] {
        checkout.write("tests/a.json", format!(r#"{{ "root": "{root}" }}"#));
        let message =
            format!("$DIR/a.json:1: `root`: `{root}` leads out of the directory of the test");
        assert_refused(&checkout, &format!("{message}\n    name a directory beside the test"));
    }
    checkout.write("tests/files/x", "");
    nix::unistd::mkfifo(&checkout.path("tests/files/pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    checkout.write("tests/a.json", r#"{ "root": "files" }"#);
    assert_refused(
        &checkout,
        "$DIR/a.json:1: `root`: `files` has pipe, which cannot be copied\n    \
         leave only files, directories and symbolic links",
    );
}

/// The run of a test that checks the exit status only, as most of wasi-testsuite do.
fn run(checkout: &Checkout, version: &str, options: &[&str]) {
    checkout.write("tests/a.wasm", EMPTY_MODULE);
    checkout.write("tests/a.json", r#"{ "args": ["changed_in_5"], "exit_code": 0 }"#);
    let run = ["run", "--wasi-testsuite", "tests", "-r", "node"];
    let mut program = checkout.program(&[&run[..], options].concat());
    let output = program.env("FAKE_RUNNER_VERSION", version).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn outputs_that_a_test_does_not_check_are_compared() {
    let checkout = Checkout::with_fake("correct");
    checkout.write("tests/manifest.json", MANIFEST);
    run(&checkout, "4.0.0", &["--out", "before"]);
    run(&checkout, "5.0.0", &["--out", "after"]);
    let output = checkout.output(&["compare", "before/run.json", "after/run.json"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let verdict = "node 4.0.0 -> 5.0.0: no regression, 1 with another output: exit 0\n";
    assert!(said.starts_with(verdict), "{said}");
    assert!(said.contains("the same ending, output and files: 0 "), "{said}");
    let change = "      - stdout: open a.txt -> success\n      + stdout: open a.txt -> acces\n";
    assert!(said.contains(change), "{said}");
    let again = checkout.output(&["compare", "before/run.json", "before/run.json"]);
    let said = String::from_utf8(again.stdout).unwrap();
    assert!(said.contains("the same ending, output and files: 1 "), "{said}");
}

#[test]
fn explain_shows_a_test_of_the_last_run() {
    let checkout = Checkout::with_fake("correct");
    checkout.write("tests/manifest.json", MANIFEST);
    run(&checkout, "1.2.3", &[]);
    for id in ["some_tests::a", "node::some_tests::a"] {
        let output = checkout.output(&["explain", id]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let shown = "\nnode 1.2.3: pass\n    exit 0\n    stdout:\n      open a.txt -> success\n";
        assert!(said.contains(shown), "{said}");
        assert!(said.contains("run --wasi-testsuite DIR"), "{said}");
    }
}
