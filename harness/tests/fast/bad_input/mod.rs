//! Mistakes in files and arguments: exit status 2, and a message with the place, the problem and the
//! fix.

mod usage;

use crate::support::{Checkout, EMPTY_MODULE, FAKE_CASES, good_case};

/// The program fails with exactly this message. `$ROOT` stands for the checkout.
#[track_caller]
fn assert_refused(checkout: &Checkout, args: &[&str], message: &str) {
    let output = checkout.output(args);
    let said = String::from_utf8(output.stderr).unwrap();
    let said = said.replace(checkout.root().to_str().unwrap(), "$ROOT");
    assert_eq!(said.trim_end(), format!("error: {message}"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

/// `check` refuses a file of cases with these lines below a good case.
#[track_caller]
fn assert_case_refused(lines: &str, message: &str) {
    let checkout = Checkout::new();
    // Six lines of file and five of case stand above.
    checkout.append("expectations/a.yaml", lines);
    assert_refused(&checkout, &["check"], &format!("$ROOT/expectations/a.yaml:{message}"));
}

/// `check` refuses this file of divergences.
#[track_caller]
fn assert_divergences_refused(divergences: &str, message: &str) {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", divergences);
    let message = format!("$ROOT/expectations/divergences/node.yaml:{message}");
    assert_refused(&checkout, &["check"], &message);
}

/// A file of entries for `--runtimes-file` is refused.
#[track_caller]
fn assert_entries_refused(entries: &str, message: &str) {
    let checkout = Checkout::new();
    checkout.write("mine.yaml", entries);
    let args = ["run", "--runtimes-file", "mine.yaml"];
    assert_refused(&checkout, &args, &format!("mine.yaml:{message}"));
}

const DIVERGENCE: &str = r#"runtime: node
divergences:
  - case: a::fine
    versions: ">=20"
    kind: bug
    reason: It is wrong.
    link: https://a.b
    observed: { exit: 1 }
"#;

const GROUP: &str = r#"runtime: node
groups:
  - versions: '>=20'
    kind: bug
    reason: It is wrong.
    link: https://a.b
    cases:
      a::fine: { exit: 1 }
"#;

const ENTRY: &str = r#"runtimes:
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
fn a_consistent_checkout_is_accepted() {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", DIVERGENCE);
    let output = checkout.output(&["check"]);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn unknown_keys_are_refused() {
    assert_case_refused(
        "    argz: [x]\n",
        "12: cases[0]: unknown field `argz`, expected one of `id`, `rules`, `title`, \
         `guest`, `requires`, `tags`, `args`, `transcript`, `env`, `stdin`, `socket`, `timeout`, `preopens`, `fs`, `stdout`, \
         `stderr`, `exit`, `fs_after`\n    docs/reference/cases.md describes every key",
    );
    assert_divergences_refused(
        &DIVERGENCE.replace("kind", "sort"),
        "5: divergences[0]: unknown field `sort`, expected one of `case`, `versions`, `applies_to`, `kind`, \
         `reason`, `link`, `observed`, `flaky`\n    docs/reference/divergences.md describes every key",
    );
    assert_entries_refused(
        &ENTRY.replace("{ args", "{ argz"),
        "5: runtimes[0].version: unknown field `argz`, expected one of `args`, `pattern`, `package`\n    \
         docs/reference/registry.md describes every key",
    );
}

#[test]
fn wrong_types_are_refused() {
    for (line, message) in [
        (
            "exit: true",
            "exit: invalid type: boolean `true`, expected an exit status from 0 to 4294967295, or `trap`",
        ),
        (
            "exit: -1",
            "exit: invalid type: integer `-1`, expected an exit status from 0 to 4294967295, or `trap`",
        ),
        ("env: 5", "env: invalid type: integer `5`, expected a sequence"),
        ("stderr: 5", "stderr: invalid type: integer `5`, expected a text, or a map with `any_of`"),
        (
            "stderr: { any_of: [x] }",
            "stderr: `any_of` needs at least two alternatives; write a single one plainly",
        ),
        ("stdin: { hex: 0 }", "stdin: `0` is not pairs of hexadecimal digits"),
        (
            "fs_after: { b/: text }",
            "fs_after: `b/` is a directory (it ends in `/`), so it cannot have a text",
        ),
        (
            "fs_after: { b: {} }",
            "fs_after: `b` has no kind: end the name in `/` for a directory, or give `content`, `hex`, `size`, `symlink` or `hard_link`",
        ),
        (
            "fs_after: { ../b: text }",
            "fs_after: `../b` must be a relative path without empty parts, `.` or `..`",
        ),
        (
            "transcript: [call]",
            "transcript[0]: `call` has no ` -> result`: write what the call must give",
        ),
    ] {
        let message =
            format!("12: cases[0].{message}\n    docs/reference/cases.md describes every key");
        assert_case_refused(&format!("    {line}\n"), &message);
    }
}

#[test]
fn inconsistent_cases_are_refused() {
    for (lines, message) in [
        (good_case("fine"), "`fine` is defined twice (first on line 7)\n    rename one of them"),
        (
            good_case("Fine"),
            "`Fine`: its id has other characters than a-z, 0-9 and _\n    rename it",
        ),
        (
            "  - { id: other, rules: [x], guest: gone }\n".into(),
            "`other`: there is no guest `gone`\n    known guests: fake",
        ),
        (
            "  - { id: other, rules: [] }\n".into(),
            "`other`: it names no rule\n    name the rules that it proves (`rules`)",
        ),
        (
            "  - { id: other, rules: [y] }\n".into(),
            "`other`: there is no rule `y`\n    did you mean `a.x`? Else add it to `rules`",
        ),
        (
            "  - { id: other, rules: [x, a.x] }\n".into(),
            "`other`: it names the rule `a.x` twice\n    name it once",
        ),
        (
            "  - { id: other, rules: [x], title: ' ' }\n".into(),
            "`other`: its `title` is empty\n    say what it adds to its rules, or leave it out",
        ),
        (
            "  - { id: other, rules: [x], env: [A] }\n".into(),
            "`other`: env entry `A` has no `NAME=`\n    write it as NAME=value",
        ),
        (
            "  - { id: other, rules: [x], args: [], transcript: [a -> b] }\n".into(),
            "`other`: `transcript` already gives the arguments and the stdout\n    \
             remove `args` and `stdout`, or the transcript",
        ),
        (
            "  - { id: other, rules: [x], timeout: 0 }\n".into(),
            "`other`: timeout `0` is no time\n    write it in seconds, more than 0",
        ),
        (
            "  - { id: other, rules: [x], preopens: [{ guest: /, host: d }] }\n".into(),
            "`other`: preopen `/`: `d` is not a directory of `fs`\n    add `d/: {}` to `fs`",
        ),
        (
            "  - { id: other, rules: [x], preopens: [{ guest: /, host: .. }] }\n".into(),
            "`other`: preopen `/`: `..` is not a directory of `fs`\n    add `../: {}` to `fs`",
        ),
        (
            "  - { id: other, rules: [x], fs: { a: absent } }\n".into(),
            "`other`: `fs` says that `a` is absent\n    just leave it out",
        ),
        (
            "  - { id: other, rules: [x], fs: { a: x, a/b: y } }\n".into(),
            "`other`: `a` is not a directory but `a/b` is in it\n    fix `fs`",
        ),
        (
            "  - { id: other, rules: [x], fs: { a: { hard_link: b } } }\n".into(),
            "`other`: hard link `a`: `b` is not a file of `fs`\n    fix `fs`",
        ),
        (
            "  - { id: other, rules: [x], fs_after: { a: absent } }\n".into(),
            "`other`: `fs_after` says that `a` is absent, and `fs` does not have it\n    \
             leave it out: what is not named must not be there",
        ),
    ] {
        assert_case_refused(&lines, &format!("12: case {message}"));
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let checkout = Checkout::new();
    let wrong = "  - { id: x, rules: [] }\n  - { id: y, rules: [] }\n";
    checkout.append("expectations/a.yaml", wrong);
    checkout.write("expectations/b.yaml", format!("{FAKE_CASES}{wrong}"));
    let lines = [("a", 12, "x"), ("a", 13, "y"), ("b", 7, "x"), ("b", 8, "y")];
    let each = lines.map(|(file, line, case)| {
        format!(
            "$ROOT/expectations/{file}.yaml:{line}: case `{case}`: it names no rule\n    \
             name the rules that it proves (`rules`)"
        )
    });
    assert_refused(&checkout, &["check"], &each.join("\n"));
}

/// An unreadable file may define the rules that other files name.
#[test]
fn unreadable_files_are_reported_before_anything_else() {
    let checkout = Checkout::new();
    checkout.append("expectations/a.yaml", "  - { id: x, rules: [b.x] }\n");
    checkout.write("expectations/b.yaml", "areas: fd\n");
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/b.yaml:1: unknown field `areas`, expected one of `area`, `spec`, `guest`, \
         `requires`, `tags`, `rules`, `cases`\n    \
         docs/reference/cases.md describes every key",
    );
}

#[test]
fn inconsistent_rules_are_refused() {
    let checkout = Checkout::new();
    let refused = |rules: &str, message: &str| {
        let text = format!("area: fd\nspec: https://a.b\nguest: fake\nrules:\n{rules}");
        checkout.write("expectations/b.yaml", text);
        assert_refused(&checkout, &["check"], &format!("$ROOT/expectations/b.yaml:{message}"));
    };
    refused(
        "  - { id: y, text: z, untested: none can }\n  - { id: y, text: z }\n",
        "6: rule `y` is defined twice\n    rename one of them",
    );
    refused(
        "  - { id: Y, text: z }\n",
        "5: rule `Y`: its id has other characters than a-z, 0-9 and _\n    rename it",
    );
    refused(
        "  - { id: y, text: '' }\n",
        "5: rule `y`: it says nothing\n    say in one sentence what must hold",
    );
    refused(
        "  - { id: y, text: z, spec: http://a.b }\n",
        "5: rule `y`: spec `http://a.b` is not an https link\n    link the rule's source",
    );
    refused(
        "  - { id: y, text: z, level: perhaps }\n",
        "5: rules[0].level: unknown variant `perhaps`, expected one of `must`, `should`, `may`\n    \
         docs/reference/cases.md describes every key",
    );
    refused(
        "  - { id: y, text: z, untested: '' }\n",
        "5: rule `y`: its `untested` is empty\n    say why no case can prove it",
    );
    refused(
        "  - { id: y, text: z }\n",
        "5: no case proves the rule `b.y`\n    write one, or say why there can be none (`untested`)",
    );
    refused(
        "  - { id: y, text: z, untested: none can }\ncases:\n  - { id: c, rules: [y] }\n",
        "5: the rule `b.y` says that it is untested, but a case proves it\n    remove its `untested`",
    );
}

#[test]
fn malformed_case_files_are_refused() {
    let checkout = Checkout::new();
    let refused = |text: &str, message: &str| {
        checkout.write("expectations/a.yaml", text);
        assert_refused(&checkout, &["check"], &format!("$ROOT/expectations/a.yaml{message}"));
    };
    refused("", ":1: missing field `area`\n    docs/reference/cases.md describes every key");
    refused(
        "area: fd\nspec: https://a.b\ncases: []\n",
        ": has no cases\n    add one or remove the file",
    );
    refused(
        &FAKE_CASES
            .replace("path", "wasi-testsuite")
            .replace("cases:", "cases: [{ id: a, rules: [x] }]"),
        ":1: the area `wasi-testsuite` is for the tests of wasi-testsuite directories\n    \
         choose the area of the functions that are tested",
    );
    checkout.write("expectations/a.yaml", b"area: \xff");
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/a.yaml: cannot be read: stream did not contain valid UTF-8\n    \
         check the path and its permissions",
    );
    checkout.remove("expectations/a.yaml");
    assert_refused(
        &checkout,
        &["run"],
        "$ROOT/expectations: no case found\n    \
         name the directory of the .yaml files of cases (`--expectations`)",
    );
    checkout.write("expectations/a.yml", "");
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/a.yml: ends in `.yml`\n    rename it to end in `.yaml`",
    );
    checkout.remove("expectations/a.yml");
    checkout.write("expectations/A-b.yaml", FAKE_CASES);
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/A-b.yaml: the file's name has other characters than a-z, 0-9 and _, \
         and ids begin with it\n    rename it",
    );
}

#[test]
fn unused_and_malformed_guests_are_refused() {
    let checkout = Checkout::new();
    checkout.write("guests/prebuilt/lonely.wasm", EMPTY_MODULE);
    assert_refused(
        &checkout,
        &["run"],
        "$ROOT/guests/prebuilt/lonely.wasm: no case uses the guest `lonely`\n    \
         write a case for it or remove it",
    );
    let todo = "    rebuild it with `cargo xtask guests`";
    for text in [&b""[..], b"(module)", b"\0asm\x02\0\0\0"] {
        checkout.write("guests/prebuilt/lonely.wasm", text);
        let message =
            format!("$ROOT/guests/prebuilt/lonely.wasm: not a WebAssembly module\n{todo}");
        assert_refused(&checkout, &["check"], &message);
    }
    checkout.remove("guests/prebuilt/lonely.wasm");
    checkout.write("guests/prebuilt/fake.wasm", b"\0asm\x0d\0\x01\0");
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/a.yaml:7: case `fine`: the guest `fake` is a component, and the area `path` is of \
         preview 1\n    name another guest, or an area that begins with `wasi:`",
    );
}

#[test]
fn a_guest_that_is_not_as_it_was_built_is_refused() {
    let checkout = Checkout::new();
    let right = "93a44bbb96c751218e4c00d479e4c14358122a389acca16205b1e4d0dc5f9476";
    let provenance =
        |sha256: &str| format!(r#"{{ "guests": {{ "fake": {{ "sha256": "{sha256}" }} }} }}"#);
    checkout.write("guests/prebuilt/provenance.json", provenance(right));
    assert!(checkout.output(&["check"]).status.success());
    checkout.write("guests/prebuilt/provenance.json", provenance(&right.replace('9', "8")));
    assert_refused(
        &checkout,
        &["run"],
        "$ROOT/guests/prebuilt/fake.wasm: damaged: it is not the file that provenance.json describes\n    \
         restore it, or rebuild it with `cargo xtask guests`",
    );
    checkout.write("guests/prebuilt/provenance.json", "{\n}");
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/guests/prebuilt/provenance.json:2: not the provenance of guests: missing field `guests` at \
         line 2 column 1\n    restore it",
    );
}

#[test]
fn bad_divergences_are_refused() {
    assert_divergences_refused(
        &DIVERGENCE.replace("a::fine", "a::gone"),
        "3: no case is called `a::gone`\n    see `wasi-conformance list`, or remove it",
    );
    for reason in ["''", "'TODO: which side is right'"] {
        assert_divergences_refused(
            &DIVERGENCE.replace("It is wrong.", reason),
            "3: `a::fine`: the reason is still to be filled in\n    \
             say which side is right and why the runtime differs",
        );
    }
    assert_divergences_refused(
        &DIVERGENCE.replace(">=20", "soon"),
        "3: `a::fine`: versions `soon` is not a range\n    write it as `>=48, <50`",
    );
    assert_divergences_refused(
        &DIVERGENCE.replace("https://a.b", "bugs"),
        "3: `a::fine`: the link is not an https link\n    \
         link the upstream issue, or the line of its source",
    );
    assert_divergences_refused(
        &DIVERGENCE.replace("{ exit: 1 }", "{ fs_after: { a: absent } }"),
        "3: `a::fine`: `a` is absent, and the case's `fs` does not have it\n    \
         leave it out: what is not named is not there",
    );
    for both_or_none in ["    observed: { exit: 1 }\n    flaky: true\n", ""] {
        assert_divergences_refused(
            &DIVERGENCE.replace("    observed: { exit: 1 }\n", both_or_none),
            "3: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        );
    }
    assert_divergences_refused(
        &DIVERGENCE.replace("runtime: node", "runtime: deno"),
        "1: runtime `deno` is not the file's name\n    \
         one file per runtime: rename one of the two",
    );
    let divergence = DIVERGENCE.split_once("divergences:\n").unwrap().1;
    assert_divergences_refused(
        &format!("{DIVERGENCE}{divergence}"),
        "9: `a::fine` has two divergences for the same versions (first on line 3)\n    \
         merge the two, or bound their `versions`",
    );
}

/// Each error names a line: that of the case, or that of the group's `versions`.
#[test]
fn bad_groups_of_divergences_are_refused() {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", GROUP);
    assert_eq!(checkout.output(&["check"]).status.code(), Some(0));
    let case = "      a::fine: { exit: 1 }\n";
    for (good, bad, message) in [
        (
            "a::fine",
            "a::other",
            "8: no case is called `a::other`\n    see `wasi-conformance list`, or remove it",
        ),
        (
            "'>=20'",
            "new",
            "3: the group: versions `new` is not a range\n    write it as `>=48, <50`",
        ),
        (
            "It is wrong.",
            "'TODO: which side'",
            "3: the group: the reason is still to be filled in\n    \
             say which side is right and why the runtime differs",
        ),
        (
            "https",
            "http",
            "3: the group: the link is not an https link\n    \
             link the upstream issue, or the line of its source",
        ),
        (
            "{ exit: 1 }",
            "{}",
            "8: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        ),
        (
            "{ exit: 1 }",
            "{ exit: 1, flaky: true }",
            "8: `a::fine`: it needs either `observed` or `flaky: true`\n    \
             write down what comes out, or that it differs from run to run",
        ),
        (
            "{ exit: 1 }",
            "{ fs_after: { x: absent } }",
            "8: `a::fine`: `x` is absent, and the case's `fs` does not have it\n    \
             leave it out: what is not named is not there",
        ),
        (
            "{ exit: 1 }",
            "{ output: x }",
            "8: groups[0].cases.a::fine: unknown field `output`, expected one of `exit`, `stdout`, \
             `stderr`, `fs_after`, `flaky`\n    docs/reference/divergences.md describes every key",
        ),
        (case, "      {}\n", "3: the group: it has no cases\n    name the cases, or remove it"),
        (
            case,
            "      - a::fine\n",
            "8: groups[0].cases: invalid type: sequence, expected a map from the ids of cases to \
             what is observed\n    docs/reference/divergences.md describes every key",
        ),
        (
            "    reason: It is wrong.\n",
            "",
            "3: groups[0]: missing field `reason`\n    docs/reference/divergences.md describes every key",
        ),
    ] {
        assert!(GROUP.contains(good), "{good}");
        assert_divergences_refused(&GROUP.replace(good, bad), message);
    }
    assert_divergences_refused(
        "runtime: node\n",
        " it has neither `divergences` nor `groups`\n    docs/reference/divergences.md describes every key",
    );
}

#[test]
fn a_case_recorded_twice_is_refused() {
    let twice = |line: usize, first: usize| {
        format!(
            "{line}: `a::fine` has two divergences for the same versions (first on line {first})\n    \
             merge the two, or bound their `versions`"
        )
    };
    let case = "      a::fine: { exit: 1 }\n";
    // In one group, in two groups, and in a divergence and a group.
    assert_divergences_refused(&format!("{GROUP}{case}"), &twice(9, 8));
    let group = GROUP.split_once("groups:\n").unwrap().1;
    assert_divergences_refused(&format!("{GROUP}{group}"), &twice(14, 8));
    let groups = GROUP.split_once("runtime: node\n").unwrap().1;
    assert_divergences_refused(&format!("{DIVERGENCE}{groups}"), &twice(15, 3));
    let checkout = Checkout::new();
    let other_versions = groups.replace(">=20", "<20");
    checkout.write("expectations/divergences/node.yaml", format!("{DIVERGENCE}{other_versions}"));
    assert_eq!(checkout.output(&["check"]).status.code(), Some(0));
}

#[test]
fn divergences_of_an_unknown_runtime_are_refused() {
    let checkout = Checkout::new();
    let divergences = DIVERGENCE.replace("runtime: node", "runtime: mine");
    checkout.write("expectations/divergences/mine.yaml", divergences);
    assert_refused(
        &checkout,
        &["check"],
        "$ROOT/expectations/divergences/mine.yaml: there is no runtime `mine`, so these \
         divergences apply to nothing\n    rename the file and its `runtime`, or name the file of its entry \
         (--runtimes-file)",
    );
    checkout.write("mine.yaml", ENTRY);
    let output = checkout.output(&["check", "--runtimes-file", "mine.yaml"]);
    assert_eq!(output.status.code(), Some(0));
}

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
