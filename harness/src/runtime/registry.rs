//! Which runtimes can be asked for, and under which names.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::backend::command_line::Entry;
use super::config::{self, Script};
use crate::runtime::acquire::fetch::{self, Get};

/// The runtimes whose library is linked into a runner of their own, and whether a plain run has them.
const EMBEDDED: [(&str, bool); 5] = [
    ("wasmtime", true),
    ("wasmer", true),
    ("wasmedge", true),
    ("wasmi", false),
    ("wasmtime-p2", false),
];
/// The script that a plain run has. Nothing else is part of one, and nothing else is ever fetched
/// without being asked for.
const NODE: &str = "node";
/// What describes the others.
const FILES: [&str; 2] = ["runners/scripts.yaml", "runners/command-line.yaml"];

/// A runtime that can be asked for.
#[derive(Clone, Debug)]
pub struct RuntimeSpec {
    /// As it is called in ids and reports: `node`, or with a version `node@24`.
    pub name: String,
    /// As the catalogue calls it: `node`.
    pub base: String,
    pub version: Option<String>,
    /// The program to use in place of the one that would be looked for.
    pub binary: Option<PathBuf>,
    pub(super) kind: Kind,
    /// Whether a run includes it without being asked to.
    pub by_default: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Embedded,
    Script(Box<Script>),
    Command(Box<Entry>),
}

impl RuntimeSpec {
    pub(super) fn new(name: &str, kind: Kind, by_default: bool) -> RuntimeSpec {
        let (name, base) = (name.to_owned(), name.to_owned());
        RuntimeSpec { name, base, version: None, binary: None, kind, by_default }
    }

    /// The runtime whose recorded divergences apply.
    pub fn divergences_of(&self) -> &str {
        let other = match &self.kind {
            Kind::Command(entry) => entry.divergences_of.as_deref(),
            Kind::Script(entry) => entry.divergences_of.as_deref(),
            Kind::Embedded => None,
        };
        other.unwrap_or(&self.base)
    }

    /// Whether its runner is built with it.
    pub fn is_embedded(&self) -> bool {
        matches!(self.kind, Kind::Embedded)
    }

    /// How it is fetched, if it can be.
    pub fn get(&self) -> Option<&Get> {
        match &self.kind {
            Kind::Command(entry) => entry.fetch.as_ref(),
            Kind::Script(entry) => entry.fetch.as_ref(),
            Kind::Embedded => None,
        }
    }

    /// The same runtime at a version: `node@24`.
    pub fn at(&self, version: &str) -> Result<RuntimeSpec> {
        let name = format!("{}@{version}", self.base);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
        if version.is_empty() || !version.chars().all(fits) || version.starts_with('.') {
            bail!("`{name}`: what follows the `@` is no version");
        }
        let version = Some(version.to_owned());
        Ok(RuntimeSpec { name, version, by_default: false, ..self.clone() })
    }
}

/// Every runtime that this checkout knows, and those of the user's own files.
pub fn catalogue(harness: &Path, users: &[PathBuf]) -> Result<Vec<RuntimeSpec>> {
    let mut all: Vec<RuntimeSpec> = Vec::new();
    for (name, by_default) in EMBEDDED {
        all.push(RuntimeSpec::new(name, Kind::Embedded, by_default));
    }
    let ours = FILES.map(|file| harness.join(file));
    for file in ours.iter().chain(users) {
        let users_own = !ours.contains(file);
        let entries = config::load(file)?;
        let scripts = entries.scripts.into_iter().map(|entry| {
            let by_default = users_own || entry.name == NODE;
            RuntimeSpec::new(&entry.name.clone(), Kind::Script(Box::new(entry)), by_default)
        });
        let commands = entries.runtimes.into_iter().map(|entry| {
            RuntimeSpec::new(&entry.name.clone(), Kind::Command(Box::new(entry)), users_own)
        });
        for wanted in scripts.chain(commands) {
            if all.iter().any(|other| other.name == wanted.name) {
                bail!(
                    "{}: there is already a runtime called `{}`: choose another name",
                    file.display(),
                    wanted.name
                );
            }
            all.push(wanted);
        }
    }
    // Those of a plain run stand first, in any run.
    all.sort_by_key(|wanted| !wanted.by_default);
    Ok(all)
}

/// Those of the catalogue that were asked for, in its order, versions of one runtime together. No
/// names: those of a plain run. `all` is everything, with each version that was fetched.
pub fn select(all: &[RuntimeSpec], names: &[String], cache: &Path) -> Result<Vec<RuntimeSpec>> {
    let mut chosen: Vec<RuntimeSpec> = Vec::new();
    let everything = names.iter().any(|name| name == "all");
    for wanted in all {
        let named = names.contains(&wanted.name);
        if named || everything || names.is_empty() && wanted.by_default {
            chosen.push(wanted.clone());
        }
    }
    for name in names.iter().filter(|name| *name != "all") {
        if all.iter().any(|wanted| wanted.name == *name) {
            continue;
        }
        match at_version(all, name)? {
            Some(wanted) => chosen.push(wanted),
            None => {
                let known = all.iter().map(|w| w.name.as_str()).collect::<Vec<_>>().join(", ");
                bail!("--runtime {name}: there is no such runtime: known are {known}, and all");
            }
        }
    }
    if everything {
        for label in fetch::labels(cache) {
            // What an older catalogue knew is no mistake of the user's.
            chosen.extend(at_version(all, &label).ok().flatten());
        }
    }
    let place = |wanted: &RuntimeSpec| all.iter().position(|other| other.name == wanted.base);
    chosen.sort_by_key(place);
    let mut seen = std::collections::HashSet::new();
    chosen.retain(|wanted| seen.insert(wanted.name.clone()));
    Ok(chosen)
}

/// The runtime that `NAME@VERSION` names, if it names one.
fn at_version(all: &[RuntimeSpec], label: &str) -> Result<Option<RuntimeSpec>> {
    let Some((base, version)) = label.split_once('@') else { return Ok(None) };
    let found = all.iter().find(|wanted| wanted.name == base);
    found.map(|wanted| wanted.at(version)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Result<Vec<String>> {
        let all: Vec<RuntimeSpec> = [("wasmtime", true), ("node", true), ("other", false)]
            .map(|(name, by_default)| RuntimeSpec::new(name, Kind::Embedded, by_default))
            .into();
        let cache = tempfile::tempdir().unwrap();
        let names: Vec<String> = of.iter().map(|name| name.to_string()).collect();
        let chosen = select(&all, &names, cache.path())?;
        Ok(chosen.into_iter().map(|wanted| wanted.name).collect())
    }

    #[test]
    fn versions_stand_by_their_runtime() {
        assert_eq!(names(&[]).unwrap(), ["wasmtime", "node"]);
        assert_eq!(names(&["all"]).unwrap(), ["wasmtime", "node", "other"]);
        assert_eq!(names(&["other", "wasmtime"]).unwrap(), ["wasmtime", "other"]);
        let several = ["other", "wasmtime@47.0.2", "wasmtime", "wasmtime@47.0.2"];
        assert_eq!(names(&several).unwrap(), ["wasmtime", "wasmtime@47.0.2", "other"]);
    }

    #[test]
    fn what_is_no_runtime_is_refused() {
        for (name, part) in [
            ("nope", "there is no such runtime"),
            ("nope@1", "there is no such runtime"),
            ("node@", "no version"),
            ("node@../..", "no version"),
        ] {
            let error = names(&[name]).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
