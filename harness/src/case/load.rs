//! Loads the files of cases and refuses inconsistent ones: nothing is skipped silently.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::build::Builder;
use super::families::{self, FamilyFile};
use super::guests::{self, Guests, find_guests};
use super::refuse::{is_word, stem};
use super::rules::{Registry, Rule};
use super::schema::WireFile;
use super::transcript;
use super::{Area, Case, Source};
use crate::support::diagnostics::{self, Lines, Problem, Problems};

/// Every case in a directory of expectations.
#[derive(Debug)]
pub struct CaseSet {
    /// In the order of their ids' files, then as written.
    pub cases: Vec<Case>,
    /// In the order of their ids.
    pub rules: Vec<Rule>,
}

/// Loads `expectations/*.yaml` against the guests in a directory of `.wasm` files.
pub fn load(expectations: &Path, guests: &Path) -> Result<CaseSet, Problems> {
    let mut problems = Problems::default();
    let guests = find_guests(guests)?;
    let files = diagnostics::files_in(expectations)?;
    if files.is_empty() {
        problems.0.push(Problem::new(
            expectations,
            None,
            "no case found",
            "name the directory of the .yaml files of cases (`--expectations`)",
        ));
    }
    let mut registry = Registry::default();
    let mut read = BTreeMap::new();
    let parsed: Vec<_> = files.into_par_iter().map(|path| (read_file(&path), path)).collect();
    for (parsed, path) in parsed {
        let registered = parsed.and_then(|(text, wire)| {
            registry.add(&stem(&path), &path, &text, &wire)?;
            Ok((text, wire))
        });
        match registered {
            Ok((text, wire)) => {
                read.insert(stem(&path), CaseFile { path, text, wire, cases: Vec::new() });
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    let families = families::read(&expectations.join("families"));
    let families = families.unwrap_or_else(|found| {
        problems.0.extend(found.0);
        Vec::new()
    });
    // A broken file hides its rules and cases, which would cause misleading errors in others.
    problems.into_result()?;
    let mut problems = Problems::default();
    let built: Vec<_> = read
        .par_iter()
        .map(|(_, file)| to_cases(&file.path, &file.text, &file.wire, &registry, &guests))
        .collect();
    for (file, built) in read.values_mut().zip(built) {
        match built {
            Ok(found) => file.cases = found,
            Err(found) => problems.0.extend(found.0),
        }
    }
    for family in &families {
        problems.0.extend(add_instances(family, &mut read, &registry, &guests).0);
    }
    let cases: Vec<Case> = read.into_values().flat_map(|file| file.cases).collect();
    if problems.0.is_empty() {
        problems.0.extend(registry.untested(&cases));
        problems.0.extend(families::missing(&families, &cases));
        problems.0.extend(guests::unused(&guests, &cases));
    }
    problems.into_result()?;
    Ok(CaseSet { cases, rules: registry.0.into_values().collect() })
}

/// A file of cases while it is being loaded.
struct CaseFile {
    path: PathBuf,
    text: String,
    wire: WireFile,
    /// Its own, then those that families add.
    cases: Vec<Case>,
}

/// Adds the instances of a file of families to the files that their ids begin with. What is wrong
/// with them.
fn add_instances(
    family: &FamilyFile,
    files: &mut BTreeMap<String, CaseFile>,
    registry: &Registry,
    guests: &Guests,
) -> Problems {
    let mut problems = Problems::default();
    for instance in family.instances(&mut problems) {
        let id = instance.id();
        let mut refuse = |what: String, todo: String| {
            let what = format!("`{id}`: {what}");
            problems.0.push(Problem::new(&family.path, instance.line, what, todo));
        };
        let Some(file) = files.get_mut(&instance.file) else {
            let what = format!("there is no `{}.yaml` with cases", instance.file);
            refuse(what, "correct the name of the call".into());
            continue;
        };
        let builder = Builder { stem: &instance.file, file: &file.wire, registry, guests };
        let source = Source { file: family.path.clone(), line: instance.line };
        match builder.build(source, &instance.case) {
            Ok(case) => match file.cases.iter().find(|known| known.id == case.id) {
                Some(known) => refuse(
                    format!("is defined twice (first in {})", known.source),
                    "remove one".into(),
                ),
                None => {
                    problems.0.extend(transcript::problems(&case, ""));
                    file.cases.push(case);
                }
            },
            Err((what, todo)) => refuse(what, todo),
        }
    }
    problems
}

/// Loads built-in cases against the guests in a directory.
pub(crate) fn parse_builtin(name: &Path, text: &str, guests: &Path) -> Result<Vec<Case>, Problems> {
    parse_alone(name, text, &find_guests(guests)?)
}

/// The cases of a file that needs no other file's rules.
fn parse_alone(path: &Path, text: &str, guests: &Guests) -> Result<Vec<Case>, Problems> {
    let mut registry = Registry::default();
    let file = parse(path, text)?;
    registry.add(&stem(path), path, text, &file)?;
    to_cases(path, text, &file, &registry, guests)
}

/// A file's text and what it says.
fn read_file(path: &Path) -> Result<(String, WireFile), Problems> {
    if !is_word(&stem(path)) {
        let what =
            "the file's name has other characters than a-z, 0-9 and _, and ids begin with it";
        return Err(Problem::new(path, None, what, "rename it").into());
    }
    let text = diagnostics::read(path)?;
    let file = parse(path, &text)?;
    Ok((text, file))
}

fn parse(path: &Path, text: &str) -> Result<WireFile, Problem> {
    diagnostics::parse(path, text, "docs/reference/cases.md describes every key")
}

fn to_cases(
    path: &Path,
    text: &str,
    file: &WireFile,
    registry: &Registry,
    guests: &Guests,
) -> Result<Vec<Case>, Problems> {
    let mut problems = Problems::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut cases = Vec::new();
    if file.cases.is_empty() && file.rules.is_empty() {
        problems.0.push(Problem::new(path, None, "has no cases", "add one or remove the file"));
    }
    if file.area == Area::WasiTestsuite {
        problems.0.push(Problem::new(
            path,
            diagnostics::line_of(text, "area", "wasi-testsuite"),
            "the area `wasi-testsuite` is for the tests of wasi-testsuite directories",
            "choose the area of the functions that are tested",
        ));
    }
    let stem = stem(path);
    let builder = Builder { stem: &stem, file, registry, guests };
    // Duplicates have the same text, so the n-th duplicate is looked for after the one before it.
    let mut lines = Lines::below(text, diagnostics::line_of_key(text, "cases").unwrap_or(0));
    for wire in &file.cases {
        let line = lines.find("id", &wire.id).unwrap_or(lines.last().max(1));
        if let Some(first) = seen.insert(wire.id.clone(), line) {
            problems.0.push(Problem::new(
                path,
                line,
                format!("case `{}` is defined twice (first on line {first})", wire.id),
                "rename one of them",
            ));
        }
        match builder.build(Source { file: path.into(), line }, wire) {
            Ok(case) => {
                problems.0.extend(transcript::problems(&case, text));
                cases.push(case);
            }
            Err((what, todo)) => problems.0.push(Problem::new(
                path,
                line,
                format!("case `{}`: {what}", wire.id),
                todo,
            )),
        }
    }
    problems.into_result()?;
    Ok(cases)
}

#[cfg(test)]
mod tests;
