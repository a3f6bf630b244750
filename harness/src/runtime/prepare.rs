//! How a runtime is had: its runner is built, or its program found where it was fetched to or on PATH.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use runner_kit::{Capability, MissingCapability, WasiVersion};

use super::acquire::build;
use super::backend::command_line::{self, CommandLine, Entry};
use super::backend::pool::{Pool, Program};
use super::config::Script;
use super::registry::{Kind, RuntimeSpec};
use super::{Backend, PreparedRuntime, RunContext};
use crate::runtime::acquire::fetch::{self, Fetched};
use crate::support::progress::Progress;

/// A runtime that can run cases, but has not proved itself yet.
pub fn had(
    wanted: &RuntimeSpec,
    setting: &RunContext,
    progress: &Progress,
    build: &mut Duration,
) -> Result<PreparedRuntime> {
    match &wanted.kind {
        Kind::Embedded => {
            let version = wanted.version.as_deref();
            let built =
                build::runner(&wanted.base, version, &setting.harness, &setting.cache, progress)?;
            *build = built.took;
            let program = Program { program: built.program, args: vec![] };
            from_runner(wanted, program, built.source, setting)
        }
        Kind::Script(entry) => {
            let (program, source) = script(wanted, entry, setting)?;
            from_runner(wanted, program, source, setting)
        }
        Kind::Command(entry) => {
            let Found { words, source, packages } =
                launcher(wanted, &entry.binary, None, &setting.cache)?;
            let command = CommandLine::new((**entry).clone(), words, &packages)?;
            Ok(PreparedRuntime {
                version: command.version.clone(),
                details: command.details.clone(),
                source,
                divergences_of: wanted.divergences_of().to_owned(),
                missing_capabilities: missing_capabilities(entry),
                wasi_versions: vec![WasiVersion::Preview1],
                backend: Backend::Command(Box::new(command)),
                smoke_test_failure: None,
            })
        }
    }
}

fn from_runner(
    wanted: &RuntimeSpec,
    program: Program,
    source: String,
    setting: &RunContext,
) -> Result<PreparedRuntime> {
    let pool = Pool::new(program, setting.work.clone(), setting.isolate);
    let hello = pool.greet().with_context(|| format!("start the {} runner", wanted.name))?;
    Ok(PreparedRuntime {
        version: hello.version,
        details: hello.details,
        source,
        divergences_of: wanted.divergences_of().to_owned(),
        missing_capabilities: hello.missing_capabilities,
        wasi_versions: hello.wasi_versions,
        backend: Backend::Runners(pool),
        smoke_test_failure: None,
    })
}

/// The command that runs a script, and where its parts were found.
fn script(wanted: &RuntimeSpec, entry: &Script, setting: &RunContext) -> Result<(Program, String)> {
    let install = Some(entry.install.as_str());
    let needs_packages = entry.fetch.as_ref().is_some_and(|get| !get.has_program());
    let (mut words, source, got) = if needs_packages {
        let got = fetched(wanted, &setting.cache)?;
        let program = wanted.binary.clone().or_else(|| command_line::find_binary(&entry.binary));
        let Some(program) = program else { bail!("{}", missing(&entry.binary, install, None)) };
        let source = got.source.clone();
        (vec![program.to_string_lossy().into_owned()], source, Some(got))
    } else {
        let found = launcher(wanted, &entry.binary, install, &setting.cache)?;
        (found.words, found.source, None)
    };
    let got = got.map_or_else(PathBuf::new, |got| got.folder);
    for part in &entry.args {
        let part = part.replace("{script}", &entry.script.to_string_lossy());
        words.push(part.replace("{got}", &got.to_string_lossy()));
    }
    let program = PathBuf::from(words.remove(0));
    Ok((Program { program, args: words }, source))
}

/// A program that was found.
struct Found {
    /// The words that start it.
    words: Vec<String>,
    source: String,
    /// The versions of the packages that it was fetched with, if it was.
    packages: BTreeMap<String, String>,
}

/// Finds a program: the one that the user names, the version
/// that was asked for, the one on PATH, or the one that was fetched.
fn launcher(
    wanted: &RuntimeSpec,
    binary: &str,
    install: Option<&str>,
    cache: &Path,
) -> Result<Found> {
    let at = |path: PathBuf| {
        let path = path.to_string_lossy().into_owned();
        Found { words: vec![path.clone()], source: path, packages: BTreeMap::new() }
    };
    let from = |got: Fetched| {
        let (words, source) = (got.launcher(), got.source);
        Found { words, source, packages: got.versions }
    };
    if let Some(path) = &wanted.binary {
        return Ok(at(path.clone()));
    }
    if wanted.version.is_none()
        && let Some(path) = command_line::find_binary(binary)
    {
        return Ok(at(path));
    }
    let hint = wanted.get().map(|_| wanted.name.as_str());
    if wanted.version.is_some() {
        return Ok(from(fetched(wanted, cache)?));
    }
    match fetch::find(&wanted.name, cache)? {
        Some(got) => Ok(from(got)),
        None => bail!("{}", missing(binary, install, hint)),
    }
}

/// What was fetched for exactly this row.
fn fetched(wanted: &RuntimeSpec, cache: &Path) -> Result<Fetched> {
    let name = &wanted.name;
    if wanted.get().is_none() {
        bail!(
            "{} cannot be fetched, so `{name}` is not to be had: leave out its version",
            wanted.base
        );
    }
    let got = fetch::find(name, cache)?;
    got.with_context(|| {
        format!("it was not fetched: `wasi-conformance runtimes --get {name}` does")
    })
}

fn missing(binary: &str, install: Option<&str>, label: Option<&str>) -> String {
    let install = install.unwrap_or("install it, or name its path in the entry");
    let get =
        label.map(|name| format!(", or fetch it with `wasi-conformance runtimes --get {name}`"));
    format!("there is no `{binary}` on PATH: {install}{}", get.unwrap_or_default())
}

/// A command is started with pipes: nothing tells it to take its stdin for a socket.
fn missing_capabilities(entry: &Entry) -> Vec<MissingCapability> {
    let reason = "commands are given no sockets".into();
    let sockets = MissingCapability { capability: Capability::Sockets, reason };
    entry.missing_capabilities.iter().cloned().chain([sockets]).collect()
}
