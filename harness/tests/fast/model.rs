//! The model of preview 1 rests on the rules in `expectations/`, and on all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;
use wasi_conformance::case;

/// The beginnings of files whose rules are not about calls of preview 1: libraries, and preview 2.
const OTHER: [&str; 3] = ["c_", "p2_", "std_"];

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().into()
}

/// Whatever looks like the id of a rule in these files of the model.
fn rules_in(is_meant: impl Fn(&Path) -> bool) -> BTreeSet<String> {
    let id = Regex::new(r#""([a-z0-9_]+\.[a-z0-9_]+)""#).unwrap();
    let sources = checkout().join("harness/model/src");
    let files = WalkDir::new(sources).into_iter().map(|entry| entry.unwrap().into_path());
    let texts = files.filter(|path| path.is_file() && is_meant(path)).map(|path| {
        let text = fs::read_to_string(path).unwrap();
        id.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>()
    });
    texts.flatten().collect()
}

#[test]
fn every_rule_of_preview_1_has_a_branch_of_the_model_or_a_reason_for_none() {
    let root = checkout();
    let cases = case::load(&root.join("expectations"), &root.join("guests/prebuilt")).unwrap();
    let rules: BTreeSet<String> = cases
        .rules
        .into_iter()
        .map(|rule| rule.id)
        .filter(|id| !OTHER.iter().any(|start| id.starts_with(start)))
        .collect();
    let is_list = |path: &Path| path.ends_with("uncited.rs");
    let cited = rules_in(|path| !is_list(path) && !path.ends_with("tests.rs"));
    let uncited = rules_in(is_list);
    let both: Vec<_> = cited.intersection(&uncited).collect();
    assert!(both.is_empty(), "cited by branches, and said not to be: {both:?}");
    let named: BTreeSet<String> = cited.union(&uncited).cloned().collect();
    let unknown: Vec<_> = named.difference(&rules).collect();
    assert!(unknown.is_empty(), "the model names rules that do not exist: {unknown:?}");
    let missing: Vec<_> = rules.difference(&named).collect();
    assert!(missing.is_empty(), "cite these in a branch or list them in uncited.rs: {missing:?}");
}
