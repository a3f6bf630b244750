//! The model allows what the cases of `rust-calls` expect, and not the same with one line changed.

use std::collections::BTreeSet;
use std::path::Path;

use wasi_conformance::case::{self, Case, Level};
use wasi_conformance::known::Snapshots;
use wasi_conformance::modelled::{self, Output};

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let set = case::load(&root.join("expectations"), &root.join("guests/prebuilt")).unwrap();
    set.cases.into_iter().filter(modelled::covers).collect()
}

#[test]
fn every_expected_result_is_allowed() {
    let of_case = |case: &Case| -> Vec<String> {
        modelled::refused(case).iter().map(|why| format!("{}: {why}", case.id)).collect()
    };
    let refused: Vec<String> = cases().iter().flat_map(of_case).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Otherwise the case asks for more than its rules, or the model for less.
#[test]
fn what_a_runtime_must_not_do_is_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let snapshots = Snapshots::read(&root.join("expectations/snapshots")).unwrap();
    let (mut refused, mut allowed) = (0, Vec::new());
    for case in cases().iter().filter(|case| case.level == Level::Must) {
        for file in &snapshots.files {
            let Some(difference) = file.snapshot.differs.get(&case.id) else { continue };
            let Some(output) = modelled::of_difference(case, difference) else { continue };
            match modelled::check(case, &output) {
                Ok(Ok(_)) => allowed.push(format!("{} on {}", case.id, file.path.display())),
                _ => refused += 1,
            }
        }
    }
    assert!(allowed.is_empty(), "the model allows\n{}", allowed.join("\n"));
    assert!(refused > 5000, "{refused}");
}

/// Of so many corruptions, one is checked.
const ONE_OF: usize = 41;

/// Lines that are longer take too long to corrupt.
const LONGEST: usize = 1000;

#[test]
fn a_corrupted_line_is_refused() {
    let (mut place, mut checked, mut allowed) = (0, 0, Vec::new());
    for case in &cases() {
        let expected = modelled::expected(case);
        let is_allowed = |output: &&Output| modelled::check(case, output).is_ok_and(|r| r.is_ok());
        let Some(output) = expected.iter().find(is_allowed) else { continue };
        let lines: Vec<&str> = output.stdout.split_inclusive('\n').collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.len() < LONGEST) {
            for corrupted in corruptions(line) {
                let mut lines = lines.clone();
                lines[number] = &corrupted;
                let stdout = lines.concat();
                place += 1;
                if place % ONE_OF != 0 || expected.iter().any(|other| other.stdout == stdout) {
                    continue;
                }
                checked += 1;
                let corrupt = Output { stdout, ..output.clone() };
                if let Ok(all) = modelled::check(case, &corrupt).unwrap() {
                    let rules: BTreeSet<&str> = all.into_iter().flat_map(|it| it.rules).collect();
                    assert!(!rules.is_empty(), "{}: {corrupted}", case.id);
                    allowed.push(format!("{}: {} by {rules:?}", case.id, corrupted.trim_end()));
                }
            }
        }
    }
    println!("{} of {checked} corruptions are refused", checked - allowed.len());
    assert!(checked > 3000, "{checked}");
    assert!(allowed.len() * 100 <= checked, "of {checked}:\n{}", allowed.join("\n"));
}

/// The line of a statement with another result.
fn corruptions(line: &str) -> Vec<String> {
    let Some((call, result)) = line.trim_end_matches('\n').rsplit_once(" -> ") else {
        return vec![];
    };
    let mut results = Vec::new();
    for errno in preview1::ERRNO.cases {
        results.push(errno.to_string());
    }
    // Each number, one more and one less.
    let mut start = 0;
    while let Some(at) = result[start..].find(|c: char| c.is_ascii_digit()) {
        let at = start + at;
        let end = result[at..].find(|c: char| !c.is_ascii_digit()).map_or(result.len(), |e| at + e);
        let is_word = at > 0 && result[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if let (Ok(number), false) = (result[at..end].parse::<u64>(), is_word) {
            for other in
                [number.wrapping_add(1), number.wrapping_sub(1), number.wrapping_mul(10) ^ 3]
            {
                results.push(format!("{}{other}{}", &result[..at], &result[end..]));
            }
        }
        start = end;
    }
    // Each letter of a text.
    if let (Some(open), Some(close)) = (result.find('"'), result.rfind('"')) {
        for at in open + 1..close {
            if result.as_bytes()[at].is_ascii_alphabetic() && result.as_bytes()[at - 1] != b'\\' {
                results.push(format!("{}#{}", &result[..at], &result[at + 1..]));
            }
        }
    }
    results.retain(|other| other != result);
    results.into_iter().map(|result| format!("{call} -> {result}\n")).collect()
}
