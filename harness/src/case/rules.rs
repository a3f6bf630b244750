//! The registry of rules: the statements of the specification, and the cases that test them.
//!
//! A file of cases begins with the rules of its function or theme. Every case names the rules that it
//! tests, and every untested rule has a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::refuse::{Wrong, is_word, wrong};
use super::schema::{WireCase, WireFile, WireRule};
use super::{Area, Basis, Case, Level, Source};
use crate::support::diagnostics::{Lines, Problem, Problems};
use crate::support::text::most_like;

/// A rule of the specification.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The area of its file.
    pub area: Area,
    /// `path_open.trunc_on_directory`: the file's name, then the rule's.
    pub id: String,
    /// The rule in one sentence of our own words.
    pub text: String,
    /// Where the specification states it.
    pub spec: String,
    /// Who says so.
    pub basis: Basis,
    pub level: Level,
    /// Why no case tests it.
    pub untested: Option<String>,
    pub source: Source,
}

/// The parts of a case that come from its rules.
pub(super) struct Proves {
    pub title: String,
    pub spec: String,
    pub level: Level,
    pub basis: Basis,
    pub rules: Vec<String>,
}

/// Every rule of every file, by id.
#[derive(Default)]
pub(super) struct Registry(pub BTreeMap<String, Rule>);

impl Registry {
    /// Adds the rules of a file of this name.
    pub fn add(
        &mut self,
        stem: &str,
        path: &Path,
        text: &str,
        file: &WireFile,
    ) -> Result<(), Problems> {
        let mut problems = Problems::default();
        let mut lines = Lines::below(text, 0);
        for wire in &file.rules {
            // Cases and rules may share an id; the rules stand first.
            let line = lines.find("id", &wire.id).unwrap_or(lines.last().max(1));
            let basis = match basis(wire) {
                Ok(basis) => basis,
                Err((what, todo)) => {
                    let line = line_of_basis(lines.clone(), wire).unwrap_or(line);
                    let what = format!("rule `{}`: {what}", wire.id);
                    problems.0.push(Problem::new(path, line, what, todo));
                    continue;
                }
            };
            let source = Source { file: path.into(), line };
            match to_rule(stem, file, wire, basis, source) {
                Ok(rule) if self.0.contains_key(&rule.id) => problems.0.push(Problem::new(
                    path,
                    line,
                    format!("rule `{}` is defined twice", wire.id),
                    "rename one of them",
                )),
                Ok(rule) => {
                    self.0.insert(rule.id.clone(), rule);
                }
                Err((what, todo)) => problems.0.push(Problem::new(
                    path,
                    line,
                    format!("rule `{}`: {what}", wire.id),
                    todo,
                )),
            }
        }
        problems.into_result()
    }

    /// Finds the rules named by a case of a file: `name` of the same file, `file.name` of another.
    pub fn resolve(&self, stem: &str, wire: &WireCase) -> Result<Proves, Wrong> {
        let mut rules: Vec<&Rule> = Vec::new();
        for name in &wire.rules {
            let id = if name.contains('.') { name.clone() } else { format!("{stem}.{name}") };
            let Some(rule) = self.0.get(&id) else {
                let todo = match most_like(self.0.keys().map(String::as_str), &id) {
                    Some(known) => format!("did you mean `{known}`? Else add it to `rules`"),
                    None => "add it to `rules`, at the head of the file".to_owned(),
                };
                return wrong(format!("there is no rule `{name}`"), todo);
            };
            if rules.iter().any(|known| known.id == rule.id) {
                return wrong(format!("it names the rule `{name}` twice"), "name it once");
            }
            rules.push(rule);
        }
        let Some(first) = rules.first() else {
            return wrong("it names no rule", "name the rules that it proves (`rules`)");
        };
        let said = rules.iter().map(|rule| rule.text.as_str()).collect::<Vec<_>>().join(" ");
        let title = match &wire.title {
            Some(title) if title.trim().is_empty() => {
                return wrong(
                    "its `title` is empty",
                    "say what it adds to its rules, or leave it out",
                );
            }
            Some(title) => title.trim().to_owned(),
            None => said,
        };
        Ok(Proves {
            title,
            spec: first.spec.clone(),
            // A case that fails has broken one of its rules, perhaps the least binding.
            level: rules.iter().map(|rule| rule.level).max().unwrap_or_default(),
            // It counts as WASI's own only if each of its rules is.
            basis: rules.iter().map(|rule| rule.basis).max().unwrap_or(Basis::Practice),
            rules: rules.iter().map(|rule| rule.id.clone()).collect(),
        })
    }

    /// Problems between rules and cases: each rule must have a case, or a reason for having none.
    pub fn untested(&self, cases: &[Case]) -> Vec<Problem> {
        let proven: BTreeSet<&str> =
            cases.iter().flat_map(|case| &case.rules).map(String::as_str).collect();
        let problem = |rule: &Rule| {
            let (what, todo) = match (proven.contains(rule.id.as_str()), &rule.untested) {
                (false, None) => (
                    format!("no case proves the rule `{}`", rule.id),
                    "write one, or say why there can be none (`untested`)",
                ),
                (true, Some(_)) => (
                    format!(
                        "the rule `{}` says that it is untested, but a case proves it",
                        rule.id
                    ),
                    "remove its `untested`",
                ),
                _ => return None,
            };
            Some(Problem::new(&rule.source.file, rule.source.line, what, todo))
        };
        self.0.values().filter_map(problem).collect()
    }
}

fn to_rule(
    stem: &str,
    file: &WireFile,
    wire: &WireRule,
    basis: Basis,
    source: Source,
) -> Result<Rule, Wrong> {
    if !is_word(&wire.id) {
        return wrong("its id has other characters than a-z, 0-9 and _", "rename it");
    }
    if wire.text.trim().is_empty() {
        return wrong("it says nothing", "say in one sentence what must hold");
    }
    let spec = wire.spec.as_deref().unwrap_or(&file.spec);
    if !spec.starts_with("https://") {
        return wrong(format!("spec `{spec}` is not an https link"), "link the rule's source");
    }
    if wire.untested.as_ref().is_some_and(|why| why.trim().is_empty()) {
        return wrong("its `untested` is empty", "say why no case can prove it");
    }
    Ok(Rule {
        area: file.area,
        id: format!("{stem}.{}", wire.id),
        text: wire.text.trim().to_owned(),
        spec: spec.to_owned(),
        basis,
        level: wire.level,
        untested: wire.untested.as_ref().map(|why| why.trim().to_owned()),
        source,
    })
}

fn basis(wire: &WireRule) -> Result<Basis, Wrong> {
    match &wire.basis {
        Some(text) => Basis::find(text),
        None => wrong("it has no `basis`", "say who says so: `wasi`, `posix` or `practice`"),
    }
}

/// The line of a rule's `basis`, below that of its `id`; none if both stand on one line.
fn line_of_basis(mut below: Lines, wire: &WireRule) -> Option<usize> {
    let next = below.clone().find_key("id").unwrap_or(usize::MAX);
    let line = below.find("basis", wire.basis.as_deref()?)?;
    (line < next).then_some(line)
}
