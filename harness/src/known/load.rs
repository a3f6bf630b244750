//! Loads the files of divergences and checks them against the cases.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use rayon::prelude::*;
use regex::Regex;
use semver::VersionReq;

use super::cause::{Cause, Head, Predicate};
use super::flaky::{Flaky, Place, Values};
use super::pattern::Pattern;
use super::schema::{Texts, WireCause, WireFile, WireFlaky, WireWhere};
use super::snapshots::Snapshots;
use super::{DivergenceKind, Divergences, File, Part, UNFINISHED};
use crate::case::{self, CaseSet, Source};
use crate::support::diagnostics::{self, Lines, Problem, Problems};
use crate::support::directories::Directories;

const HELP: &str = "docs/reference/divergences.md describes every key";

/// The JSON Schema of a file of divergences, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(WireFile).to_value()
}

/// Loads all cases, causes and snapshots. The snapshots of the user's own files lie beside them.
pub fn load_with_cases(directories: &Directories) -> anyhow::Result<(CaseSet, Divergences)> {
    let (cases, snapshots) = rayon::join(
        || case::load(&directories.expectations, &directories.guests),
        || Snapshots::read(&directories.snapshots()),
    );
    let cases = cases?;
    let files = load(&directories.divergences(), &cases)?;
    let mut divergences = Divergences { files, snapshots: snapshots? };
    for path in &directories.own_divergences {
        let file = load_file(path, &Ids::of(&cases))?;
        divergences.snapshots.extend(Snapshots::read(Directories::beside(path))?);
        divergences.files.entry(file.runtime.clone()).or_default().extend(file);
    }
    Ok((cases, divergences))
}

/// Loads the divergences of all runtimes and checks them against the cases.
pub fn load(directory: &Path, set: &CaseSet) -> Result<BTreeMap<String, File>, Problems> {
    let mut problems = Problems::default();
    let mut files = BTreeMap::new();
    if !directory.exists() {
        return Ok(files);
    }
    let ids = Ids::of(set);
    let read: Vec<_> = diagnostics::files_in(directory)?
        .par_iter()
        .map(|path| load_file(path, &ids).and_then(|file| is_named_like_its_runtime(path, file)))
        .collect();
    for file in read {
        match file {
            Ok(file) => drop(files.insert(file.runtime.clone(), file)),
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.into_result()?;
    Ok(files)
}

/// The ids of all cases.
struct Ids<'a>(BTreeSet<&'a str>);

impl<'a> Ids<'a> {
    fn of(set: &'a CaseSet) -> Self {
        Ids(set.cases.iter().map(|case| case.id.as_str()).collect())
    }

    /// Those that a pattern stands for.
    fn matching(&self, pattern: &Pattern) -> Vec<&'a str> {
        if !pattern.is_open() {
            return self.0.get(pattern.text()).copied().into_iter().collect();
        }
        self.0.iter().copied().filter(|id| pattern.matches(id)).collect()
    }
}

fn is_named_like_its_runtime(path: &Path, file: File) -> Result<File, Problems> {
    if path.file_stem().is_none_or(|stem| stem == file.runtime.as_str()) {
        return Ok(file);
    }
    let text = diagnostics::read(path)?;
    let line = diagnostics::line_of(&text, "runtime", &file.runtime);
    let what = format!("runtime `{}` is not the file's name", file.runtime);
    Err(Problem::new(path, line, what, "one file per runtime: rename one of the two").into())
}

fn load_file(path: &Path, ids: &Ids) -> Result<File, Problems> {
    let text = diagnostics::read(path)?;
    let wire: WireFile = diagnostics::parse(path, &text, HELP)?;
    let mut reading = Reading { path, text: &text, ids, problems: Problems::default() };
    let mut file = File { runtime: wire.runtime, ..File::default() };
    let mut seen = HashSet::new();
    let mut lines = reading.lines_of("causes");
    for cause in wire.causes {
        let line = lines.find("id", &cause.id);
        reading.is_new(&mut seen, &cause.id, line);
        file.causes.extend(reading.cause(cause, line));
    }
    let mut lines = reading.lines_of("flaky");
    for flaky in wire.flaky {
        let line = lines.find("id", &flaky.id);
        reading.is_new(&mut seen, &flaky.id, line);
        file.flaky.extend(reading.flaky(flaky, line));
    }
    reading.problems.into_result()?;
    Ok(file)
}

/// A file of divergences, as far as it is read.
struct Reading<'a> {
    path: &'a Path,
    text: &'a str,
    ids: &'a Ids<'a>,
    problems: Problems,
}

/// What the heads of causes and flaky lines have in common, as written.
struct WireHead {
    id: String,
    versions: String,
    applies_to: Option<String>,
    kind: DivergenceKind,
    why: String,
    link: String,
}

impl<'a> Reading<'a> {
    fn refuse(&mut self, line: Option<usize>, what: String, todo: &str) {
        self.problems.0.push(Problem::new(self.path, line, what, todo));
    }

    /// The lines below a key of the file.
    fn lines_of(&self, key: &str) -> Lines<'a> {
        Lines::below(self.text, diagnostics::line_of_key(self.text, key).unwrap_or(0))
    }

    fn is_new(&mut self, seen: &mut HashSet<String>, id: &str, line: Option<usize>) {
        let is_word = |word: &str| {
            let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
            !word.is_empty() && word.chars().all(letter)
        };
        let words: Vec<&str> = id.split('-').collect();
        if !words.iter().all(|word| is_word(word)) {
            let todo = "write two to five words in lower case with hyphens: `preopen-name-nul`";
            self.refuse(line, format!("`{id}` is not an id"), todo);
        }
        if !seen.insert(id.to_owned()) {
            self.refuse(
                line,
                format!("the id `{id}` is there twice"),
                "merge the two, or rename one",
            );
        }
    }

    fn cause(&mut self, wire: WireCause, line: Option<usize>) -> Option<Cause> {
        let WireCause { id, versions, applies_to, kind, why, link, .. } = wire;
        if wire.cases.is_none() && wire.where_.is_none() {
            let todo = "name its cases, or say which differences it explains";
            self.refuse(line, format!("`{id}`: it has neither `cases` nor `where`"), todo);
        }
        if wire.consequences && wire.where_.is_none() {
            let todo = "without `where`, it explains all differences of its cases";
            self.refuse(line, format!("`{id}`: `consequences` without `where`"), todo);
        }
        let cases = wire.cases.map(|cases| self.cases(&id, &cases, line));
        let head = self.head(WireHead { id, versions, applies_to, kind, why, link }, line)?;
        let predicate = wire.where_.map(predicate);
        let is_empty = |predicate: &Predicate| *predicate == Predicate::default();
        if predicate.as_ref().is_some_and(is_empty) {
            self.refuse(line, format!("`{}`: `where` is empty", head.id), "leave it out");
        }
        let part = predicate.as_ref().and_then(|predicate| predicate.part);
        if matches!(part, Some(Part::Canary | Part::Processes)) {
            let todo = "name `stdout`, `stderr`, `exit` or `tree`";
            self.refuse(line, format!("`{}`: an escape is never explained", head.id), todo);
        }
        Some(Cause { head, cases, predicate, consequences: wire.consequences })
    }

    fn flaky(&mut self, wire: WireFlaky, line: Option<usize>) -> Option<Flaky> {
        let WireFlaky { id, versions, applies_to, kind, why, link, .. } = wire;
        let cases = self.cases(&id, &wire.cases, line);
        let mut refuse =
            |what: &str, todo: &str| self.refuse(line, format!("`{id}`: {what}"), todo);
        let place = match (wire.line, wire.left) {
            (None, None) => Place::Whole,
            (Some(0), None) => {
                refuse("`line` is counted from 1", "correct it");
                Place::Whole
            }
            (Some(line), None) => Place::Line(line),
            (None, Some(left)) => Place::Left(patterns(left)),
            (Some(_), Some(_)) => {
                refuse("it has both `line` and `left`", "name the line in one way");
                Place::Whole
            }
        };
        let values = match (wire.values, wire.matches) {
            (Some(values), None) => Values::Patterns(patterns(values)),
            (None, Some(text)) => match Regex::new(&format!("^(?:{text})$")) {
                Ok(regex) => Values::Regex(regex),
                Err(_) => {
                    refuse(&format!("`{text}` is not a regular expression"), HELP);
                    return None;
                }
            },
            _ => {
                let todo = "list the values, or write a regular expression for them";
                refuse("it needs either `values` or `matches`", todo);
                return None;
            }
        };
        let may_end =
            |value: &Pattern| value.text() == "trap" || value.text().parse::<u32>().is_ok();
        match wire.part {
            Part::Exit => {
                let ok = matches!(&values, Values::Patterns(all) if all.iter().all(may_end));
                if !ok || !matches!(place, Place::Whole) {
                    let todo = "list exit statuses or `trap`: nothing else may vary";
                    refuse("these are not `values` of `exit`", todo);
                }
            }
            Part::Canary | Part::Processes => {
                refuse("this part may not vary", "name `stdout`, `stderr`, `exit` or `tree`");
            }
            _ => {}
        }
        let head = self.head(WireHead { id, versions, applies_to, kind, why, link }, line)?;
        Some(Flaky { head, cases, part: wire.part, place, values })
    }

    fn head(&mut self, wire: WireHead, line: Option<usize>) -> Option<Head> {
        let WireHead { id, versions, applies_to, kind, why, link } = wire;
        let unfinished = [&why, &link].iter().any(|text| text.trim().starts_with(UNFINISHED));
        if why.trim().is_empty() {
            let todo = "say which side is right and why the runtime differs";
            self.refuse(line, format!("`{id}`: `why` is empty"), todo);
        }
        if !link.starts_with("https://") && !unfinished {
            let todo = "link the upstream issue, or the line of its source";
            self.refuse(line, format!("`{id}`: the link is not an https link"), todo);
        }
        let Ok(versions) = VersionReq::parse(&versions) else {
            let what = format!("`{id}`: versions `{versions}` is not a range");
            self.refuse(line, what, "write it as `>=48, <50`");
            return None;
        };
        let source = Source { file: self.path.into(), line: line.unwrap_or(1) };
        let why = why.trim().to_owned();
        Some(Head { id, versions, applies_to, kind, why, link, unfinished, source })
    }

    /// The cases that are named, with those that the patterns stand for.
    fn cases(&mut self, id: &str, texts: &Texts, line: Option<usize>) -> HashSet<String> {
        let mut found = HashSet::new();
        for text in &texts.0 {
            let pattern = Pattern::new(text);
            let before = found.len();
            let matching = self.ids.matching(&pattern);
            found.extend(matching.iter().map(|id| (*id).to_owned()));
            if matching.is_empty() {
                let what = match pattern.is_open() {
                    true => format!("`{id}`: no case matches `{text}`"),
                    false => format!("`{id}`: no case is called `{text}`"),
                };
                let line = self.line_with(text, line);
                self.refuse(line, what, "see `wasi-conformance list`, or remove it");
            } else if before == found.len() && !pattern.is_open() {
                let what = format!("`{id}`: `{text}` is there already");
                self.refuse(self.line_with(text, line), what, "remove it");
            }
        }
        found
    }

    /// The first line with this word from a line on.
    fn line_with(&self, word: &str, from: Option<usize>) -> Option<usize> {
        let from = from?;
        let is_there = |line: &str| {
            let part_of_word = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':' || c == '*');
            line.split(part_of_word).any(|part| part == word)
        };
        let below = self.text.lines().skip(from - 1).position(is_there);
        Some(from + below.unwrap_or(0))
    }
}

fn patterns(texts: Texts) -> Vec<Pattern> {
    texts.0.iter().map(|text| Pattern::new(text)).collect()
}

fn predicate(wire: WireWhere) -> Predicate {
    let all = |texts: Option<Texts>| patterns(texts.unwrap_or_default());
    Predicate {
        rule: all(wire.rule),
        call: all(wire.call),
        expected: all(wire.expected),
        observed: all(wire.observed),
        exit: all(wire.exit),
        stdout_ends: all(wire.stdout_ends),
        part: wire.part,
    }
}
