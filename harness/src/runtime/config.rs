//! Runtimes that are described as data: commands, and scripts that speak the protocol.

use std::path::{Path, PathBuf};

use regex::bytes::Regex;
use runner_kit::Capability;
use serde::Deserialize;

use super::backend::command_line::{Entry, ExitPattern};
use crate::runtime::acquire::fetch::Get;
use crate::support::diagnostics::{self, Problem, Problems};

/// A runner that is a script: some program, such as an engine for JavaScript, runs it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub name: String,
    /// The program, looked up on PATH unless it holds a `/`.
    pub binary: String,
    /// The script, beside the file that names it.
    pub script: PathBuf,
    /// The program's arguments: `{script}` is the script, `{got}` the folder of what was fetched.
    pub args: Vec<String>,
    /// The runtime whose recorded divergences apply to this one too.
    pub divergences_of: Option<String>,
    pub fetch: Option<Get>,
    /// What to do where the program is missing.
    pub install: String,
}

/// What a file describes.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Entries {
    /// Commands.
    pub runtimes: Vec<Entry>,
    pub scripts: Vec<Script>,
}

/// Reads and checks a file of entries.
pub fn load(path: &Path) -> Result<Entries, Problems> {
    let text = diagnostics::read(path)?;
    let mut file: Entries =
        diagnostics::parse(path, &text, "docs/reference/registry.md describes every key")?;
    let mut problems = Problems::default();
    let mut check = |name: &str, found: Vec<(String, &str)>| {
        let line = diagnostics::line_of(&text, "name", name);
        for (what, todo) in found {
            let what = format!("runtime `{name}`: {what}");
            problems.0.push(Problem::new(path, line, what, todo));
        }
    };
    for entry in &file.runtimes {
        check(&entry.name, [of_name(&entry.name), of_command(entry)].concat());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    for entry in &mut file.scripts {
        entry.script = folder.join(&entry.script);
        check(&entry.name, [of_name(&entry.name), of_script(entry)].concat());
    }
    problems.into_result()?;
    Ok(file)
}

type Found = Vec<(String, &'static str)>;

/// `@` stands between a name and a version.
fn of_name(name: &str) -> Found {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !name.is_empty() && name != "all" && name.chars().all(fits) {
        return vec![];
    }
    vec![("that is no name for one".into(), "use letters, digits, `-`, `_` and `.`")]
}

fn of_get(get: &Option<Get>) -> Found {
    let problem = get.as_ref().and_then(Get::problem);
    problem.map(|(what, todo)| (what.to_owned(), todo)).into_iter().collect()
}

fn of_script(entry: &Script) -> Found {
    let mut found = of_get(&entry.fetch);
    if !entry.args.iter().any(|part| part.contains("{script}")) {
        found.push(("`args` has no `{script}`".into(), "say where it goes"));
    }
    if entry.args.iter().any(|part| part.contains("{got}")) && entry.fetch.is_none() {
        found.push(("`args` has `{got}`, and there is no `get`".into(), "say what to fetch"));
    }
    if !entry.script.is_file() {
        let what = format!("there is no script {}", entry.script.display());
        found.push((what, "name it as it is found from this file's folder"));
    }
    found
}

fn of_command(entry: &Entry) -> Found {
    let mut found = of_get(&entry.fetch);
    for needed in ["{dirs}", "{env}", "{args}"] {
        if !entry.run.iter().any(|part| part == needed) {
            found.push((format!("`run` has no argument `{needed}`"), "say where it goes"));
        }
    }
    if !entry.run.iter().any(|part| part.contains("{wasm}")) {
        found.push(("`run` has no `{wasm}`".into(), "say where it goes"));
    }
    // Otherwise a read-only preopen would silently be given as one that can be written.
    let lacks = |capability| entry.missing_capabilities.iter().any(|m| m.capability == capability);
    if entry.read_only_dir.is_none() && !lacks(Capability::ReadOnlyPreopens) {
        found.push((
            "there is no `read_only_dir`".into(),
            "give it, or say in `missing_capabilities` that there are no `read_only_preopens`",
        ));
    }
    // Otherwise every preopen would silently have the name of a folder that is made for one case.
    let named = entry.dir.iter().any(|part| part.contains("{guest}"));
    if !named && !lacks(Capability::NamedPreopens) {
        found.push((
            "`dir` has no `{guest}`".into(),
            "say where it goes, or say in `missing_capabilities` that there are no `named_preopens`",
        ));
    }
    let signs = [Some(&entry.trap), entry.refusal.as_ref()].into_iter().flatten();
    if signs.clone().any(|sign| sign.status.is_none() && sign.patterns().next().is_none()) {
        let what = "a sign has neither a `status` nor a pattern".to_owned();
        found.push((what, "say by what the ending is told"));
    }
    let patterns = signs.flat_map(ExitPattern::patterns).chain([&entry.version.pattern]);
    for pattern in patterns {
        if let Err(e) = Regex::new(pattern) {
            let what = format!("`{pattern}` is not a regular expression: {e}");
            found.push((what, "mend the pattern"));
        }
    }
    let version = &entry.version.pattern;
    if Regex::new(version).is_ok_and(|pattern| pattern.captures_len() < 2) {
        let what = format!("`{version}` has no group");
        found.push((what, "put the version's part in parentheses"));
    }
    found
}
