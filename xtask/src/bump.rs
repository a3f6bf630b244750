//! `cargo xtask bump`: moves a runtime to another version, runs it, and shows what that changes.

mod hashes;
mod library;
mod registry_text;
mod review;
mod saved;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use semver::Version;
use wasi_conformance::cli::snapshot_files;
use wasi_conformance::exec::plan::{Plan, RunOptions};
use wasi_conformance::exec::prepare::PreparedRuntimes;
use wasi_conformance::exec::{causes, judged_cases, run_file};
use wasi_conformance::known::{self, Snapshots};
use wasi_conformance::results::run_file::{Run, RuntimeRow};
use wasi_conformance::results::snapshot;
use wasi_conformance::runtime::config::Fetch;
use wasi_conformance::runtime::{RuntimeSpec, registry, releases, selection};
use wasi_conformance::support::checkout;
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::interrupt;
use wasi_conformance::support::output::print;
use wasi_conformance::support::paths::{self, write_whole};
use wasi_conformance::support::progress::Progress;

use crate::Status;
use registry_text::RegistryText;
use review::Bump;
use saved::Saved;

/// Move a runtime to another version: change its pin, run all cases, write the snapshot, and print
/// the differences that are gone, new or changed, and the causes to close
///
/// The pin of a library is in the Cargo.toml of its runner; all others are in the registry. docs/how-to/
/// bump-a-runtime.md has the steps. Exit status 1 if a cause is missing.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cargo xtask bump deno                      # the newest release
  cargo xtask bump node 24                   # the newest 24
  cargo xtask bump wazero forky              # the version in this release of Debian
  cargo xtask bump wasmer 6.1 --keep-pin     # only adds a version to the history")]
pub struct Args {
    runtime: String,
    /// A version, its beginning, or a release of Debian [default: the newest that can run here]
    version: Option<String>,
    /// Only run this version and write its snapshot
    #[arg(long)]
    keep_pin: bool,
    /// Read this run instead of running: its runtime is the version's
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let all = registry::load(&directories.harness(), &[])?;
    let spec = selection::named(&args.runtime, &all)?;
    interrupt::watch()?;
    let progress = Progress::on_stderr();
    let run = match &args.run {
        Some(file) => Some(Run::read(file)?),
        None => {
            let pins = Saved::of(pin_files(spec, &directories))?;
            pins.unless_it_fails(|| {
                let name = change_pin(spec, args, &directories, &progress)?;
                let Some(name) = name else { return Ok(None) };
                let run = run_cases(&name, &progress)?;
                row_of(&run, spec)?;
                Ok(Some(run))
            })?
        }
    };
    match run {
        Some(run) => show(&run, spec, &all, &directories),
        None => Ok(Status::Fine),
    }
}

/// The files that a change of the pin writes.
fn pin_files(spec: &RuntimeSpec, directories: &Directories) -> Vec<PathBuf> {
    let mut files = vec![registry_file(directories)];
    if spec.is_library() {
        let package = package(spec, directories);
        files.extend(["Cargo.toml", "Cargo.lock"].map(|name| package.join(name)));
    }
    if let Some(Fetch { npm: Some(npm), .. }) = spec.fetch_source() {
        files.extend(npm.pins.iter().filter_map(|pin| pin.lock.clone()));
    }
    files
}

fn registry_file(directories: &Directories) -> PathBuf {
    directories.harness().join("runners/registry.yaml")
}

/// Changes the pin, and returns the name to run. `None` if there is nothing to do.
fn change_pin(
    spec: &RuntimeSpec,
    args: &Args,
    directories: &Directories,
    progress: &Progress,
) -> Result<Option<String>> {
    let name = &spec.base;
    if let Some(Fetch { debian: Some(debian), .. }) = spec.fetch_source() {
        let Some(suite) = &args.version else {
            bail!(
                "{name} comes from Debian, which has one version in each release\n    name the \
                 release: `cargo xtask bump {name} {}` runs the one that it has now",
                debian.suite
            );
        };
        if !args.keep_pin && *suite != debian.suite {
            edit(directories, |text| text.replace(name, "suite", &debian.suite, suite))?;
        }
        return Ok(Some(format!("{name}@{suite}")));
    }
    let version = target(spec, args.version.as_deref(), directories, progress)?;
    if !args.keep_pin && pinned(spec, directories)?.contains(&version.to_string()) {
        print(&format!("{name}: {version} is already pinned, and no newer version runs here\n"))?;
        return Ok(None);
    }
    if !args.keep_pin {
        write_pin(spec, &version, directories)?;
        print(&format!("pinned {name} {version}\n"))?;
    }
    // The pin of a library is the library without a version.
    Ok(Some(match spec.is_library() && !args.keep_pin {
        true => name.clone(),
        false => format!("{name}@{version}"),
    }))
}

/// The version that is meant. For a library, the newest that the installed Rust builds.
fn target(
    spec: &RuntimeSpec,
    asked: Option<&str>,
    directories: &Directories,
    progress: &Progress,
) -> Result<Version> {
    let mut published = match spec.is_library() {
        true => {
            let (names, _) = library::pinned(&package(spec, directories))?;
            let (versions, newest) = library::buildable(&names)?;
            if let Some(newest) = newest.filter(|_| asked.is_none()) {
                print(&format!("note: {} {newest}\n", spec.base))?;
            }
            versions
        }
        false => spec.releases(progress)?,
    };
    // A pre-release only if exactly that is asked for.
    let is_asked = |version: &Version| asked.is_some_and(|asked| asked == version.to_string());
    published.retain(|version| version.pre.is_empty() || is_asked(version));
    match asked {
        Some(asked) => releases::choose(&spec.base, asked, &published),
        None => published.pop().with_context(|| format!("{}: no version can run here", spec.base)),
    }
}

/// The package of a library's runner.
fn package(spec: &RuntimeSpec, directories: &Directories) -> PathBuf {
    directories.harness().join("runners").join(&spec.base)
}

/// The versions that are pinned now.
fn pinned(spec: &RuntimeSpec, directories: &Directories) -> Result<Vec<String>> {
    Ok(match spec.fetch_source() {
        _ if spec.is_library() => vec![library::pinned(&package(spec, directories))?.1.to_string()],
        Some(Fetch { cargo: Some(source), .. }) => source.version.iter().cloned().collect(),
        Some(Fetch { npm: Some(all), .. } | Fetch { pypi: Some(all), .. }) => {
            all.pins.iter().map(|pin| pin.version.clone()).collect()
        }
        _ => {
            bail!("{} is not fetched, so it has no pin: install the version and run it", spec.base)
        }
    })
}

fn write_pin(spec: &RuntimeSpec, version: &Version, directories: &Directories) -> Result<()> {
    let name = &spec.base;
    let old = pinned(spec, directories)?;
    let old =
        old.first().with_context(|| format!("{name}: it has no pin yet: write one by hand"))?;
    let text = version.to_string();
    match spec.fetch_source() {
        None => {
            let package = package(spec, directories);
            library::change(name, &package, &Version::parse(old)?, version)
        }
        Some(Fetch { npm: Some(npm), .. }) => {
            match npm.pins.iter().find_map(|pin| pin.lock.as_ref()) {
                Some(lock) => {
                    write_whole(lock, hashes::lock_of_npm(npm, version)?.as_bytes())?;
                    edit(directories, |registry| registry.replace(name, "version", old, &text))
                }
                None => {
                    let body = hashes::of_npm(npm, version)?;
                    edit(directories, |registry| registry.add_pin(name, version, &body))
                }
            }
        }
        Some(Fetch { pypi: Some(pypi), .. }) => {
            let body = hashes::of_pypi(pypi, version)?;
            edit(directories, |registry| registry.add_pin(name, version, &body))
        }
        Some(_) => edit(directories, |registry| registry.replace(name, "version", old, &text)),
    }
}

fn edit(
    directories: &Directories,
    change: impl FnOnce(&mut RegistryText) -> Result<()>,
) -> Result<()> {
    let path = registry_file(directories);
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let mut registry = RegistryText::new(&path.display().to_string(), &text);
    change(&mut registry)?;
    write_whole(&path, registry.text().as_bytes())
}

/// Runs every case on one runtime, and keeps the run file where `explain` and `bless` look for it.
fn run_cases(name: &str, progress: &Progress) -> Result<Run> {
    let mut options = RunOptions::default();
    options.runtimes.names = vec![name.to_owned()];
    let plan = Plan::new(options)?;
    for runtime in &plan.runtimes {
        runtime.spec.fetch(&paths::cache()?, progress)?;
    }
    let prepared = PreparedRuntimes::new(&plan)?;
    let judged = judged_cases::run(&plan, &prepared, None, &|_, _| (), progress)?;
    let run = run_file::run_file(&plan, &prepared, &judged, None)?;
    let file = checkout::results(&plan.directories.checkout).join("run.json");
    run.write(&file)?;
    print(&format!("wrote {}\n", file.display()))?;
    if !run.complete {
        bail!("the run was interrupted, so there is no snapshot: run it again");
    }
    Ok(run)
}

/// The row of a runtime, if it ran.
fn row_of<'a>(run: &'a Run, spec: &RuntimeSpec) -> Result<&'a RuntimeRow> {
    let Some(row) = run.runtimes.iter().find(|row| known::family(&row.name) == spec.base) else {
        bail!("the run has no runtime {}", spec.base);
    };
    match row.unavailable.as_ref().or(row.smoke_test_failure.as_ref()) {
        Some(why) => bail!("{}: {why}", row.name),
        None => Ok(row),
    }
}

/// Writes the snapshot of the run, and prints the review.
fn show(
    run: &Run,
    spec: &RuntimeSpec,
    all: &[RuntimeSpec],
    directories: &Directories,
) -> Result<Status> {
    let row = row_of(run, spec)?;
    let (_, before) = known::load_with_cases(directories)?;
    let (new, new_cases) = snapshot::of_runtime(run, row);
    let mut others: Snapshots = before.snapshots;
    others.files.retain(|file| file.snapshot.file_name() != new.file_name());
    let families: Vec<String> = all
        .iter()
        .filter(|other| other.divergences_of() == spec.divergences_of())
        .map(|other| other.base.clone())
        .collect();
    let nearest = |family: &str| others.nearest(family, &new.version);
    let old = nearest(&spec.base).or_else(|| nearest(spec.divergences_of()));
    let old = old.map(|file| file.snapshot.clone());
    let written = snapshot_files::update(&directories.snapshots(), run, row, &|_| true)?;
    print(if written.is_empty() { "the snapshot is as it was\n" } else { &written })?;
    let (set, divergences) = known::load_with_cases(directories)?;
    if let Some(old) = &old {
        let file = spec.divergences_of();
        let old_cases = others.lists.get(&old.cases).unwrap_or(&new_cases);
        let (set, divergences, families) = (&set, &divergences, &families[..]);
        let (new, new_cases) = (&new, &new_cases);
        let bump = Bump { set, divergences, file, families, old, new, old_cases, new_cases };
        print(&bump.review())?;
    } else {
        print(&format!("{}: there is no other version to compare with\n", spec.base))?;
    }
    let problems = known::check(&divergences, &set, |family| causes::divergences_of(all, family));
    if problems.0.is_empty() {
        return Ok(Status::Fine);
    }
    print("next: `wasi-conformance bless` proposes causes, and `check` says what else is open\n")?;
    Ok(Status::Failed)
}
