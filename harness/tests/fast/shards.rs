//! `run --shard` and `merge`: merged shards equal the whole run, and missing ones are named.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use wasi_conformance::results::run_file::Run;

use crate::support::{Checkout, FAKE_CASES, case, good_case, timeless};

/// A checkout with eleven cases: every other one fails on the fake runner.
fn checkout() -> Checkout {
    let checkout = Checkout::with_fake("correct");
    let cases: Vec<String> = (0..11)
        .map(|i| match i % 2 {
            0 => good_case(&format!("good_{i}")),
            _ => case(&format!("bad_{i}"), "[open, a.txt]", "open a.txt -> acces\n"),
        })
        .collect();
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    checkout
}

fn run_shard(checkout: &Checkout, shard: &str, more: &[&str]) -> Option<i32> {
    let out = format!("shards/{}", shard.replace('/', "-"));
    let args = [&["run", "-r", "node", "--shard", shard, "--out", &out], more].concat();
    checkout.output(&args).status.code()
}

fn read(checkout: &Checkout, file: &str) -> Run {
    Run::read(&checkout.path(file)).unwrap()
}

#[test]
fn merged_shards_equal_the_whole_run() {
    let checkout = checkout();
    assert_eq!(checkout.output(&["run", "-r", "node"]).status.code(), Some(1));
    let whole = checkout.run_file();
    for of in [1, 2, 3, 12] {
        let _ = fs::remove_dir_all(checkout.path("shards"));
        let mut ids = BTreeSet::new();
        let mut count = 0;
        for index in 1..=of {
            run_shard(&checkout, &format!("{index}/{of}"), &[]);
            let part = read(&checkout, &format!("shards/{index}-{of}/run.json"));
            assert!(part.complete);
            assert_eq!(part.runtimes.len(), 1);
            assert!(part.verdicts.len().abs_diff(11 / of) <= 1, "{} of 11", part.verdicts.len());
            count += part.verdicts.len();
            ids.extend(part.verdicts.into_iter().map(|row| row.case));
        }
        assert_eq!((ids.len(), count), (11, 11), "{of} shards");
        let merged = checkout.output(&["merge", "shards", "--out", "merged"]);
        assert_eq!(merged.status.code(), Some(1), "there are failures");
        assert_eq!(String::from_utf8_lossy(&merged.stderr), "");
        assert_eq!(timeless(&read(&checkout, "merged/run.json")), timeless(&whole));
    }
}

#[test]
fn a_missing_shard_makes_the_merged_run_incomplete() {
    let checkout = checkout();
    run_shard(&checkout, "1/3", &["-f", "good"]);
    run_shard(&checkout, "3/3", &["-f", "good"]);
    let output = checkout.output(&["merge", "shards", "--out", "merged"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("missing: shard 2/3 is not there (node)"), "{said}");
    assert!(!read(&checkout, "merged/run.json").complete);
    let report = fs::read_to_string(checkout.path("merged/report.md")).unwrap();
    assert!(report.contains("**Incomplete: shard 2/3 is not there (node).**"), "{report}");
    // The late shard completes the merged run.
    assert_eq!(run_shard(&checkout, "2/3", &["-f", "good"]), Some(0));
    let output = checkout.output(&["merge", "merged", "shards/2-3", "--out", "all"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(read(&checkout, "all/run.json").complete);
}

#[test]
fn an_empty_shard_is_not_an_error() {
    let checkout = checkout();
    assert_eq!(run_shard(&checkout, "2/2", &["-f", "good_0"]), Some(0));
    let part = read(&checkout, "shards/2-2/run.json");
    assert!(part.verdicts.is_empty() && part.complete && part.runtimes[0].unavailable.is_none());
    assert_eq!(run_shard(&checkout, "1/2", &["-f", "good_0"]), Some(0));
    let merged = checkout.output(&["merge", "shards", "--out", "merged"]);
    assert_eq!(merged.status.code(), Some(0));
    assert_eq!(read(&checkout, "merged/run.json").verdicts.len(), 1);
}

#[test]
fn merge_refuses_bad_input_and_writes_nothing() {
    let checkout = checkout();
    run_shard(&checkout, "1/2", &[]);
    let file = checkout.path("shards/1-2/run.json");
    let text = fs::read_to_string(&file).unwrap();
    let refused = |args: &[&str]| {
        let output = checkout.output(&[&["merge"], args, &["--out", "merged"]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(!checkout.path("merged").exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let of = |path: PathBuf| path.to_str().unwrap().to_owned();
    checkout.write("empty/none", "");
    assert_eq!(
        refused(&["empty"]),
        "error: empty: there is no run.json in it or below it: name the directory of a run\n"
    );
    assert!(refused(&["gone.json"]).contains("gone.json: cannot be read"));
    checkout.write("broken/run.json", &text[..text.len() / 2]);
    assert!(refused(&["shards", "broken"]).contains("broken/run.json: not a run file"));
    checkout.write(
        "other/run.json",
        text.replacen("\"pass\"", "\"fail\"", 1).replacen("started\": \"2", "started\": \"3", 1),
    );
    let said = refused(&[&of(file), "other/run.json"]);
    assert!(said.contains("node::a::good_0 is pass in one and fail in the other"), "{said}");
}
