//! Checks that a family declared complete has a case for each call of its group.

use std::collections::BTreeSet;

use super::schema::Group;
use super::{Family, FamilyFile};
use crate::case::Case;
use crate::support::diagnostics::Problem;

impl Group {
    /// The names of its calls, in the order of the specification.
    fn calls(self) -> impl Iterator<Item = &'static str> {
        let belongs = move |function: &&preview1::Function| match self {
            Group::Path => function.name.starts_with("path_"),
            Group::Fd => function.name.starts_with("fd_"),
            Group::Sock => function.name.starts_with("sock_"),
            Group::Result => !function.results.is_empty(),
        };
        preview1::FUNCTIONS.iter().filter(belongs).map(|function| function.name)
    }
}

/// The missing cases of families that are declared complete, and their invalid exceptions.
pub fn missing(files: &[FamilyFile], cases: &[Case]) -> Vec<Problem> {
    let ids: BTreeSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
    let mut problems = Vec::new();
    for file in files {
        for family in &file.families {
            let of_family = family.missing(&ids).into_iter();
            problems.extend(of_family.map(|(what, todo)| {
                let what = format!("family `{}`: {what}", family.wire.family);
                Problem::new(&file.path, family.line, what, todo)
            }));
        }
    }
    problems
}

impl Family {
    fn missing(&self, ids: &BTreeSet<&str>) -> Vec<(String, String)> {
        let wire = &self.wire;
        let name = &wire.family;
        let group: Vec<&str> = wire.complete.map_or_else(Vec::new, |group| group.calls().collect());
        // An instance with an id of its own belongs to its file's call or to the call that it spells out.
        let spells_out = |key: &str, args: &[String], call: &str| {
            let first = |text: &String| text.split_whitespace().next() == Some(call);
            key.split_once("::").is_some_and(|(file, _)| file == call || args.iter().any(first))
        };
        let has = |call: &str| {
            ids.contains(format!("{call}::{name}").as_str())
                || wire.calls.0.iter().any(|(key, of)| spells_out(key, &of.0.args.0, call))
        };
        let mut problems = Vec::new();
        for call in &group {
            if !has(call) && !wire.except.0.iter().any(|(known, _)| known == call) {
                let todo = "name the call in `calls`, or say in `except` why it has no such case";
                problems.push((format!("there is no `{call}::{name}`"), todo.to_owned()));
            }
        }
        for (call, reason) in &wire.except.0 {
            let what = if !group.contains(&call.as_str()) {
                "which is not one of the calls that the family must be complete for"
            } else if has(call) {
                "which has a case"
            } else if reason.trim().is_empty() {
                "and gives no reason"
            } else {
                continue;
            };
            problems
                .push((format!("`except` names `{call}`, {what}"), "correct or remove it".into()));
        }
        problems
    }
}
