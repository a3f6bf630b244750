//! The run file has every field of a case: the guest's input, the expectation, and its source.

use runner_kit::Outcome;
use serde_json::{Value, json};
use wasi_conformance::case::Basis;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, EMPTY_MODULE, FAKE_CASES, case, verdict_of};

const CASES: &str = "  - id: fine
    rules: [x]
    requires: [read_only_preopens, traps]
    tags: [core]
    guest: c-fake
    args: [open, a.txt]
    env: [A=1]
    stdin: { hex: ff }
    fs: { d/a.txt: x }
    preopens: [{ guest: /, host: d, read_only: true }]
    stdout: { any_of: [one, two] }
    exit: trap
    fs_after: { d/a.txt: absent, b.txt: new }
  - { id: later, rules: [x], guest: fake, args: [open, a.txt] }
";

fn checkout() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{CASES}"));
    checkout.write("guests/prebuilt/c-fake.wasm", EMPTY_MODULE);
    checkout.write("guests/c/fake.c", "\nstatic void open(void) {}\n");
    checkout.write("guests/c/other.c", "static void other(void) {}\n");
    checkout
}

#[test]
fn the_run_file_holds_every_field_of_a_case() {
    let checkout = checkout();
    checkout.output(&["run", "-r", "node"]);
    let run = checkout.run_file();
    let expected = json!({
        "id": "a::fine", "area": "path", "level": "must", "basis": "wasi", "title": "It holds.",
        "rules": ["a.x"], "spec": "https://example.org", "guest": "c-fake",
        "requires": ["read_only_preopens", "named_preopens", "traps"], "tags": ["core"],
        "args": ["open", "a.txt"], "env": ["A=1"], "stdin": { "hex": "ff" },
        "socket": null, "timeout": null,
        "preopens": [{ "guest": "/", "host": "d", "read_only": true }],
        "fs": { "d/": {}, "d/a.txt": "x" },
        "exit": "trap", "stdout": ["one", "two"], "stderr": [""],
        "fs_after": { "d/": {}, "b.txt": "new" },
        "source": "expectations/a.yaml:7", "guest_sources": ["guests/c/fake.c:2"],
    });
    assert_eq!(serde_json::to_value(&run.cases[0]).unwrap(), expected);
    assert_eq!(
        run.sources.into_iter().collect::<Vec<_>>(),
        [("guests/c/fake.c".to_owned(), "\nstatic void open(void) {}\n".to_owned())]
    );
}

#[test]
fn a_run_says_on_which_basis_its_cases_were_selected() {
    let checkout = checkout();
    checkout.output(&["run", "-r", "node", "--basis", "wasi"]);
    let run = checkout.run_file();
    assert_eq!(run.filters, ["basis:wasi"]);
    assert!(!run.cases.is_empty() && run.cases.iter().all(|case| case.basis == Basis::Wasi));
}

#[test]
fn results_name_no_directory_of_this_machine() {
    let checkout = Checkout::with_fake("correct");
    let case = case("names", "[name_directories]", "in /data\n");
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{case}"));
    checkout.output(&["run", "-r", "node"]);
    let run = checkout.run_file();
    let row = verdict_of(&run.verdicts, "a::names");
    assert_eq!(row.verdict, Verdict::Fail);
    let observed = row.observed.as_ref().unwrap();
    assert_eq!(observed.stdout, "in {work}/root\n");
    let message = "guests/prebuilt/fake.wasm in {work}/root".to_owned();
    assert_eq!(observed.outcome, Outcome::Trap { message });
    let root = checkout.path("");
    let scratch = wasi_conformance::support::paths::scratch().join("wasi-conformance-");
    for entry in std::fs::read_dir(checkout.path("target/wasi-conformance")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for hidden in [root.to_str().unwrap(), scratch.to_str().unwrap()] {
            assert!(!text.contains(hidden), "{} has {hidden}", path.display());
        }
    }
}

#[test]
fn reports_are_written_beside_the_run_file() {
    let checkout = checkout();
    let said = checkout.output(&["run", "-r", "node"]).stdout;
    let said = String::from_utf8(said).unwrap();
    let page = std::fs::read(checkout.path("target/wasi-conformance/report.html")).unwrap();
    assert!(page.starts_with(b"<!doctype html>"));
    assert!(
        said.contains("run.json and, beside it, report.html, report.md, comment.md, junit.xml"),
        "{said}"
    );
    // `report` makes the same page from the run file.
    let again = checkout.output(&["report", "--format", "html"]);
    assert!(again.stdout == page, "{}", String::from_utf8_lossy(&again.stderr));
    let nowhere = checkout.output(&["report", "--format", "html", "--baseline", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
    let said = String::from_utf8(nowhere.stderr).unwrap();
    assert!(said.contains("nowhere: cannot be read"), "{said}");
}

#[test]
fn list_as_json_equals_the_cases_of_the_run_file() {
    let checkout = checkout();
    let listed = checkout.output(&["list", "--json"]);
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    checkout.output(&["run", "-r", "node"]);
    assert_eq!(listed, serde_json::to_value(&checkout.run_file().cases).unwrap());
}
