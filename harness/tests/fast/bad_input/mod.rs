//! Mistakes in files and arguments: exit status 2, and a message with the place, the problem and the
//! fix.

mod divergences;
mod runtimes;
mod usage;

use self::divergences::{CAUSE, assert_divergences_refused};
use self::runtimes::{ENTRY, assert_entries_refused};
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

#[test]
fn a_consistent_checkout_is_accepted() {
    let checkout = Checkout::new();
    checkout.write("expectations/divergences/node.yaml", "runtime: node\ncauses: []\n");
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
        &CAUSE.replace("kind", "sort"),
        "5: causes[0]: unknown field `sort`, expected one of `id`, `versions`, `applies_to`, `kind`, \
         `why`, `link`, `cases`, `where`, `consequences`\n    docs/reference/divergences.md describes every key",
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
        "  - { id: y, text: z, basis: wasi, untested: none can }\n  - { id: y, text: z, basis: wasi }\n",
        "6: rule `y` is defined twice\n    rename one of them",
    );
    refused(
        "  - { id: Y, text: z, basis: wasi }\n",
        "5: rule `Y`: its id has other characters than a-z, 0-9 and _\n    rename it",
    );
    refused(
        "  - { id: y, text: '', basis: wasi }\n",
        "5: rule `y`: it says nothing\n    say in one sentence what must hold",
    );
    refused(
        "  - { id: y, text: z, basis: wasi, spec: http://a.b }\n",
        "5: rule `y`: spec `http://a.b` is not an https link\n    link the rule's source",
    );
    refused(
        "  - { id: y, text: z, basis: wasi, level: perhaps }\n",
        "5: rules[0].level: unknown variant `perhaps`, expected one of `must`, `should`, `may`\n    \
         docs/reference/cases.md describes every key",
    );
    refused(
        "  - { id: y, text: z, basis: wasi, untested: '' }\n",
        "5: rule `y`: its `untested` is empty\n    say why no case can prove it",
    );
    refused(
        "  - { id: y, text: z, basis: wasi }\n",
        "5: no case proves the rule `b.y`\n    write one, or say why there can be none (`untested`)",
    );
    refused(
        "  - { id: y, text: z, basis: wasi, untested: none can }\ncases:\n  - { id: c, rules: [y] }\n",
        "5: the rule `b.y` says that it is untested, but a case proves it\n    remove its `untested`",
    );
    refused(
        "  - { id: y, text: z }\n",
        "5: rule `y`: it has no `basis`\n    say who says so: `wasi`, `posix` or `practice`",
    );
    refused(
        "  - { id: y, text: z, basis: posic }\n",
        "5: rule `y`: there is no basis `posic`\n    did you mean `posix`? A basis is `wasi`, `posix` or `practice`",
    );
    refused(
        "  - { id: y, text: z, basis: practise }\n  - id: a\n    text: z\n    basis: practise\n",
        "5: rule `y`: there is no basis `practise`\n    \
         did you mean `practice`? A basis is `wasi`, `posix` or `practice`\n\
         $ROOT/expectations/b.yaml:8: rule `a`: there is no basis `practise`\n    \
         did you mean `practice`? A basis is `wasi`, `posix` or `practice`",
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

/// Each costs a few hundred KB to write, and more memory or time to read than there is.
#[test]
fn bombs_are_refused() {
    let list = |item: &str, count: usize| vec![item; count].join(",");
    let lines = |text: &str| 11 + text.lines().count();
    for (text, what, todo) in [
        (
            format!("    args: [&a {}, {}]\n", "x".repeat(200_000), list("*a", 20_000)),
            "its aliases stand for more than 64 MB",
            "write less, or split the file",
        ),
        (
            format!("    args: [&a x]\n    env: {}{}\n", "[".repeat(200_000), "]".repeat(200_000)),
            "more than 1000 brackets are open",
            "close them, or nest less",
        ),
    ] {
        assert_case_refused(&text, &format!("{}: {what}\n    {todo}", lines(&text)));
    }
    let checkout = Checkout::new();
    checkout.write("expectations/a.yaml", "# more\n".repeat(3 << 20));
    let large = "$ROOT/expectations/a.yaml: is too large: 22020096 bytes, and the limit is 16777216\n    \
                 split it into several files";
    assert_refused(&checkout, &["check"], large);
    checkout.write("mine.yaml", format!("runtimes: {}", "[".repeat(200_000)));
    let deep = "mine.yaml:1: more than 1000 brackets are open\n    close them, or nest less";
    assert_refused(&checkout, &["runtimes", "--runtimes-file", "mine.yaml"], deep);
}
