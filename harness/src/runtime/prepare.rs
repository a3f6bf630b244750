//! Prepares a runtime: builds its runner or finds its program, starts it and runs the smoke test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use runner_kit::{Capability, MissingCapability, WasiVersion};

use super::acquire::build;
use super::acquire::fetch::{FetchedPackages, Wanted};
use super::backend::command_line::CommandLine;
use super::backend::pool::{Pool, Program};
use super::config::{CommandEntry, Entry, LibraryEntry, ScriptEntry};
use super::guest_exit::GuestExits;
use super::missing_imports::MissingImports;
use super::prepared::{Backend, PreparedRuntime, RunContext, Runtime};
use super::registry::RuntimeSpec;
use super::smoke_test;
use crate::support::paths::{self, fill_in};
use crate::support::progress::Progress;

/// Builds or finds a runtime, starts it and runs the smoke test. Never fails: if the runtime is
/// unavailable, its row in the reports says why.
pub fn prepare(spec: &RuntimeSpec, context: &RunContext, progress: &Progress) -> Runtime {
    let started_at = Instant::now();
    let mut build = Duration::ZERO;
    let state = started(spec, context, progress, &mut build).and_then(|mut prepared| {
        let failure = smoke_test::run(&prepared, context).context(DoesNotStart)?;
        prepared.smoke_test_failure = failure;
        Ok(prepared)
    });
    let required = spec.requested || state.as_ref().is_err_and(|e| e.is::<DoesNotStart>());
    let state = state.map_err(|e| format!("{e:#}"));
    let start = started_at.elapsed().saturating_sub(build);
    Runtime { name: spec.name.clone(), state, required, build, start }
}

/// What an error says about a runtime that is there.
#[derive(Debug)]
struct DoesNotStart;

impl fmt::Display for DoesNotStart {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("it was found and does not start")
    }
}

/// A runtime that can run cases, before its smoke test.
fn started(
    spec: &RuntimeSpec,
    context: &RunContext,
    progress: &Progress,
    build: &mut Duration,
) -> Result<PreparedRuntime> {
    match &spec.entry {
        Entry::Library(entry) => library(spec, entry, context, progress, build),
        Entry::Script(entry) => script(spec, entry, context),
        Entry::Command(entry) => command(spec, entry, context),
    }
}

/// Whether preparing a runtime would first build its runner, which takes minutes.
pub fn needs_build(spec: &RuntimeSpec, context: &RunContext) -> Result<bool> {
    match &spec.entry {
        Entry::Library(entry) => {
            Ok(!runner(spec, entry, context).is_built(spec.version.as_deref())?)
        }
        Entry::Script(_) | Entry::Command(_) => Ok(false),
    }
}

fn runner<'a>(
    spec: &'a RuntimeSpec,
    entry: &'a LibraryEntry,
    context: &'a RunContext,
) -> build::Runner<'a> {
    build::Runner {
        name: &spec.base,
        package: &entry.package,
        harness: &context.harness,
        cache: &context.cache,
    }
}

fn library(
    spec: &RuntimeSpec,
    entry: &LibraryEntry,
    context: &RunContext,
    progress: &Progress,
    build: &mut Duration,
) -> Result<PreparedRuntime> {
    let built = runner(spec, entry, context).build(spec.version.as_deref(), progress)?;
    *build = built.took;
    let program = Program { program: built.program, args: vec![] };
    from_runner(spec, program, built.source, &[], context)
}

fn from_runner(
    spec: &RuntimeSpec,
    program: Program,
    source: String,
    read: &[PathBuf],
    context: &RunContext,
) -> Result<PreparedRuntime> {
    let path = program.program.clone();
    let containment = context.containment(spec.entry.allow())?.program(&path);
    // Compiled modules are kept there.
    let containment = containment.read(read.iter().cloned()).write([context.modules()]);
    let contained = containment.describe();
    let (work, limits) = (context.work.clone(), &context.limits);
    let pool = Pool::new(program, containment, work, context.isolate, context.kept_runners, limits);
    let hello = pool
        .greet()
        .with_context(|| format!("start the {} runner", spec.name))
        .context(DoesNotStart)?;
    Ok(PreparedRuntime {
        version: plain_version(&hello.version),
        details: with_containment(&hello.details, &contained, context),
        source,
        program: path,
        divergences_of: spec.divergences_of().to_owned(),
        missing_capabilities: hello.missing_capabilities,
        wasi_versions: hello.wasi_versions,
        missing_imports: MissingImports::declared(spec.entry.missing_imports()),
        guest_exits: GuestExits::default(),
        backend: Backend::Runners(Box::new(pool)),
        smoke_test_failure: None,
    })
}

fn script(
    spec: &RuntimeSpec,
    entry: &ScriptEntry,
    context: &RunContext,
) -> Result<PreparedRuntime> {
    let install = Some(entry.install.as_str());
    let needs_packages = entry.fetch.as_ref().is_some_and(|fetch| !fetch.has_program());
    let (found, packages) = if needs_packages {
        let fetched = fetched(spec, &context.cache)?;
        let program = spec.binary.clone().or_else(|| which::which(&entry.binary).ok());
        let Some(program) = program else { bail!("{}", missing(&entry.binary, install, None)) };
        let found = Found::at(&program, fetched.source.clone());
        (found, fetched.directory)
    } else {
        (find(spec, &entry.binary, install, &context.cache)?, PathBuf::new())
    };
    let mut words = found.words;
    for part in &entry.args {
        let values = [("script", entry.script.as_os_str()), ("packages", packages.as_os_str())];
        words.push(fill_in(part, &values));
    }
    let program = PathBuf::from(words.remove(0));
    let script = std::path::absolute(&entry.script).context("make the script's path absolute")?;
    let read: Vec<PathBuf> =
        script.parent().map(Path::to_owned).into_iter().chain([packages]).collect();
    from_runner(spec, Program { program, args: words }, found.source, &read, context)
}

fn command(
    spec: &RuntimeSpec,
    entry: &CommandEntry,
    context: &RunContext,
) -> Result<PreparedRuntime> {
    let Found { words, source, packages } = find(spec, &entry.binary, None, &context.cache)?;
    let program = PathBuf::from(&words[0]);
    let containment = context.containment(&entry.allow)?;
    let contained = containment.describe();
    let command = CommandLine::new(entry.clone(), words, &packages, containment, &context.work)
        .context(DoesNotStart)?;
    Ok(PreparedRuntime {
        version: plain_version(&command.version),
        details: with_containment(&command.details, &contained, context),
        source,
        program,
        divergences_of: spec.divergences_of().to_owned(),
        missing_capabilities: missing_capabilities(entry),
        wasi_versions: vec![WasiVersion::Preview1],
        missing_imports: MissingImports::declared(spec.entry.missing_imports()),
        guest_exits: GuestExits::default(),
        backend: Backend::Command(Box::new(command)),
        smoke_test_failure: None,
    })
}

/// What is known about a runtime, and what its processes cannot do.
fn with_containment(details: &str, contained: &str, context: &RunContext) -> String {
    let parts = [details, contained, paths::why_on_disk(&context.work).unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A version without the `v` that some runtimes put in front of it.
fn plain_version(version: &str) -> String {
    let digits = version.strip_prefix('v').filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    digits.unwrap_or(version).to_owned()
}

/// A program that was found.
struct Found {
    /// The words that start it.
    words: Vec<OsString>,
    /// Where it comes from, in words that do not depend on the machine.
    source: String,
    /// The versions of its packages, if it was fetched.
    packages: BTreeMap<String, String>,
}

impl Found {
    fn at(path: &Path, source: String) -> Found {
        let words = vec![path.as_os_str().to_owned()];
        Found { words, source, packages: BTreeMap::new() }
    }
}

impl From<FetchedPackages> for Found {
    fn from(fetched: FetchedPackages) -> Found {
        let (words, source) = (fetched.launcher(), fetched.source);
        Found { words, source, packages: fetched.versions }
    }
}

/// Finds a program: the one that the user names, the requested version, the one on PATH, or the
/// fetched one.
fn find(spec: &RuntimeSpec, binary: &str, install: Option<&str>, cache: &Path) -> Result<Found> {
    if let Some(path) = &spec.binary {
        return Ok(Found::at(path, format!("{} (--runtime-bin)", file_name(path))));
    }
    if spec.version.is_some() {
        return Ok(fetched(spec, cache)?.into());
    }
    if let Ok(path) = which::which(binary) {
        let source = match binary.contains('/') {
            true => format!("{} (named in its entry)", file_name(&path)),
            false => "PATH".to_owned(),
        };
        return Ok(Found::at(&path, source));
    }
    let wanted = spec.fetch_source().map(|from| Wanted::new(from, &spec.name, None)).transpose()?;
    match wanted.as_ref().map(|wanted| wanted.find(cache)).transpose()?.flatten() {
        Some(fetched) => Ok(fetched.into()),
        None => bail!("{}", missing(binary, install, wanted.map(|_| &*spec.name))),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The fetched packages of exactly this runtime and version.
fn fetched(spec: &RuntimeSpec, cache: &Path) -> Result<FetchedPackages> {
    let name = &spec.name;
    let Some(from) = spec.fetch_source() else {
        bail!(
            "{0} cannot be downloaded, so `{name}` is unavailable: use `--runtime {0}` for the \
             installed one, or name a program with `--runtime-bin {name}=PATH`",
            spec.base
        );
    };
    let found = Wanted::new(from, name, spec.version.as_deref())?.find(cache)?;
    found.with_context(|| {
        format!("it is not fetched yet: run `wasi-conformance runtimes fetch {name}`")
    })
}

/// Why a program is missing, and how to get it. `fetch` is the name to fetch it by.
fn missing(binary: &str, install: Option<&str>, fetch: Option<&str>) -> String {
    let fetch = fetch
        .map(|name| format!(", or fetch it with `wasi-conformance runtimes fetch {name}`"))
        .unwrap_or_default();
    if binary.contains('/') {
        return format!("there is no program {binary}: correct `binary` in its entry{fetch}");
    }
    let install = install.unwrap_or("install it, or name its path in its entry");
    format!("there is no `{binary}` on PATH: {install}{fetch}")
}

/// The capabilities that a command lacks. It is started with pipes, so it never has sockets.
fn missing_capabilities(entry: &CommandEntry) -> Vec<MissingCapability> {
    let reason = "commands are given no sockets".into();
    let sockets = MissingCapability { capability: Capability::Sockets, reason };
    entry.missing_capabilities.iter().cloned().chain([sockets]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_v_before_a_version_is_removed() {
        for (version, plain) in [("v20.12.2", "20.12.2"), ("48.0.8", "48.0.8"), ("vm-1", "vm-1")] {
            assert_eq!(plain_version(version), plain);
        }
    }

    #[test]
    fn only_a_name_without_a_slash_is_looked_up_on_path() {
        let on_path = missing("engine", None, Some("engine"));
        assert!(on_path.contains("there is no `engine` on PATH"), "{on_path}");
        assert!(on_path.ends_with("runtimes fetch engine`"), "{on_path}");
        let by_path = missing("/x/engine", Some("install it"), None);
        assert_eq!(by_path, "there is no program /x/engine: correct `binary` in its entry");
    }
}
