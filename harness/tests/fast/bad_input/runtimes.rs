//! Mistakes in the entries of runtimes.

use super::assert_refused;
use crate::support::Checkout;

/// A file of entries for `--runtimes-file` is refused.
#[track_caller]
pub(super) fn assert_entries_refused(entries: &str, message: &str) {
    let checkout = Checkout::new();
    checkout.write("mine.yaml", entries);
    let args = ["run", "--runtimes-file", "mine.yaml"];
    assert_refused(&checkout, &args, &format!("mine.yaml:{message}"));
}

pub(super) const ENTRY: &str = r#"runtimes:
  - name: mine
    kind: command
    binary: mine
    version: { args: [], pattern: '(.*)' }
    run: ["{dirs}", "{env}", "{wasm}", "{args}"]
    dir: ["{guest}"]
    env: []
    trap: { status: 134 }
    missing_capabilities: [{ capability: read_only_preopens, reason: it knows no rights }]
"#;

#[test]
fn bad_command_line_runtimes_are_refused() {
    for (good, bad, message) in [
        ("\"{dirs}\", ", "", "`run` has no argument `{dirs}`\n    add it where it belongs"),
        ("\"{wasm}\", ", "", "`run` has no `{wasm}`\n    add it where the module's path belongs"),
        ("(.*)", ".*", "`.*` has no group\n    put the part that is the version in parentheses"),
        (
            "    missing_capabilities: [{ capability: read_only_preopens, reason: it knows no rights }]\n",
            "",
            "there is no `read_only_dir`\n    \
             add it, or declare `read_only_preopens` in `missing_capabilities`",
        ),
        (
            "\"{guest}\"",
            "",
            "`dir` has no `{guest}`\n    \
             add it, or declare `named_preopens` in `missing_capabilities`",
        ),
    ] {
        let message = format!("2: runtime `mine`: {message}");
        assert_entries_refused(&ENTRY.replace(good, bad), &message);
    }
    let checkout = Checkout::new();
    assert_refused(
        &checkout,
        &["runtimes", "--runtimes-file", "gone.yaml"],
        "gone.yaml: cannot be read: No such file or directory (os error 2)\n    \
         check the path and its permissions",
    );
    checkout.write("mine.yaml", ENTRY.replace("mine", "node"));
    assert_refused(
        &checkout,
        &["runtimes", "--runtimes-file", "mine.yaml"],
        "mine.yaml: there is already a runtime called `node`: choose another name",
    );
}
