//! `export`: which cases it writes as a wasi-testsuite directory, and what it replaces.

use std::fs;
use std::process::Output;

use wasi_conformance::interop::export::Manifest;

use crate::support::{Checkout, FAKE_CASES, case, good_case};

/// A checkout with one case of each kind.
fn checkout() -> Checkout {
    let checkout = Checkout::new();
    let more = |id: &str, more: &str| good_case(id) + &format!("    {more}\n");
    let cases = [
        case("renamed", "[open /data a.txt]", "open /data a.txt -> success\n"),
        more("changed", "fs_after: { b.txt: y }"),
        more("traps", "requires: [traps]\n    exit: trap"),
        more("far", "requires: [exit_statuses]\n    exit: 256"),
        more(
            "read_only",
            "requires: [read_only_preopens]\n    \
             preopens: [{ guest: /data, host: ., read_only: true }]",
        ),
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

fn manifest(checkout: &Checkout) -> Manifest {
    serde_yaml::from_str(&fs::read_to_string(checkout.path("out/export.yaml")).unwrap()).unwrap()
}

#[test]
fn cases_left_out_are_counted_and_listed_with_the_reason() {
    let checkout = checkout();
    let output = checkout.output(&["export", "out"]);
    assert!(output.status.success(), "{}", said(&output));
    let manifest = manifest(&checkout);
    assert_eq!((manifest.tests, manifest.without_final_tree), (3, vec!["a::changed".to_owned()]));
    let mut left_out: Vec<(&str, &str)> = Vec::new();
    for entry in &manifest.left_out {
        left_out.extend(entry.cases.iter().map(|case| (case.as_str(), entry.reason.as_str())));
        let line = format!("{:6} {}\n", entry.cases.len(), entry.reason);
        assert!(said(&output).contains(&line), "{line}{}", said(&output));
    }
    left_out.sort();
    assert_eq!(
        left_out,
        [
            ("a::below", "it names its preopen where the name cannot be replaced"),
            ("a::far", "its exit status is above 255, which a process cannot have"),
            ("a::fed", "its stdin must end, and the stdin of a test stays open"),
            ("a::read_only", "its preopen is read-only"),
            ("a::traps", "its guest does not exit by itself"),
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
    // Three names of one file.
    use std::os::unix::fs::MetadataExt;
    assert_eq!(fs::metadata(checkout.path("out/a-renamed.wasm")).unwrap().nlink(), 3);
}

#[test]
fn export_replaces_an_earlier_export_and_nothing_else() {
    let checkout = checkout();
    assert!(checkout.output(&["export", "out"]).status.success());
    assert!(checkout.path("out/a-nothing.wasm").exists());
    // What the user put there is not ours to remove.
    checkout.write("out/.git/HEAD", "ref: refs/heads/main");
    checkout.write("out/notes.md", "mine");
    let output = checkout.output(&["export", "out", "--filter", "renamed"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!checkout.path("out/a-nothing.wasm").exists());
    assert_eq!(manifest(&checkout).tests, 1);
    assert_eq!(fs::read(checkout.path("out/notes.md")).unwrap(), b"mine");
    assert!(checkout.path("out/.git/HEAD").exists());
    // A name that an export needs is the user's now.
    checkout.write("out/a-nothing.json", "mine");
    let output = checkout.output(&["export", "out"]);
    assert_eq!(output.status.code(), Some(2));
    let message = "a-nothing.json is in the way and not of an earlier export: move it";
    assert!(said(&output).contains(message), "{}", said(&output));
    assert_eq!(fs::read(checkout.path("out/a-nothing.json")).unwrap(), b"mine");
    assert!(checkout.path("out/a-renamed.wasm").exists());
    fs::create_dir(checkout.path("empty")).unwrap();
    assert!(checkout.output(&["export", "empty"]).status.success());
    for (directory, file, message) in [
        ("mine", "notes", "neither empty nor an earlier export"),
        ("odd", "export.yaml", "not an export: name another directory"),
        ("file/x", "", "Not a directory"),
    ] {
        checkout.write(&format!("{directory}/{file}").replace("file/x/", "file"), "text");
        let output = checkout.output(&["export", directory]);
        assert_eq!(output.status.code(), Some(2), "{directory}");
        assert!(said(&output).contains(message), "{}", said(&output));
    }
    assert_eq!(fs::read(checkout.path("mine/notes")).unwrap(), b"text");
    let output = checkout.output(&["export", "none", "--filter", "traps"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("none of these cases can be exported"), "{}", said(&output));
    assert!(!checkout.path("none").exists());
    // No temporary directory is left.
    let names = fs::read_dir(checkout.root()).unwrap().flatten();
    let hidden = names.filter(|entry| entry.file_name().to_string_lossy().starts_with('.'));
    assert_eq!(hidden.count(), 0);
}
