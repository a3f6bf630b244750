//! Loads the files of divergences and checks them against the cases.

use std::collections::HashMap;
use std::path::Path;

use semver::VersionReq;

use super::schema::{WireDivergence, WireDivergences, WireGroup, WireObserved};
use super::{Divergence, DivergenceKind, Divergences, UNFINISHED_REASON};
use crate::case::{self, Case, CaseSet, Expect, Files, Source, gone_but_never_there, overlay};
use crate::support::diagnostics::{self, Lines, Problem, Problems};
use crate::support::directories::Directories;

const HELP: &str = "docs/reference/divergences.md describes every key";

/// The JSON Schema of a file of divergences, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(WireDivergences).to_value()
}

/// Loads all cases and divergences, checked against each other.
pub fn load_with_cases(directories: &Directories) -> Result<(CaseSet, Divergences), Problems> {
    let cases = case::load(&directories.expectations, &directories.guests)?;
    let divergences = load(&directories.divergences(), &cases)?;
    Ok((cases, divergences))
}

/// Loads the divergences of all runtimes and checks them against the cases.
pub fn load(directory: &Path, set: &CaseSet) -> Result<Divergences, Problems> {
    let mut problems = Problems::default();
    let mut divergences = Divergences::default();
    if !directory.exists() {
        return Ok(divergences);
    }
    let cases: Cases = set.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    for path in diagnostics::files_in(directory)? {
        match load_file(&path, &cases) {
            Ok((runtime, found)) => {
                divergences.by_runtime.insert(runtime, found);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.into_result()?;
    Ok(divergences)
}

/// By id.
type Cases<'a> = HashMap<&'a str, &'a Case>;

fn load_file(path: &Path, cases: &Cases) -> Result<(String, Vec<Divergence>), Problems> {
    let text = diagnostics::read(path)?;
    let file: WireDivergences = diagnostics::parse(path, &text, HELP)?;
    let mut reading =
        Reading { path, text: &text, cases, found: Vec::new(), problems: Problems::default() };
    if path.file_stem().is_some_and(|stem| stem != file.runtime.as_str()) {
        reading.refuse(
            diagnostics::line_of(&text, "runtime", &file.runtime),
            format!("runtime `{}` is not the file's name", file.runtime),
            "one file per runtime: rename one of the two",
        );
    }
    if file.divergences.is_none() && file.groups.is_none() {
        reading.refuse(None, "it has neither `divergences` nor `groups`".into(), HELP);
    }
    reading.divergences(file.divergences.unwrap_or_default());
    reading.groups(file.groups.unwrap_or_default());
    reading.problems.into_result()?;
    Ok((file.runtime, reading.found))
}

/// A file of divergences, as far as it is read.
struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    cases: &'a Cases<'a>,
    found: Vec<Divergence>,
    problems: Problems,
}

/// What is wrong, and what to do.
type Mistake = (String, String);

fn mistake<T>(what: String, todo: &str) -> Result<T, Mistake> {
    Err((what, todo.to_owned()))
}

/// Everything about a divergence but its case and what was observed.
struct Why {
    versions: VersionReq,
    applies_to: Option<String>,
    kind: DivergenceKind,
    reason: String,
    link: String,
}

impl<'a> Reading<'a> {
    fn refuse(&mut self, line: Option<usize>, what: String, todo: &str) {
        self.problems.0.push(Problem::new(self.path, line, what, todo));
    }

    fn divergences(&mut self, wires: Vec<WireDivergence>) {
        let mut lines = self.lines_of("divergences");
        for wire in wires {
            let line = lines.find("case", &wire.case);
            let name = format!("`{}`", wire.case);
            let divergence = self.case(&wire.case).and_then(|case| {
                let why = why(
                    &name,
                    &wire.versions,
                    wire.applies_to,
                    wire.kind,
                    &wire.reason,
                    &wire.link,
                )?;
                let observed = observed(&name, case, wire.observed, wire.flaky)?;
                Ok(self.divergence(case, &why, observed, line))
            });
            self.add(divergence, line);
        }
    }

    fn groups(&mut self, wires: Vec<WireGroup>) {
        let mut lines = self.lines_of("groups");
        for wire in wires {
            // The keys of a group may stand in any order.
            let mut heads = lines.clone();
            let line = heads.find("versions", &wire.versions);
            if wire.cases.0.is_empty() {
                self.refuse(
                    line,
                    "the group: it has no cases".into(),
                    "name the cases, or remove it",
                );
            }
            let name = "the group";
            let why =
                why(name, &wire.versions, wire.applies_to, wire.kind, &wire.reason, &wire.link);
            let why = why.map_err(|(what, todo)| self.refuse(line, what, &todo));
            for (id, of_group) in wire.cases.0 {
                let line = lines.find_key(&id);
                let Ok(why) = &why else { continue };
                let divergence = self.case(&id).and_then(|case| {
                    let (seen, flaky) = of_group.split();
                    let observed = observed(&format!("`{id}`"), case, seen, flaky)?;
                    Ok(self.divergence(case, why, observed, line))
                });
                self.add(divergence, line);
            }
            if heads.last() > lines.last() {
                lines = heads;
            }
        }
    }

    /// The lines below a key of the file.
    fn lines_of(&self, key: &str) -> Lines<'a> {
        Lines::below(self.text, diagnostics::line_of_key(self.text, key).unwrap_or(0))
    }

    fn case(&self, id: &str) -> Result<&'a Case, Mistake> {
        match self.cases.get(id) {
            Some(case) => Ok(case),
            None => mistake(
                format!("no case is called `{id}`"),
                "see `wasi-conformance list`, or remove it",
            ),
        }
    }

    fn divergence(
        &self,
        case: &Case,
        why: &Why,
        observed: Option<Expect>,
        line: Option<usize>,
    ) -> Divergence {
        Divergence {
            case: case.id.clone(),
            versions: why.versions.clone(),
            applies_to: why.applies_to.clone(),
            kind: why.kind,
            reason: why.reason.clone(),
            link: why.link.clone(),
            observed,
            source: Source { file: self.path.into(), line: line.unwrap_or(1) },
        }
    }

    fn add(&mut self, divergence: Result<Divergence, Mistake>, line: Option<usize>) {
        let divergence = match divergence {
            Ok(divergence) => divergence,
            Err((what, todo)) => return self.refuse(line, what, &todo),
        };
        // Ranges cannot be intersected in general; equal ones are the mistake that people make.
        let said = |d: &Divergence| (d.case.clone(), d.versions.clone(), d.applies_to.clone());
        let same = |d: &&Divergence| said(d) == said(&divergence);
        if let Some(first) = self.found.iter().find(same) {
            let what = format!(
                "`{}` has two divergences for the same versions (first on line {})",
                first.case, first.source.line
            );
            self.refuse(line, what, "merge the two, or bound their `versions`");
        }
        self.found.push(divergence);
    }
}

fn why(
    name: &str,
    versions: &str,
    applies_to: Option<String>,
    kind: DivergenceKind,
    reason: &str,
    link: &str,
) -> Result<Why, Mistake> {
    let Ok(range) = VersionReq::parse(versions) else {
        return mistake(
            format!("{name}: versions `{versions}` is not a range"),
            "write it as `>=48, <50`",
        );
    };
    let reason = reason.trim();
    if reason.is_empty() || reason.starts_with(UNFINISHED_REASON) {
        return mistake(
            format!("{name}: the reason is still to be filled in"),
            "say which side is right and why the runtime differs",
        );
    }
    if !link.starts_with("https://") {
        return mistake(
            format!("{name}: the link is not an https link"),
            "link the upstream issue, or the line of its source",
        );
    }
    Ok(Why { versions: range, applies_to, kind, reason: reason.to_owned(), link: link.to_owned() })
}

/// The expectation with what was observed in its place; nothing if that differs from run to run.
fn observed(
    name: &str,
    case: &Case,
    wire: Option<WireObserved>,
    flaky: bool,
) -> Result<Option<Expect>, Mistake> {
    if wire.is_some() == flaky {
        return mistake(
            format!("{name}: it needs either `observed` or `flaky: true`"),
            "write down what comes out, or that it differs from run to run",
        );
    }
    let Some(wire) = wire else { return Ok(None) };
    if let (Some(changes), Files::Tree(tree)) = (&wire.fs_after, &case.files)
        && let Some(path) = gone_but_never_there(tree, &changes.0)
    {
        return mistake(
            format!("{name}: `{path}` is absent, and the case's `fs` does not have it"),
            "leave it out: what is not named is not there",
        );
    }
    let mut observed = case.expect.clone();
    if let Some(exit) = &wire.exit {
        observed.exit = Some(exit.0);
    }
    if let Some(stdout) = &wire.stdout {
        observed.stdout = Some(stdout.0.clone());
    }
    if let Some(stderr) = &wire.stderr {
        observed.stderr = Some(stderr.0.clone());
    }
    if let (Some(tree), Files::Tree(initial)) = (&wire.fs_after, &case.files) {
        observed.tree = Some(overlay(initial, &tree.0));
    }
    Ok(Some(observed))
}
