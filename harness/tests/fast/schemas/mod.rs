//! The JSON Schemas for editors, and the loaders: both accept every file that we ship, and a schema
//! refuses everything that its loader refuses. (Except for mistakes that no schema can detect, such as
//! a duplicate id or a missing guest.)

mod registry;

use std::path::{Path, PathBuf};

use jsonschema::{Registry, Validator};
use serde_json::Value;
use wasi_conformance::case;
use wasi_conformance::known;
use wasi_conformance::support::diagnostics;

use crate::support::{Checkout, FAKE_CASES, good_case};

const CASES: &str = "expectations/schema.json";
const DIVERGENCES: &str = "expectations/divergences/schema.json";
const FAMILIES: &str = "expectations/families/schema.json";
const ENTRIES: &str = "harness/runners/registry.schema.json";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read_schema(name: &str) -> Value {
    let schema =
        serde_json::from_str(&diagnostics::read(&repository().join(name)).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    schema
}

/// A schema of this repository. The schema of divergences refers to the schema of cases by its relative
/// path, so both are registered under made-up addresses.
fn schema(name: &str) -> Validator {
    let address = |name: &str| format!("https://example.org/{name}");
    let registry = Registry::new().add(address(CASES), read_schema(CASES)).unwrap();
    let registry = registry.prepare().unwrap();
    let options = jsonschema::options().with_registry(&registry);
    options.with_base_uri(address(name)).build(&read_schema(name)).unwrap()
}

/// The errors that a schema finds in a YAML text.
fn complaints(schema: &Validator, text: &str) -> Vec<String> {
    let value: Value = serde_yaml::from_str(text).unwrap();
    schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn assert_files_fit(schema: &Validator, files: &[PathBuf]) {
    for file in files {
        let complaints = complaints(schema, &diagnostics::read(file).unwrap());
        assert!(complaints.is_empty(), "{}: {}", file.display(), complaints.join("\n"));
    }
}

/// Both refuse the text after `head`, and both accept `good` in its place.
fn assert_agree(
    schema: &Validator,
    head: &str,
    good: &str,
    bad: &[&str],
    refused: impl Fn(&str) -> Option<String>,
) {
    let text = format!("{head}{good}");
    assert_eq!(refused(&text), None, "{text}");
    assert_eq!(complaints(schema, &text), Vec::<String>::new(), "{text}");
    for bad in bad {
        let text = format!("{head}{bad}");
        assert!(refused(&text).is_some(), "the loader accepts\n{text}");
        assert!(!complaints(schema, &text).is_empty(), "the schema accepts\n{text}");
    }
}

/// The error of the loader of cases, if it refuses the file.
fn cases_refused(text: &str) -> Option<String> {
    let checkout = Checkout::new();
    checkout.write("expectations/a.yaml", text);
    let (cases, guests) = (checkout.path("expectations"), checkout.path("guests/prebuilt"));
    case::load(&cases, &guests).err().map(|e| e.to_string())
}

/// The error of the loader of divergences, if it refuses the file. There is one case, `a::fine`.
fn divergences_refused(text: &str) -> Option<String> {
    let checkout = Checkout::new();
    let (cases, guests) = (checkout.path("expectations"), checkout.path("guests/prebuilt"));
    let library = case::load(&cases, &guests).unwrap();
    checkout.write("expectations/divergences/node.yaml", text);
    known::load(&cases.join("divergences"), &library).err().map(|e| e.to_string())
}

/// The error of the loader of families, if it refuses the file. The calls `a` and `b` have files.
fn families_refused(text: &str) -> Option<String> {
    let checkout = Checkout::new();
    checkout.write("expectations/b.yaml", format!("{FAKE_CASES}{}", good_case("fine")));
    checkout.write("expectations/families/all.yaml", text);
    let (cases, guests) = (checkout.path("expectations"), checkout.path("guests/prebuilt"));
    case::load(&cases, &guests).err().map(|e| e.to_string())
}

#[test]
fn every_shipped_file_fits_its_schema() {
    let expectations = repository().join("expectations");
    let cases = diagnostics::files_in(&expectations).unwrap();
    assert!(!cases.is_empty());
    assert_files_fit(&schema(CASES), &cases);
    let families = diagnostics::files_in(&expectations.join("families")).unwrap();
    assert_files_fit(&schema(FAMILIES), &families);
    let divergences = diagnostics::files_in(&expectations.join("divergences")).unwrap();
    assert_files_fit(&schema(DIVERGENCES), &divergences);
    let registry = repository().join("harness/runners/registry.yaml");
    assert_files_fit(&schema(ENTRIES), &[registry]);
}

#[test]
fn schema_and_loader_agree_on_case_files() {
    assert_agree(
        &schema(CASES),
        "",
        "{ area: fd, spec: https://a.b, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
        &[
            "[]",
            "{ spec: https://a.b, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fd, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fd, spec: https://a.b, guest: fake }",
            "{ area: fd, spec: https://a.b, guest: fake, cases: [] }",
            "{ area: wasi-testsuite, spec: https://a.b, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fs, spec: https://a.b, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fd, spec: http://a.b, guest: fake, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fd, spec: https://a.b, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
            "{ area: fd, spec: https://a.b, guest: fake, more: 1, rules: [{ id: x, text: y, basis: wasi }], cases: [{ id: a, rules: [x] }] }",
        ],
        cases_refused,
    );
}

#[test]
fn schema_and_loader_agree_on_cases() {
    let head = format!("{FAKE_CASES}  - id: first\n    rules: [x]\n");
    assert_agree(
        &schema(CASES),
        &head,
        r#"
    title: It shows this.
    requires: [read_only_preopens, traps, symlinks, file_times]
    tags: [core, sandbox]
    guest: fake
    args: [a]
    env: [A=b=c]
    stdin: { hex: 00 ff }
    preopens: [{ guest: /, host: ., read_only: true }, { guest: d, host: d }]
    fs:
      d/: { mode: 0o755, mtime: 1, atime: 2 }
      d/.e: text
      f: { size: 3 }
      g: { hard_link: f }
      h: { symlink: ../x }
    stdout: { any_of: [a, b] }
    stderr: text
    exit: trap
    fs_after:
      d/.e: absent
      f: { hex: "0 0", mode: 0o600 }
"#,
        &[
            "    unknown: 1\n",
            "    title: ' '\n",
            "    requires: traps\n",
            "    requires: [fly]\n",
            "    requires: [traps, traps]\n    exit: trap\n",
            "    tags: [cores]\n",
            "    tags: [core, core]\n",
            "    args: text\n",
            "    args: [a]\n    transcript: [a -> b]\n",
            "    stdout: a\n    transcript: [a -> b]\n",
            "    transcript: [a]\n",
            "    transcript: [{ call: a }]\n",
            "    transcript: [{ call: a, any_of: [b] }]\n",
            "    transcript: [{ call: a, any_of: [b, c], more: 1 }]\n",
            "    env: [A]\n",
            "    env: [=a]\n",
            "    env: { A: b }\n",
            "    stdin: 5\n",
            "    stdin: { hex: 0 }\n",
            "    stdin: { hex: xy }\n",
            "    stdin: { hex: +1 }\n",
            "    stdin: { size: -1 }\n",
            "    stdin: { hex: '00', size: 1 }\n",
            "    stdin: {}\n",
            "    preopens: [{ guest: / }]\n",
            "    preopens: [{ guest: /, host: ., read_only: maybe }]\n",
            "    preopens: [{ guest: /, host: ., more: 1 }]\n",
            "    stdout: 5\n",
            "    stdout: { any_of: [a] }\n",
            "    exit: true\n",
            "    exit: -1\n",
            "    exit: 4294967296\n",
            "    exit: 1.5\n",
            "    exit: killed\n",
            "    fs: { a: absent }\n",
            "    fs: []\n",
        ],
        cases_refused,
    );
    for (id, rule) in [
        ("''", "x"),
        ("A", "x"),
        ("a-b", "x"),
        ("a::b", "x"),
        ("a", "' '"),
        ("a", ""),
        ("a", "x, x"),
    ] {
        let text = format!("  - id: {id}\n    rules: [{rule}]\n");
        assert_agree(
            &schema(CASES),
            FAKE_CASES,
            "  - { id: a, rules: [x] }\n",
            &[text.as_str()],
            cases_refused,
        );
    }
}

#[test]
fn schema_and_loader_agree_on_families() {
    let good = r#"
  - family: one
    rules: [x]
    title: It does {what}.
    tags: [core]
    requires: [traps]
    stdin: text
    fs: { f: text, d/: {} }
    with: { what: this, before: [a -> 1, b -> 2] }
    transcript:
      - "{before}"
      - "{call} -> {result}"
      - { call: "{function} {args}", any_of: [c, d] }
    result: { any_of: [e, f] }
    exit: trap
    fs_after: { f: absent }
    calls:
      a:
      b: { args: [x, y], result: g, with: { what: that }, fs: { f: absent, g: text }, fs_after: { f: new } }
      b::three: 7
      a::two: some arguments
"#;
    let bad: Vec<String> = [
        ("family: one", "family: One"),
        ("family: one", "family: one\n    guest: fake"),
        ("family: one", "family: one\n    complete: everything"),
        ("rules: [x]", "rules: [x, x]"),
        ("title: It does {what}.", "title: ' '"),
        ("d/: {}", "d: absent"),
        ("what: this", "args: this"),
        ("- \"{before}\"", "- before"),
        ("any_of: [c, d]", "any_of: [c]"),
        ("exit: trap", "exit: killed"),
        ("a:\n", "a: { argz: x }\n"),
        ("some arguments", "true"),
        ("a::two", "A::two"),
    ]
    .map(|(good_part, bad)| {
        assert!(good.contains(good_part), "{good_part}");
        good.replacen(good_part, bad, 1)
    })
    .to_vec();
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    assert_agree(&schema(FAMILIES), "families:\n", good, &bad, families_refused);
}

#[test]
fn schema_and_loader_agree_on_trees() {
    let head = format!(
        "{FAKE_CASES}  - id: first\n    rules: [x]\n    fs: {{ gone/: {{}} }}\n    fs_after:\n"
    );
    assert_agree(
        &schema(CASES),
        &head,
        "      a: text\n      b/c/: {}\n      ..d: text\n      gone/: absent\n",
        &[
            "      a: 5\n",
            "      a: {}\n",
            "      a: { mode: 0o644 }\n",
            "      a: { content: x, size: 1 }\n",
            "      a: { content: x, mode: 0o10000 }\n",
            "      a: { content: x, mtime: -1 }\n",
            "      a: { content: x, colour: red }\n",
            "      a: { symlink: x, mode: 0o600 }\n",
            "      a/: text\n",
            "      a/: { content: x }\n",
            "      a/: { symlink: x }\n",
            "      /a: text\n",
            "      '': text\n",
            "      /: {}\n",
            "      ../a: text\n",
            "      a/../b: text\n",
            "      ./a: text\n",
            "      a//b: text\n",
            "      .: text\n",
            "      a/..: text\n",
        ],
        cases_refused,
    );
}

#[test]
fn schema_and_loader_agree_on_causes() {
    let cause = |keys: &str| {
        format!(
            "  - {{ id: it-is-wrong, versions: '>=1', kind: bug, why: x, link: https://a.b, {keys} }}\n"
        )
    };
    let good = cause("cases: [a::fine]");
    let bad = [
        cause(""),
        cause("cases: []"),
        cause("cases: [a fine]"),
        cause("where: {}"),
        cause("where: { exits: 1 }"),
        cause("where: { part: canary }"),
        cause("where: { call: [] }"),
        cause("cases: [a::fine], consequences: true"),
        cause("cases: [a::fine], observed: { exit: 1 }"),
        good.replace("versions: '>=1', ", ""),
        good.replace(">=1", " "),
        good.replace("kind: bug", "kind: flaw"),
        good.replace("why: x", "why: ' '"),
        good.replace("https", "http"),
        good.replace("it-is-wrong", "It_is"),
    ];
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    let head = "runtime: node\ncauses:\n";
    assert_agree(&schema(DIVERGENCES), head, &good, &bad, divergences_refused);
    for more in [
        "where: { rule: x, call: [a, b], expected: success, observed: badf, exit: 1, part: stdout }",
        "where: { stdout_ends: x, exit: [1, trap] }, consequences: true",
        "cases: 'a::*', applies_to: node",
    ] {
        assert_agree(&schema(DIVERGENCES), head, &cause(more), &[], divergences_refused);
    }
    assert_agree(
        &schema(DIVERGENCES),
        "",
        "{ runtime: node, causes: [] }",
        &["{ runtime: node }", "{ causes: [] }", "{ runtime: '', causes: [] }"],
        divergences_refused,
    );
}

#[test]
fn schema_and_loader_agree_on_what_is_flaky() {
    let flaky = |keys: &str| {
        format!(
            "  - {{ id: it-varies, versions: '>=1', kind: bug, why: x, link: https://a.b, {keys} }}\n"
        )
    };
    let good = flaky("cases: [a::fine], part: stdout, line: 1, values: [1, x*]");
    let bad = [
        flaky("part: stdout, values: [x]"),
        flaky("cases: [a::fine], values: [x]"),
        flaky("cases: [a::fine], part: stdout"),
        flaky("cases: [a::fine], part: canary, values: [x]"),
        flaky("cases: [a::fine], part: stdout, values: []"),
        flaky("cases: [a::fine], part: stdout, values: [x], matches: x"),
        flaky("cases: [a::fine], part: stdout, line: 0, values: [x]"),
    ];
    let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
    let head = "runtime: node\ncauses: []\nflaky:\n";
    assert_agree(&schema(DIVERGENCES), head, &good, &bad, divergences_refused);
    let whole = flaky("cases: 'a::*', part: stderr, matches: '.*'");
    assert_agree(&schema(DIVERGENCES), head, &whole, &[], divergences_refused);
}
