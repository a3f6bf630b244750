//! Families: a case written once and applied to a list of calls. Each instance is a case of the
//! call's own file, with an id of its own.

mod complete;
mod schema;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::refuse::{Wrong, is_word, wrong};
use super::schema::{WireCase, WireTree};
use crate::support::diagnostics::{self, Lines, Problem, Problems};
pub use schema::WireFamilies;
use schema::{WireFamily, WireInstance};
use template::Values;

pub use complete::missing;

const HELP: &str = "docs/reference/families.md describes every key";
/// The placeholders that every call defines.
const FUNCTION: &str = "function";
const ARGS: &str = "args";
const CALL: &str = "call";

/// A file of families while it is being loaded.
pub struct FamilyFile {
    pub path: PathBuf,
    families: Vec<Family>,
}

struct Family {
    wire: WireFamily,
    line: usize,
    /// The line of each of its calls.
    lines: Vec<usize>,
}

/// A case that a family makes for a call.
pub struct Instance {
    /// The file that its id begins with, without its ending.
    pub file: String,
    /// Where the family names the call.
    pub line: usize,
    pub case: WireCase,
}

impl Instance {
    pub fn id(&self) -> String {
        format!("{}::{}", self.file, self.case.id)
    }
}

/// Reads the files of families in a directory; none if it does not exist.
pub fn read(directory: &Path) -> Result<Vec<FamilyFile>, Problems> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let mut problems = Problems::default();
    let mut files = Vec::new();
    for path in diagnostics::files_in(directory)? {
        match read_file(&path) {
            Ok(file) => files.push(file),
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.into_result()?;
    Ok(files)
}

fn read_file(path: &Path) -> Result<FamilyFile, Problems> {
    let text = diagnostics::read(path)?;
    let file: WireFamilies = diagnostics::parse(path, &text, HELP)?;
    let mut problems = Problems::default();
    let mut lines = Lines::below(&text, 0);
    let mut families = Vec::new();
    for wire in file.families {
        let line = lines.find("family", &wire.family).unwrap_or(lines.last().max(1));
        let mut calls = lines.clone();
        calls.find_key("calls");
        let of_calls = wire.calls.0.iter().map(|(key, _)| calls.find_key(key).unwrap_or(line));
        let family = Family { line, lines: of_calls.collect(), wire };
        if let Err((what, todo)) = family.check() {
            let what = format!("family `{}`: {what}", family.wire.family);
            problems.0.push(Problem::new(path, line, what, todo));
        }
        families.push(family);
    }
    problems.into_result()?;
    Ok(FamilyFile { path: path.to_owned(), families })
}

impl FamilyFile {
    /// The instances of all its families. Errors are added to the problems.
    pub fn instances(&self, problems: &mut Problems) -> Vec<Instance> {
        let mut instances = Vec::new();
        for family in &self.families {
            for ((key, call), &line) in family.wire.calls.0.iter().zip(&family.lines) {
                match family.wire.instance(key, &call.0) {
                    Ok((file, case)) => instances.push(Instance { file, line, case }),
                    Err((what, todo)) => {
                        let what = format!("family `{}`: `{key}`: {what}", family.wire.family);
                        problems.0.push(Problem::new(&self.path, line, what, todo));
                    }
                }
            }
        }
        instances
    }
}

impl Family {
    /// Checks that do not concern a single call.
    fn check(&self) -> Result<(), Wrong> {
        let wire = &self.wire;
        if !is_word(&wire.family) {
            return wrong("its name has other characters than a-z, 0-9 and _", "rename it");
        }
        if let Some((path, _)) = wire.fs.0.iter().find(|(_, entry)| entry.is_none()) {
            return wrong(format!("`fs` says that `{path}` is absent"), "leave it out");
        }
        if wire.calls.0.len() < 2 {
            let todo = "name more calls, or write a case in the call's own file";
            return wrong("it has fewer than two calls", todo);
        }
        Ok(())
    }
}

impl WireFamily {
    /// The file that an instance belongs to, and its case. A key is a call, or a whole id where the
    /// id does not end in the family's name.
    fn instance(&self, key: &str, call: &WireInstance) -> Result<(String, WireCase), Wrong> {
        let (file, id) = key.split_once("::").unwrap_or((key, &self.family));
        let values = self.values(file, call)?;
        let mut transcript = Vec::new();
        for template in &self.transcript {
            transcript.extend(values.statements(template)?);
        }
        let title = call.title.as_ref().or(self.title.as_ref());
        let case = WireCase {
            id: id.to_owned(),
            rules: call.rules.as_ref().unwrap_or(&self.rules).clone(),
            title: title.map(|title| values.single(title)).transpose()?,
            requires: self.requires.iter().chain(&call.requires).copied().collect(),
            tags: self.tags.iter().chain(&call.tags).copied().collect(),
            transcript: Some(transcript),
            timeout: call.timeout.or(self.timeout),
            stdin: call.stdin.as_ref().or(self.stdin.as_ref()).cloned(),
            socket: call.socket.or(self.socket),
            preopens: call.preopens.as_ref().or(self.preopens.as_ref()).cloned(),
            fs: without_absent(united(&self.fs, &call.fs)),
            exit: call.exit.as_ref().or(self.exit.as_ref()).cloned(),
            fs_after: united(&self.fs_after, &call.fs_after),
            ..WireCase::default()
        };
        Ok((file.to_owned(), case))
    }

    /// The values of the placeholders in the instance of a call.
    fn values(&self, function: &str, call: &WireInstance) -> Result<Values, Wrong> {
        let with_function = |args: &String| format!("{function} {args}").trim_end().to_owned();
        let mut texts = BTreeMap::from([
            (FUNCTION.to_owned(), vec![function.to_owned()]),
            (ARGS.to_owned(), call.args.0.clone()),
            (CALL.to_owned(), call.args.0.iter().map(with_function).collect()),
        ]);
        let used = self.placeholders();
        for (word, given) in self.with.iter().chain(&call.with) {
            if [FUNCTION, ARGS, CALL, template::RESULT].contains(&word.as_str()) || !is_word(word) {
                return wrong(format!("`with` cannot name `{word}`"), "choose another word");
            }
            if !used.contains(word.as_str()) {
                let what = format!("the family has no `{{{word}}}`");
                return wrong(what, "correct the word in `with`, or remove it");
            }
            let function_in = |text: &String| text.replace("{function}", function);
            texts.insert(word.clone(), given.0.iter().map(function_in).collect());
        }
        let results = call.result.as_ref().or(self.result.as_ref());
        if results.is_some() != used.contains(template::RESULT) {
            return match results {
                None => wrong("the family has `{result}`, and no result for it", "give `result`"),
                Some(_) => wrong("the family has no `{result}`", "remove `result`"),
            };
        }
        Ok(Values { texts, results: results.map_or_else(Vec::new, |results| results.0.clone()) })
    }

    fn placeholders(&self) -> BTreeSet<&str> {
        let of_transcript = self.transcript.iter().flat_map(template::placeholders);
        let titles = self.title.iter().flat_map(|title| template::placeholders_of(title));
        of_transcript.chain(titles).collect()
    }
}

/// The names of both trees. An entry of the second replaces one of the first.
fn united(family: &WireTree, call: &WireTree) -> WireTree {
    let mut tree = family.clone();
    tree.0.extend(call.0.iter().map(|(path, entry)| (path.clone(), entry.clone())));
    tree
}

/// A call says `absent` of a name that its family has and it does not.
fn without_absent(mut tree: WireTree) -> WireTree {
    tree.0.retain(|_, entry| entry.is_some());
    tree
}

#[cfg(test)]
mod tests;
