//! Handwritten YAML files and the mistakes in them: each mistake names the file, the line, the problem
//! and the fix.

mod limits;
mod lines;

use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::de::{DeserializeOwned, DeserializeSeed};

pub use lines::{Lines, line_of, line_of_key};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub file: PathBuf,
    /// Counted from 1; `None` for the whole file.
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

/// How many mistakes a message shows. A wrong directory makes thousands of them.
const MOST_SHOWN: usize = 20;

/// All mistakes, so that they can be corrected at once.
#[derive(Clone, Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub fn into_result(self) -> Result<(), Problems> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, problem) in self.0.iter().take(MOST_SHOWN).enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        match self.0.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Problems {}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

/// The YAML files of a directory, sorted by name.
pub fn files_in(directory: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut files = list(directory)?;
    // Otherwise, files with the other common extension would be ignored silently.
    if let Some(path) = files.iter().find(|path| path.extension().is_some_and(|e| e == "yml")) {
        return Err(Problem::new(path, None, "ends in `.yml`", "rename it to end in `.yaml`"));
    }
    // Not only files: what cannot be read is refused when it is read.
    files.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    Ok(files)
}

/// The entries of a directory, sorted by name.
pub fn list(directory: &Path) -> Result<Vec<PathBuf>, Problem> {
    let entries = fs::read_dir(directory).map_err(|e| unreadable(directory, &e))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|e| unreadable(directory, &e))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Reads a file of YAML, unless it is no file or larger than any of ours will ever be.
pub fn read(path: &Path) -> Result<String, Problem> {
    let metadata = fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    if metadata.is_dir() || metadata.is_file() {
        limits::check_size(metadata.len()).map_err(|found| beyond(path, found))?;
        return fs::read_to_string(path).map_err(|e| unreadable(path, &e));
    }
    // Reading a pipe or a device might never end.
    Err(Problem::new(path, None, "is not a file", "name a file of YAML"))
}

fn beyond(path: &Path, (line, what, todo): limits::Found) -> Problem {
    Problem::new(path, line, what, todo)
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

/// The same for a type that needs a seed to be deserialized.
pub fn parse_with<'t, S: DeserializeSeed<'t>>(
    path: &Path,
    text: &'t str,
    help: &str,
    seed: S,
) -> Result<S::Value, Problem> {
    limits::check(text).map_err(|found| beyond(path, found))?;
    seed.deserialize(serde_yaml::Deserializer::from_str(text)).map_err(|e| {
        let line = e.location().map(|l| l.line());
        let what = e.to_string();
        // The position is in front already, so the parser's own copy is removed.
        let what = what.split(" at line ").next().unwrap_or(&what).to_owned();
        Problem::new(path, line, what, help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_mistakes_are_counted_instead_of_shown() {
        let problem = |n: usize| Problem::new(Path::new("a.yaml"), n, "wrong", "correct it");
        let problems = |count: usize| Problems((1..=count).map(problem).collect()).to_string();
        assert_eq!(problems(20).lines().count(), 40);
        assert!(problems(20).ends_with("a.yaml:20: wrong\n    correct it"));
        assert!(problems(3340).ends_with("a.yaml:20: wrong\n    correct it\nand 3320 more"));
    }

    #[test]
    fn says_where_what_and_what_to_do() {
        let problem = Problem::new(Path::new("a.yaml"), 3, "no such guest `x`", "build it");
        assert_eq!(problem.to_string(), "a.yaml:3: no such guest `x`\n    build it");
    }
}
