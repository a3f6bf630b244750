//! `export`: what it writes is a suite, in which the runtimes do what they do in our own cases.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::{Checkout, FAKE_CASES, case, good_case};
use wasi_conformance::interop::export::Record;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::runtime::acquire::build::is_built;
use wasi_conformance::support::paths;
use wasi_conformance::verdict::judge::{Part, Verdict};

/// The real suite's program, with its results in a folder.
fn run(args: &[&str], out: &Path) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    let output = command.args(args).arg("--out").arg(out).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "{said}");
    Run::read(&out.join("run.json")).unwrap()
}

/// For each case on each runtime whether all parts are right that a test can look at. Cases that a
/// runtime cannot run are not there.
fn seen(run: &Run, id: impl Fn(&str) -> String) -> BTreeMap<(String, String), bool> {
    let ran = run.verdicts.iter().filter(|row| row.verdict != Verdict::Skip);
    ran.map(|row| {
        assert_ne!(row.verdict, Verdict::HarnessError, "{row:?}");
        let right = row.mismatches.iter().all(|mismatch| mismatch.part == Part::Tree);
        ((row.runtime.clone(), id(&row.case)), right)
    })
    .collect()
}

fn as_ours(test: &str) -> String {
    test.strip_prefix("wasi_conformance::").unwrap().replace('-', "::")
}

#[test]
fn exported_tests_have_the_verdicts_of_their_cases() {
    needs_node!();
    // Wasmtime is there if its runner was built, by the main job or by another test; to build it takes
    // minutes that this test does not have.
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    let runtimes = match is_built("wasmtime", harness, &paths::cache().unwrap()).unwrap() {
        true => "node,wasmtime",
        false => {
            eprintln!("SKIPPED on wasmtime: its runner is not built");
            "node"
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let suite = folder.path().join("suite");
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    assert!(program.arg("export").arg(&suite).stdout(Stdio::null()).status().unwrap().success());
    let of_cases = ["run", "-r", runtimes];
    let of_suite = [&of_cases[..], &["--suite", suite.to_str().unwrap()]].concat();
    let (out, other) = (folder.path().join("ours"), folder.path().join("theirs"));
    let of_ours = run(&of_cases, &out);
    let ours = seen(&of_ours, str::to_owned);
    let mut theirs = seen(&run(&of_suite, &other), as_ours);
    // What is recorded to differ from run to run may differ here.
    let unstable = of_ours.verdicts.iter().filter(|row| row.flaky);
    for row in unstable {
        theirs.remove(&(row.runtime.clone(), row.case.clone()));
    }
    let tests: BTreeSet<&String> = theirs.keys().map(|(_, case)| case).collect();
    assert!(tests.len() > 800, "{}", tests.len());
    type Seen = BTreeMap<(String, String), bool>;
    let differ = |ours: &Seen, theirs: &Seen| -> Vec<(String, String)> {
        theirs
            .iter()
            .filter(|(key, right)| ours[*key] != **right)
            .map(|(key, _)| key.clone())
            .collect()
    };
    let mut left = differ(&ours, &theirs);
    // What waits for a clock may be late on a machine that has much to do: such a case gets a second
    // chance, alone.
    assert!(left.len() < 20, "{left:?}");
    left.retain(|(_, case)| {
        let test = case.replace("::", "-");
        let ours = seen(&run(&[&of_cases[..], &["-f", case]].concat(), &out), str::to_owned);
        let theirs = seen(&run(&[&of_suite[..], &["-f", &test]].concat(), &other), as_ours);
        !differ(&ours, &theirs).is_empty()
    });
    assert_eq!(left, []);
    // Both answers are there, so the comparison shows something.
    assert!(theirs.values().any(|right| *right) && theirs.values().any(|right| !*right));
}

/// A checkout with one case of each kind.
fn checkout() -> Checkout {
    let checkout = Checkout::new();
    let more = |id: &str, more: &str| good_case(id) + &format!("    {more}\n");
    let cases = [
        case("renamed", "[open /data a.txt]", "open /data a.txt -> success\n"),
        more("changed", "fs_after: { b.txt: y }"),
        more("traps", "exit: trap"),
        more("far", "exit: 256"),
        more("read_only", "preopens: [{ guest: /data, host: ., read_only: true }]"),
        more("nothing", "preopens: []"),
        more("fed", "stdin: x"),
        case("below", "[open /data/a.txt]", ""),
    ];
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    checkout
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&output.stdout), text(&output.stderr))
}

fn record(checkout: &Checkout) -> Record {
    serde_yaml::from_str(&fs::read_to_string(checkout.path("out/export.yaml")).unwrap()).unwrap()
}

#[test]
fn what_does_not_fit_is_counted_and_listed() {
    let checkout = checkout();
    let output = checkout.output(&["export", "out"]);
    assert!(output.status.success(), "{}", said(&output));
    let record = record(&checkout);
    assert_eq!((record.tests, record.without_final_tree), (3, vec!["a::changed".to_owned()]));
    let mut left_out: Vec<(&str, &str)> = Vec::new();
    for entry in &record.left_out {
        left_out.extend(entry.cases.iter().map(|case| (case.as_str(), entry.reason.as_str())));
        let line = format!("{:6} {}\n", entry.cases.len(), entry.reason);
        assert!(said(&output).contains(&line), "{line}{}", said(&output));
    }
    left_out.sort();
    assert_eq!(
        left_out,
        [
            ("a::below", "it names its preopen where it cannot be renamed"),
            ("a::far", "its exit status is above 255, more than a process has"),
            ("a::fed", "its stdin has to end, and that of a test stays open"),
            ("a::read_only", "its preopen is read-only"),
            ("a::traps", "its guest does not end by exiting"),
        ]
    );
    let json = fs::read_to_string(checkout.path("out/a-renamed.json")).unwrap();
    assert_eq!(
        json,
        "{\n  \"args\": [\n    \"open / a.txt\"\n  ],\n  \"root\": \"a-renamed.root\",\n  \
         \"exit_code\": 0,\n  \"stdout\": \"open / a.txt -> success\\n\",\n  \"stderr\": \"\"\n}\n"
    );
    assert_eq!(fs::read(checkout.path("out/a-renamed.root/a.txt")).unwrap(), b"x");
    assert!(!checkout.path("out/a-nothing.root").exists());
    // One module under several names.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(fs::metadata(checkout.path("out/a-renamed.wasm")).unwrap().nlink(), 3);
}

#[test]
fn an_earlier_export_is_replaced_and_nothing_else() {
    let checkout = checkout();
    assert!(checkout.output(&["export", "out"]).status.success());
    checkout.write("out/a-gone.wasm", "left over");
    let output = checkout.output(&["export", "out", "--filter", "renamed"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!checkout.path("out/a-gone.wasm").exists());
    assert_eq!(record(&checkout).tests, 1);
    fs::create_dir(checkout.path("empty")).unwrap();
    assert!(checkout.output(&["export", "empty"]).status.success());
    for (folder, file, message) in [
        ("mine", "notes", "it is neither empty nor an earlier export"),
        ("odd", "export.yaml", "it is no export of ours: name another folder"),
        ("file/x", "", "Not a directory"),
    ] {
        checkout.write(&format!("{folder}/{file}").replace("file/x/", "file"), "text");
        let output = checkout.output(&["export", folder]);
        assert_eq!(output.status.code(), Some(2), "{folder}");
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    assert_eq!(fs::read(checkout.path("mine/notes")).unwrap(), b"text");
    let output = checkout.output(&["export", "none", "--filter", "traps"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("none of these cases fits"), "{}", said(&output));
    assert!(!checkout.path("none").exists());
    // Nothing is left of what was written on the way.
    let names = fs::read_dir(checkout.root()).unwrap().flatten();
    let hidden = names.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}
