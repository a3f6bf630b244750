//! `run --suite`: mistakes in directories in the layout of wasi-testsuite.

use crate::support::{Checkout, EMPTY_MODULE};

const MANIFEST: &str = r#"{ "name": "Some tests" }"#;

fn checkout() -> Checkout {
    let checkout = Checkout::new();
    checkout.write("suite/manifest.json", MANIFEST);
    checkout
}

#[track_caller]
fn assert_refused(checkout: &Checkout, message: &str) {
    let output = checkout.output(&["run", "--wasi-testsuite", "suite", "-r", "node"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.replace(checkout.path("suite").to_str().unwrap(), "$SUITE");
    assert_eq!(said.trim_end(), format!("error: {message}"));
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn mistakes_in_a_suite_are_refused() {
    let checkout = checkout();
    checkout.write("suite/a.wasm", EMPTY_MODULE);
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
        checkout.write("suite/a.json", json);
        assert_refused(&checkout, &format!("$SUITE/a.json{message}\n    {help}"));
    }
    checkout.write("suite/a.json", r#"{ "root": "gone" }"#);
    assert_refused(
        &checkout,
        "$SUITE/a.json:1: `root`: there is no folder `gone` beside the test\n    \
         make it or correct the name",
    );
    checkout.write("suite/a.json", "{}");
    checkout.write("suite/b.json", "{}");
    assert_refused(
        &checkout,
        "$SUITE/b.json: there is no `b.wasm` beside it\n    build the test or remove the file",
    );
    checkout.remove("suite/b.json");
    checkout.write("suite/a.wasm", "text");
    assert_refused(&checkout, "$SUITE/a.wasm: not a WebAssembly module\n    build the test again");
    checkout.write("suite/manifest.json", r#"{ "nam": "x" }"#);
    let message = "$SUITE/manifest.json:1: unknown field `nam`, expected `name` or `version`";
    assert_refused(&checkout, &format!("{message}\n    {help}"));
    checkout.write("suite/manifest.json", MANIFEST);
    checkout.remove("suite/a.wasm");
    checkout.remove("suite/a.json");
    assert_refused(
        &checkout,
        "$SUITE: no test found: no `.wasm` file\n    \
         build the suite, or name the folder that holds the built tests",
    );
}
