//! Checks of a registry entry beyond what its types require.

use std::sync::LazyLock;

use regex::{Regex, bytes};
use runner_kit::Capability;

use super::schema::{ARCH, DIR, ENV, RUN, SCRIPT};
use super::types::{
    CommandEntry, Entry, ExitPattern, Fetch, LibraryEntry, Packages, Pin, ScriptEntry,
};

/// A problem, and how to fix it.
pub type Found = Vec<(String, String)>;

/// All problems of an entry.
pub fn entry(entry: &Entry) -> Found {
    let mut found = name(entry.name());
    for import in entry.missing_imports() {
        if preview1::function(import).is_none() {
            let what =
                format!("`missing_imports` has `{import}`, which is not a function of preview 1");
            add(&mut found, what, "correct its name");
        }
    }
    found.extend(match entry {
        Entry::Library(entry) => library(entry),
        Entry::Script(entry) => script(entry),
        Entry::Command(entry) => command(entry),
    });
    found
}

fn add(found: &mut Found, what: impl Into<String>, todo: impl Into<String>) {
    found.push((what.into(), todo.into()));
}

/// `@` separates a name from a version.
fn name(name: &str) -> Found {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut found = vec![];
    if name.is_empty() || name == "all" || !name.chars().all(allowed) {
        add(&mut found, "not a valid name", "use letters, digits, `-`, `_` and `.`, but not `all`");
    }
    found
}

fn library(entry: &LibraryEntry) -> Found {
    let mut found = vec![];
    if !entry.package.join("Cargo.toml").is_file() {
        let what = format!("there is no package in {}", entry.package.display());
        add(&mut found, what, "put the runner's package into a directory of the runtime's name");
    }
    found
}

fn script(entry: &ScriptEntry) -> Found {
    let mut found = fetch(entry.fetch.as_ref());
    if !entry.args.iter().any(|part| part.contains("{script}")) {
        add(&mut found, "`args` has no `{script}`", "add it where the script's path belongs");
    }
    if entry.args.iter().any(|part| part.contains("{packages}")) && entry.fetch.is_none() {
        add(&mut found, "`args` has `{packages}`, but there is no `fetch`", "say what to fetch");
    }
    if !entry.script.is_file() {
        let what = format!("there is no script {}", entry.script.display());
        add(&mut found, what, "write its path relative to this file's directory");
    }
    found.extend(placeholders("args", &entry.args, &SCRIPT));
    found
}

fn command(entry: &CommandEntry) -> Found {
    let mut found = fetch(entry.fetch.as_ref());
    for needed in ["{dirs}", "{env}", "{args}"] {
        if !entry.run.iter().any(|part| part == needed) {
            add(&mut found, format!("`run` has no argument `{needed}`"), "add it where it belongs");
        }
    }
    if !entry.run.iter().any(|part| part.contains("{wasm}")) {
        add(&mut found, "`run` has no `{wasm}`", "add it where the module's path belongs");
    }
    // Otherwise a read-only preopen would silently be one that can be written.
    let lacks = |capability| entry.missing_capabilities.iter().any(|m| m.capability == capability);
    if entry.read_only_dir.is_none() && !lacks(Capability::ReadOnlyPreopens) {
        add(
            &mut found,
            "there is no `read_only_dir`",
            "add it, or declare `read_only_preopens` in `missing_capabilities`",
        );
    }
    // Otherwise every preopen would silently have the name of a temporary directory.
    let named = entry.dir.iter().any(|part| part.contains("{guest}"));
    if !named && !lacks(Capability::NamedPreopens) {
        add(
            &mut found,
            "`dir` has no `{guest}`",
            "add it, or declare `named_preopens` in `missing_capabilities`",
        );
    }
    found.extend(placeholders("run", &entry.run, &RUN));
    found.extend(placeholders("dir", &entry.dir, &DIR));
    found.extend(placeholders("read_only_dir", entry.read_only_dir.iter().flatten(), &DIR));
    found.extend(placeholders("env", &entry.env, &ENV));
    found.extend(patterns(entry));
    found
}

fn patterns(entry: &CommandEntry) -> Found {
    let mut found = vec![];
    let endings = [("trap", Some(&entry.trap)), ("refusal", entry.refusal.as_ref())];
    for (key, ending) in endings {
        if ending.is_some_and(|e| e.status.is_none() && e.patterns().next().is_none()) {
            let what = format!("`{key}` has no `status`, no `stdout` and no `stderr`");
            add(&mut found, what, "add at least one of them");
        }
    }
    let endings = endings.into_iter().filter_map(|(_, ending)| ending);
    for pattern in endings.flat_map(ExitPattern::patterns).chain([&entry.version.pattern]) {
        if let Err(e) = bytes::Regex::new(pattern) {
            let what = format!("`{pattern}` is not a regular expression: {e}");
            add(&mut found, what, "correct the pattern");
        }
    }
    let version = &entry.version.pattern;
    if bytes::Regex::new(version).is_ok_and(|pattern| pattern.captures_len() < 2) {
        let what = format!("`{version}` has no group");
        add(&mut found, what, "put the part that is the version in parentheses");
    }
    found
}

fn fetch(fetch: Option<&Fetch>) -> Found {
    let mut found = vec![];
    let Some(Fetch { npm, pypi, debian, cargo }) = fetch else { return found };
    let sources = [npm.is_some(), pypi.is_some(), debian.is_some(), cargo.is_some()];
    if sources.into_iter().filter(|is_there| *is_there).count() != 1 {
        let what = "`fetch` needs exactly one of `npm`, `pypi`, `debian` and `cargo`";
        add(&mut found, what, "keep one of them");
    }
    let packages = [npm, pypi].into_iter().flatten().map(|p| &p.packages);
    if packages.chain(debian.iter().map(|d| &d.packages)).any(Vec::is_empty) {
        add(&mut found, "`fetch` has no packages", "name at least one");
    }
    for packages in [npm, pypi].into_iter().flatten() {
        found.extend(placeholders("packages", &packages.packages, &ARCH));
        found.extend(placeholders("path", &packages.path, &ARCH));
    }
    for (packages, format) in [(npm, NPM_HASH), (pypi, PYPI_HASH)] {
        found.extend(packages.iter().flat_map(|packages| pins(packages, format)));
    }
    found
}

/// A prefix, how many characters follow it, and an example.
type HashFormat = (&'static str, usize, &'static str);
const NPM_HASH: HashFormat = ("sha512-", 88, "`sha512-` and 88 characters, as npm shows it");
const PYPI_HASH: HashFormat = ("sha256:", 64, "`sha256:` and 64 hexadecimal digits");

fn pins(packages: &Packages, (prefix, length, example): HashFormat) -> Found {
    let mut found = vec![];
    for Pin { version, hashes, lock } in &packages.pins {
        let exact = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        if !version.chars().all(exact) || !version.starts_with(|c: char| c.is_ascii_digit()) {
            let what = format!("`{version}` in `pins` is not an exact version");
            add(&mut found, what, "write it as in `26.12.1`");
        }
        match lock {
            None if hashes.is_empty() => {
                let what = format!("the pin {version} has neither `hashes` nor `lock`");
                add(&mut found, what, "add one of them");
            }
            Some(_) if !hashes.is_empty() => {
                let what = format!("the pin {version} has both `hashes` and `lock`");
                add(&mut found, what, "keep one of them");
            }
            Some(lock) if !lock.is_file() => {
                let what = format!("there is no lock file {}", lock.display());
                add(&mut found, what, "write its path relative to this file's directory");
            }
            _ => {}
        }
        for (name, all) in hashes {
            let good = |hash: &str| hash.strip_prefix(prefix).is_some_and(|h| h.len() == length);
            if all.split_whitespace().next().is_none() || !all.split_whitespace().all(good) {
                let what = format!("the pin {version} has a wrong hash of `{name}`");
                add(&mut found, what, format!("write {example}"));
            }
        }
    }
    found
}

/// A misspelt placeholder would reach the runtime as it is.
fn placeholders<'a>(
    key: &str,
    parts: impl IntoIterator<Item = &'a String>,
    known: &[&str],
) -> Found {
    static PLACEHOLDER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\{([a-z_]+)\}").expect("a valid pattern"));
    let parts = parts.into_iter().flat_map(|part| PLACEHOLDER.captures_iter(part));
    let unknown = parts.filter(|found| !known.contains(&&found[1]));
    let known: Vec<String> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
    unknown
        .map(|found| {
            let what = format!("`{key}` has the unknown placeholder `{}`", &found[0]);
            (what, format!("its placeholders are {}", known.join(", ")))
        })
        .collect()
}
