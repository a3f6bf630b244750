//! The YAML files that people write, and their mistakes: each names the file, the line, what is
//! wrong and what to do.

use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, DeserializeSeed};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// Counted from 1; `None` when the whole file is meant.
    pub line: Option<usize>,
    pub what: String,
    pub todo: String,
}

impl Problem {
    pub fn new(
        file: &Path,
        line: impl Into<Option<usize>>,
        what: impl Into<String>,
        todo: impl Into<String>,
    ) -> Self {
        Problem { file: file.into(), line: line.into(), what: what.into(), todo: todo.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}\n    {}", self.what, self.todo)
    }
}

/// All mistakes found, so that they can be mended in one go.
#[derive(Clone, Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn into_result(self) -> Result<(), Problems> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

/// The YAML files of a folder, sorted by name.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut files = list(folder)?;
    // The other common ending would be passed over in silence.
    if let Some(path) = files.iter().find(|path| path.extension().is_some_and(|e| e == "yml")) {
        return Err(Problem::new(path, None, "ends in `.yml`", "rename it to end in `.yaml`"));
    }
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml") && path.is_file());
    Ok(files)
}

/// What is in a folder, sorted by name.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let entries = fs::read_dir(folder).map_err(|e| unreadable(folder, &e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| unreadable(folder, &e))?.path());
    }
    paths.sort();
    Ok(paths)
}

pub fn read(path: &Path) -> Result<String, Problem> {
    fs::read_to_string(path).map_err(|e| unreadable(path, &e))
}

pub fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        path,
        None,
        format!("cannot be read: {error}"),
        "check the path and its permissions",
    )
}

/// Parses a file's text, with the parser's position in the error. `help` says where the format is
/// described.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str, help: &str) -> Result<T, Problem> {
    parse_with(path, text, help, PhantomData)
}

/// The same for a type that needs more than the text to be read.
pub fn parse_with<'t, S: DeserializeSeed<'t>>(
    path: &Path,
    text: &'t str,
    help: &str,
    seed: S,
) -> Result<S::Value, Problem> {
    seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|e| {
        let line = e.location().map(|l| l.line());
        let what = e.to_string();
        // The position is already in front; the parser's own copy of it would only repeat it.
        let what = what.split(" at line ").next().unwrap_or(&what).to_owned();
        Problem::new(path, line, what, help)
    })
}

/// The line of a YAML text on which `key: value` stands, for mistakes that are found only after
/// parsing, when the parser's positions are gone.
pub fn line_of(text: &str, key: &str, value: &str) -> Option<usize> {
    Lines::below(text, 0).find(key, value)
}

/// Finds the lines of many values that stand one below the other, in one walk through the text: files
/// have thousands of lines and hundreds of cases.
#[derive(Clone)]
pub struct Lines<'a> {
    rest: std::str::Lines<'a>,
    line: usize,
}

impl<'a> Lines<'a> {
    /// Begins below a line.
    pub fn below(text: &'a str, above: usize) -> Self {
        let mut rest = text.lines();
        if above > 0 {
            rest.nth(above - 1);
        }
        Lines { rest, line: above }
    }

    /// The next line on which `key: value` stands. If there is none, the place stays as it was.
    pub fn find(&mut self, key: &str, value: &str) -> Option<usize> {
        self.next_where(|line| gives(line, key, value))
    }

    /// The next line on which this key of any map stands, whatever follows it.
    pub fn find_key(&mut self, key: &str) -> Option<usize> {
        self.next_where(|line| is_key(line, key))
    }

    fn next_where(&mut self, wanted: impl Fn(&str) -> bool) -> Option<usize> {
        let mut rest = self.rest.clone();
        let found = rest.position(wanted)?;
        self.rest = rest;
        self.line += found + 1;
        Some(self.line)
    }

    /// The line that was found last, or the one to begin below.
    pub fn last(&self) -> usize {
        self.line
    }
}

/// Whether this key of any map stands on a line.
fn is_key(line: &str, key: &str) -> bool {
    let line = line.trim_start_matches([' ', '-', '{', ',', '"', '\'']);
    let rest = line.strip_prefix(key).map(|rest| rest.trim_start_matches(['"', '\'']));
    rest.is_some_and(|rest| rest.trim_start() == ":" || rest.starts_with(": "))
}

/// Whether a line says `key: value`.
fn gives(line: &str, key: &str, value: &str) -> bool {
    let quotes = ['"', '\''];
    let line = line.trim_start_matches([' ', '-', '{']);
    let rest = line.strip_prefix(key).and_then(|rest| rest.trim_start().strip_prefix(':'));
    let rest = rest.map(|rest| rest.trim_start().trim_start_matches(quotes));
    rest.and_then(|rest| rest.strip_prefix(value)).is_some_and(|after| {
        let after = after.trim_start_matches(quotes).trim_start();
        after.is_empty() || after.starts_with([',', '}', '#'])
    })
}

/// The line of a YAML text on which a key of the outermost map stands.
pub fn line_of_key(text: &str, key: &str) -> Option<usize> {
    let stands = |line: &str| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'));
    text.lines().position(stands).map(|i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_line_of_a_value() {
        let text = "area: fd\ncases:\n  - id: one\n    guest: x\n  - id: \"two\" # note\n";
        assert_eq!(line_of(text, "id", "one"), Some(3));
        assert_eq!(line_of(text, "guest", "x"), Some(4));
        assert_eq!(line_of(text, "id", "two"), Some(5));
        assert_eq!(line_of(text, "id", "three"), None);
        assert_eq!(line_of(text, "id", "tw"), None);
        assert_eq!(line_of("- { id: x, rule: y }\n- {id: 'xy'}\n", "id", "xy"), Some(2));
    }

    #[test]
    fn a_key_is_found_whatever_follows_it() {
        let text = "cases:\n  a::x:\n    exit: 1\n  a::xy: { exit: 1 }\n  'a::z': {}\n";
        assert_eq!(Lines::below(text, 1).find_key("a::x"), Some(2));
        assert_eq!(Lines::below(text, 2).find_key("a::x"), None);
        assert_eq!(Lines::below(text, 2).find_key("a::xy"), Some(4));
        assert_eq!(Lines::below(text, 0).find_key("a::z"), Some(5));
    }

    #[test]
    fn many_values_are_found_in_one_walk() {
        let text = "id: head\ncases:\n- id: one\n- id: two\n- id: one\n";
        let mut lines = Lines::below(text, 2);
        assert_eq!(lines.find("id", "one"), Some(3));
        assert_eq!(lines.find("id", "three"), None);
        assert_eq!(lines.last(), 3);
        assert_eq!(lines.find("id", "one"), Some(5));
        assert_eq!(lines.find("id", "two"), None);
        assert_eq!(Lines::below(text, 0).find("id", "head"), Some(1));
    }

    #[test]
    fn says_where_what_and_what_to_do() {
        let problem = Problem::new(Path::new("a.yaml"), 3, "no such guest `x`", "build it");
        assert_eq!(problem.to_string(), "a.yaml:3: no such guest `x`\n    build it");
    }
}
