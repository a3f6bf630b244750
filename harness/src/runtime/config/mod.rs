//! The YAML that describes runtimes: the registry of this project, and users' own files.
//!
//! [`load`] reads and checks one file. `types.rs` has the entries, whose doc comments are the
//! descriptions of the JSON Schema, and `check.rs` has the rules that no type can express. Nothing here
//! looks for a runtime or starts one.

mod check;
mod parse;
mod schema;
mod types;

use std::path::{Path, PathBuf};

pub use types::{
    Allow, CommandEntry, Crate, DebianPackages, Entry, ExitPattern, Fetch, LibraryEntry, Packages,
    Pin, ScriptEntry, VersionCommand,
};

use crate::support::diagnostics::{self, Problem, Problems};

/// Reads and checks a file of entries. Their paths become absolute or relative to the current
/// directory, like the file's own path.
pub fn load(path: &Path) -> Result<Vec<Entry>, Problems> {
    let text = diagnostics::read(path)?;
    let help = "docs/reference/registry.md describes every key";
    let kinds: parse::Kinds = diagnostics::parse(path, &text, help)?;
    let mut entries = diagnostics::parse_with(path, &text, help, kinds)?;
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut problems = Problems::default();
    for entry in &mut entries {
        resolve_paths(entry, directory);
        let line = diagnostics::line_of(&text, "name", entry.name());
        for (what, todo) in check::entry(entry) {
            let what = format!("runtime `{}`: {what}", entry.name());
            problems.0.push(Problem::new(path, line, what, todo));
        }
    }
    problems.into_result()?;
    Ok(entries)
}

/// The JSON Schema of these files.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(types::Registry).to_value()
}

/// Paths in an entry are relative to its file.
fn resolve_paths(entry: &mut Entry, directory: &Path) {
    let allow = entry.allow_mut();
    for path in allow.read.iter_mut().chain(&mut allow.write) {
        *path = directory.join(&*path);
    }
    let packages = entry.fetch_mut().map(|fetch| [&mut fetch.npm, &mut fetch.pypi]);
    for pin in packages.into_iter().flatten().flatten().flat_map(|packages| &mut packages.pins) {
        pin.lock = pin.lock.take().map(|lock| directory.join(lock));
    }
    let binary = match entry {
        Entry::Library(entry) => {
            entry.package = directory.join(&entry.name);
            return;
        }
        Entry::Script(entry) => {
            entry.script = directory.join(&entry.script);
            &mut entry.binary
        }
        Entry::Command(entry) => &mut entry.binary,
    };
    if binary.contains('/') {
        let path: PathBuf = directory.join(&*binary).components().collect();
        *binary = path.to_string_lossy().into_owned();
    }
}

#[cfg(test)]
mod tests;
