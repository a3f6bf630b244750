//! The schemas of the program's output: they require every key and allow no other, and refuse everything
//! that the program refuses to read.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::Value;
use wasi_conformance::known::{Snapshot, Snapshots, snapshot_texts};
use wasi_conformance::results::run_file::Run;

use crate::support::{Checkout, FAKE_CASES, case, good_case};

fn schema(name: &str) -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(name);
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    jsonschema::validator_for(&schema).unwrap()
}

fn complaints(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

/// Copies of a value, each without one of its keys (at any depth) or with an additional key in one of
/// its maps. Maps whose keys are data are left alone.
fn spoiled(value: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut paths = vec![String::new()];
    while let Some(path) = paths.pop() {
        // The keys of these maps are data.
        let is_data = [
            "/sources",
            "/fs",
            "/fs_after",
            "/calls",
            "/tree_changes",
            "/stdin",
            "/differs",
            "/flaky",
            "/skipped",
        ]
        .iter()
        .any(|data| path.contains(data));
        match value.pointer(&path).unwrap() {
            Value::Object(map) if !is_data => {
                for key in map.keys() {
                    let mut without = value.clone();
                    let map = without.pointer_mut(&path).unwrap().as_object_mut().unwrap();
                    map.remove(key);
                    found.push((format!("{path} without {key}"), without));
                    paths.push(format!("{path}/{key}"));
                }
                let mut with = value.clone();
                let map = with.pointer_mut(&path).unwrap().as_object_mut().unwrap();
                map.insert("more".into(), 1.into());
                found.push((format!("{path} with more"), with));
            }
            Value::Array(list) => paths.extend((0..list.len()).map(|i| format!("{path}/{i}"))),
            _ => {}
        }
    }
    found
}

/// A run with a passing, a failing and a flaky case.
fn real_run() -> Value {
    let checkout = ran();
    let text = fs::read_to_string(checkout.path("target/wasi-conformance/run.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn real_snapshot() -> Value {
    let checkout = ran();
    assert_eq!(checkout.output(&["snapshot"]).status.code(), Some(0));
    let text = fs::read_to_string(checkout.path("expectations/snapshots/node-1.2.3.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn ran() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let cases = [
        good_case("fine"),
        case("wrong", "[wrong_errno]", "open missing -> noent\n"),
        case("sometimes", "[sometimes]", "open a.txt -> success\n"),
    ];
    checkout.write("expectations/a.yaml", FAKE_CASES.to_owned() + &cases.concat());
    checkout.output(&["run", "-r", "node", "-j", "1", "--repeat", "2"]);
    checkout
}

#[test]
fn the_run_schema_accepts_a_run_and_no_altered_one() {
    let schema = schema("reports/run.schema.json");
    let run = real_run();
    assert_eq!(complaints(&schema, &run), Vec::<String>::new());
    assert_eq!(run["verdicts"].as_array().unwrap().len(), 3);
    let spoiled = spoiled(&run);
    assert!(spoiled.len() > 100, "{}", spoiled.len());
    for (what, value) in spoiled {
        assert!(!schema.is_valid(&value), "the schema accepts a run{what}");
        // The program takes a missing key that may be null for null; it refuses unknown keys.
        let read = serde_json::from_value::<Run>(value);
        assert!(read.is_err() || what.contains(" without "), "the program reads a run{what}");
    }
}

#[test]
fn the_run_schema_refuses_wrong_words_and_numbers() {
    let schema = schema("reports/run.schema.json");
    let run = real_run();
    for (place, bad) in [
        ("/format", Value::from(2)),
        ("/started", "yesterday".into()),
        ("/verdicts/0/verdict", "good".into()),
        ("/verdicts/1/mismatches/0/part", "stdin".into()),
        ("/verdicts/0/observed/outcome/kind", "sleep".into()),
        ("/cases/0/level", "shall".into()),
        ("/cases/0/basis", "law".into()),
        ("/runtimes/0/repeats", 0.into()),
        ("/host/cpus", "2".into()),
    ] {
        let mut spoiled = run.clone();
        *spoiled.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = bad;
        assert!(!schema.is_valid(&spoiled), "{place}");
    }
}

#[test]
fn the_snapshot_schema_accepts_a_snapshot_and_no_altered_one() {
    let schema = schema("reports/snapshot.schema.json");
    let snapshot = real_snapshot();
    assert_eq!(complaints(&schema, &snapshot), Vec::<String>::new());
    assert!(snapshot["differs"].as_object().unwrap().contains_key("a::wrong"));
    for (what, value) in spoiled(&snapshot) {
        assert!(!schema.is_valid(&value), "{what}");
        assert!(Snapshot::parse(Path::new("x"), &value.to_string()).is_err(), "{what}");
    }
    let mut spoiled = snapshot.clone();
    *spoiled.pointer_mut("/differs/a::wrong/0/0").unwrap() = "open".into();
    assert!(!schema.is_valid(&spoiled));
    assert!(Snapshot::parse(Path::new("x"), &spoiled.to_string()).is_err());
}

#[test]
fn published_snapshots_fit_their_schema_and_are_as_small_as_the_program_writes_them() {
    let schema = schema("reports/snapshot.schema.json");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../expectations/snapshots");
    let all = Snapshots::read(&directory).unwrap();
    let texts = snapshot_texts(&directory, &all.files, &all.lists).unwrap();
    for (path, text) in &texts {
        if path.extension().is_some_and(|extension| extension == "json") {
            let value = serde_json::from_str(text).unwrap();
            assert_eq!(complaints(&schema, &value), Vec::<String>::new(), "{}", path.display());
        }
        let is_so = fs::read_to_string(path).unwrap() == *text;
        assert!(is_so, "{}: run `wasi-conformance bless`, which writes it shorter", path.display());
    }
    let total: usize = texts.values().map(String::len).sum();
    assert!(total < 2_000_000, "{total} bytes");
}

#[test]
fn a_snapshot_based_on_another_is_complete_once_read() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../expectations/snapshots");
    let all = Snapshots::read(&directory).unwrap();
    let is_based = |path: &Path| fs::read_to_string(path).unwrap().contains("\"based_on\"");
    let based: Vec<_> = all.files.iter().filter(|file| is_based(&file.path)).collect();
    assert!(based.len() > 10, "{}", based.len());
    for file in &based {
        let alone = Snapshots::read_file(&file.path).unwrap();
        assert_eq!(alone.files[0].snapshot, file.snapshot, "{}", file.path.display());
        assert_eq!(alone.lists.get(&file.snapshot.cases), all.lists.get(&file.snapshot.cases));
    }
    // Copied without the one that it is based on, or with another of that name.
    let other = tempfile::tempdir().unwrap();
    let copy = other.path().join(based[0].path.file_name().unwrap());
    fs::copy(&based[0].path, &copy).unwrap();
    let error = Snapshots::read_file(&copy).unwrap_err().to_string();
    assert!(error.contains("which is not beside it"), "{error}");
    let text = fs::read_to_string(&copy).unwrap();
    let base: Value = serde_json::from_str(&text).unwrap();
    let name = base["based_on"]["file"].as_str().unwrap();
    fs::copy(directory.join("jco-0.26.1.json"), other.path().join(name)).unwrap();
    let error = Snapshots::read_file(&copy).unwrap_err().to_string();
    assert!(error.contains(&format!("{name}, which it is based on, was changed")), "{error}");
    fs::write(other.path().join(name), text).unwrap();
    let error = Snapshots::read_file(&copy).unwrap_err().to_string();
    assert!(error.contains("it is based on itself"), "{error}");
}
