//! Causes and snapshots hold together: every difference has one cause, and every cause a difference.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use super::cause::claims;
use super::snapshot::SnapshotFile;
use super::{Divergences, Head, shown};
use crate::case::{Case, CaseSet, Level};
use crate::support::diagnostics::{Problem, Problems};

/// How many differences a message about one snapshot lists.
const MOST_LISTED: usize = 8;

/// Everything that is wrong. `file_of` is the runtime whose divergences apply to a family.
pub fn check(
    divergences: &Divergences,
    set: &CaseSet,
    file_of: impl Fn(&str) -> String,
) -> Problems {
    let cases: HashMap<&str, &Case> =
        set.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    let mut problems = Problems::default();
    let mut used: HashSet<(String, String)> = HashSet::new();
    // Two causes claim many differences alike, in many versions.
    let mut twice: BTreeMap<(String, usize, String), (Problem, usize)> = BTreeMap::new();
    for file in &divergences.snapshots.files {
        let snapshot = &file.snapshot;
        let name = file_of(&snapshot.runtime);
        let row = divergences.row(&snapshot.runtime, &name, &snapshot.version);
        used.extend(snapshot.flaky.keys().map(|id| (name.clone(), id.clone())));
        let mut unclaimed = Vec::new();
        for (id, difference) in &snapshot.differs {
            // A case that is gone says nothing any more.
            let Some(case) = cases.get(id.as_str()) else { continue };
            for (change, found) in difference.iter().zip(claims(&row.causes, case, difference)) {
                used.extend(found.iter().map(|cause| (name.clone(), cause.head.id.clone())));
                match found.as_slice() {
                    [_] => {}
                    [] if case.level == Level::May => {}
                    [] => unclaimed.push(format!("{id}: {}", change.to_lines().join(" | "))),
                    [one, other, ..] => {
                        let (a, b) = (&one.head, &other.head);
                        let key =
                            (a.source.file.display().to_string(), a.source.line, b.id.clone());
                        let problem = || {
                            Problem::new(
                                &a.source.file,
                                a.source.line,
                                format!(
                                    "`{}` and `{}` (line {}) both claim a difference of {id} in {}:\n{}",
                                    a.id,
                                    b.id,
                                    b.source.line,
                                    file_name(file),
                                    shown(std::slice::from_ref(change))
                                ),
                                "narrow `where` or `cases` of one of the two",
                            )
                        };
                        twice.entry(key).or_insert_with(|| (problem(), 0)).1 += 1;
                    }
                }
            }
        }
        if !unclaimed.is_empty() {
            problems.0.push(of_unclaimed(&file.path, &unclaimed));
        }
    }
    problems.0.extend(twice.into_values().map(|(mut problem, times)| {
        if times > 1 {
            problem.what.push_str(&format!("    and {} more", times - 1));
        }
        problem
    }));
    for (name, file) in &divergences.files {
        for head in file.heads() {
            if !used.contains(&(name.clone(), head.id.clone())) {
                let todo = "correct its `where`, `cases` or `versions`, or remove it";
                let what = format!("`{}` explains nothing in any snapshot", head.id);
                problems.0.push(of_head(head, what, todo));
            }
            if head.unfinished {
                let todo = "say which side is right and why the runtime differs, and link it";
                problems.0.push(of_head(head, format!("`{}` is unfinished", head.id), todo));
            }
        }
    }
    problems
}

fn of_head(head: &Head, what: String, todo: &str) -> Problem {
    Problem::new(&head.source.file, head.source.line, what, todo)
}

fn file_name(file: &SnapshotFile) -> String {
    file.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn of_unclaimed(path: &Path, lines: &[String]) -> Problem {
    let mut what = format!("no cause explains {} of its differences:", lines.len());
    for line in lines.iter().take(MOST_LISTED) {
        what.push_str(&format!("\n    {line}"));
    }
    if lines.len() > MOST_LISTED {
        what.push_str(&format!("\n    and {} more", lines.len() - MOST_LISTED));
    }
    Problem::new(path, None, what, "add causes: `wasi-conformance bless` proposes them")
}
