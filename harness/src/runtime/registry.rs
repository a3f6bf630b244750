//! The registry of runtimes, and the selection of runtimes by name.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::acquire::fetch;
use super::config::{self, Entry, Fetch};

/// The registry, in the harness's directory. Runtimes that are not default ones
/// are fetched or built only on request.
const REGISTRY: &str = "runners/registry.yaml";

/// A runtime of the registry, with the requested version or program.
#[derive(Clone, Debug)]
pub struct RuntimeSpec {
    /// As in ids and reports: `node`, or with a version `node@24`.
    pub name: String,
    /// As in the registry: `node`.
    pub base: String,
    pub version: Option<String>,
    /// The program to use instead of looking for one.
    pub binary: Option<PathBuf>,
    pub(super) entry: Entry,
    /// Whether it is a default runtime, which every run includes unless runtimes are named.
    pub by_default: bool,
    /// Whether it was asked for by name.
    pub requested: bool,
}

impl RuntimeSpec {
    fn new(entry: Entry, users_own: bool) -> RuntimeSpec {
        let (name, base) = (entry.name().to_owned(), entry.name().to_owned());
        // A user who names a file wants its runtimes.
        let by_default = entry.default().unwrap_or(users_own);
        RuntimeSpec { name, base, version: None, binary: None, entry, by_default, requested: false }
    }

    /// The runtime whose divergences apply.
    pub fn divergences_of(&self) -> &str {
        self.entry.divergences_of().unwrap_or(&self.base)
    }

    /// Whether it is a library, with a runner that is built here.
    pub fn is_library(&self) -> bool {
        matches!(self.entry, Entry::Library(_))
    }

    /// Where it is fetched from, if it can be.
    pub fn fetch_source(&self) -> Option<&Fetch> {
        self.entry.fetch()
    }

    /// The same runtime at a version: `node@24`.
    pub fn at(&self, version: &str) -> Result<RuntimeSpec> {
        let name = format!("{}@{version}", self.base);
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        if version.is_empty() || !version.chars().all(allowed) || version.starts_with('.') {
            bail!("`{name}`: there is no valid version after the `@`");
        }
        let version = Some(version.to_owned());
        Ok(RuntimeSpec { name, version, by_default: false, ..self.clone() })
    }
}

/// Every runtime of the registry and of the user's own files, the default runtimes first.
pub fn load(harness: &Path, users_files: &[PathBuf]) -> Result<Vec<RuntimeSpec>> {
    let ours = harness.join(REGISTRY);
    let mut all: Vec<RuntimeSpec> = Vec::new();
    for file in std::iter::once(&ours).chain(users_files) {
        for entry in config::load(file)? {
            let name = entry.name();
            if all.iter().any(|other| other.name == name) {
                bail!(
                    "{}: there is already a runtime called `{name}`: choose another name",
                    file.display()
                );
            }
            all.push(RuntimeSpec::new(entry, *file != ours));
        }
    }
    all.sort_by_key(|spec| !spec.by_default);
    Ok(all)
}

/// The runtimes with these names, in the registry's order, with the versions of one runtime
/// together. No names: the default runtimes. `all`: every runtime, and every fetched version.
pub fn select(all: &[RuntimeSpec], names: &[String], cache: &Path) -> Result<Vec<RuntimeSpec>> {
    let everything = names.iter().any(|name| name == "all");
    let is_selected = |spec: &&RuntimeSpec| {
        everything || names.contains(&spec.name) || names.is_empty() && spec.by_default
    };
    let mut selected: Vec<RuntimeSpec> = all.iter().filter(is_selected).cloned().collect();
    for name in names.iter().filter(|name| *name != "all") {
        if all.iter().any(|spec| spec.name == *name) {
            continue;
        }
        let Some(spec) = at_version(all, name)? else {
            let known: Vec<&str> = all.iter().map(|spec| spec.name.as_str()).collect();
            bail!(
                "--runtime {name}: there is no such runtime: known are {}, and all",
                known.join(", ")
            );
        };
        selected.push(spec);
    }
    if everything {
        // The user is not to blame for a name that only an older registry knew.
        let fetched = fetch::names(cache);
        selected.extend(fetched.iter().filter_map(|name| at_version(all, name).ok().flatten()));
    }
    selected.sort_by_key(|spec| all.iter().position(|other| other.name == spec.base));
    let mut seen = HashSet::new();
    selected.retain(|spec| seen.insert(spec.name.clone()));
    for spec in &mut selected {
        spec.requested |= names.contains(&spec.name);
    }
    Ok(selected)
}

/// The runtime of a `NAME@VERSION`, if there is one.
fn at_version(all: &[RuntimeSpec], name: &str) -> Result<Option<RuntimeSpec>> {
    let Some((base, version)) = name.split_once('@') else { return Ok(None) };
    let found = all.iter().find(|spec| spec.name == base);
    found.map(|spec| spec.at(version)).transpose()
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    /// The runtimes of a file with this text, as the registry. Its packages and scripts exist.
    pub fn registry(text: &str) -> Vec<RuntimeSpec> {
        let harness = tempfile::tempdir().unwrap();
        let runners = harness.path().join("runners");
        for package in ["wasmtime", "other", "lib", "alone"] {
            fs::create_dir_all(runners.join(package)).unwrap();
            fs::write(runners.join(package).join("Cargo.toml"), "").unwrap();
        }
        fs::write(runners.join("x.mjs"), "").unwrap();
        fs::write(harness.path().join(REGISTRY), text).unwrap();
        load(harness.path(), &[]).unwrap()
    }

    fn names(names: &[&str]) -> Result<Vec<String>> {
        let all = registry(
            "runtimes:
               - { name: other, kind: library }
               - { name: wasmtime, kind: library, default: true }
               - { name: node, kind: script, binary: x, script: x.mjs, args: ['{script}'],
                   install: x, default: true }",
        );
        let cache = tempfile::tempdir().unwrap();
        let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
        let selected = select(&all, &names, cache.path())?;
        Ok(selected.into_iter().map(|spec| spec.name).collect())
    }

    #[test]
    fn versions_stay_with_their_runtime() {
        assert_eq!(names(&[]).unwrap(), ["wasmtime", "node"]);
        assert_eq!(names(&["all"]).unwrap(), ["wasmtime", "node", "other"]);
        assert_eq!(names(&["other", "wasmtime"]).unwrap(), ["wasmtime", "other"]);
        let several = ["other", "wasmtime@47.0.2", "wasmtime", "wasmtime@47.0.2"];
        assert_eq!(names(&several).unwrap(), ["wasmtime", "wasmtime@47.0.2", "other"]);
    }

    #[test]
    fn unknown_names_are_refused() {
        for (name, part) in [
            ("nope", "there is no such runtime"),
            ("nope@1", "there is no such runtime"),
            ("node@", "no valid version"),
            ("node@../..", "no valid version"),
        ] {
            let error = names(&[name]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
