//! `wasi-conformance upgrade RUNTIME --to V`: what changes from one version of a runtime to another.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Parser;

use super::{Folders, Status, known_runtime, print};
use crate::cli::args::{Cli, RunArgs, UpgradeArgs, Which};
use crate::report::comparison::make;
use crate::results::compare::{Comparison, Rows};
use crate::results::run_file::Run;
use crate::runtime::{RuntimeSpec, catalogue, given};
use crate::support::interrupt;
use crate::support::paths;
use crate::support::progress::Progress;

pub fn upgrade(args: &UpgradeArgs) -> Result<Status> {
    let folders = Folders::find(&args.suite)?;
    let progress = Progress::on_stderr();
    let Ends { from, to } = Ends::find(args, &folders, &progress)?;
    interrupt::watch()?;
    for row in [&from, &to] {
        row.fetch(&paths::cache()?, &progress)?;
    }
    let out = args.out.clone().unwrap_or_else(|| paths::results(&folders.checkout).join("upgrade"));
    let (run, out) = super::run::execute(&run_args(args, &from, &to, out))?;
    let file = out.join("run.json");
    run.write(&file)?;
    progress.say(&format!("wrote {}", file.display()));
    if !run.complete {
        return Ok(Status::Interrupted);
    }
    for row in &run.runtimes {
        if let Some(reason) = row.unavailable.as_ref().or(row.smoke_test_failure.as_ref()) {
            bail!("{} cannot be compared: {reason}", row.name);
        }
    }
    let rows =
        |row: &RuntimeSpec| Rows::of_run(&file.display().to_string(), &only(&run, &row.name));
    let comparison = Comparison::new(&rows(&from), &rows(&to), &args.allow)?;
    print(&make(&comparison, args.format)?)?;
    Ok(match comparison.failures().next() {
        None => Status::Clean,
        Some(_) => Status::Unexpected,
    })
}

/// The two rows that are compared.
struct Ends {
    from: RuntimeSpec,
    to: RuntimeSpec,
}

impl Ends {
    fn find(args: &UpgradeArgs, folders: &Folders, progress: &Progress) -> Result<Self> {
        let all = catalogue(&folders.harness(), &args.runtimes_file)?;
        let base = known_runtime(&args.runtime, &all)?;
        let mut programs = Vec::new();
        for spec in &args.runtime_bin {
            programs.push(given(&all, spec)?);
        }
        let end = |option: &str, label: &str, value: &str| -> Result<RuntimeSpec> {
            // A path is a program without more ado.
            if value.contains('/') {
                return given(&all, &format!("{}@{label}={value}", base.name));
            }
            let named = programs.iter().find(|row| row.version.as_deref() == Some(value));
            match named {
                Some(row) => Ok(row.clone()),
                None => version(base, value, folders, progress)
                    .map_err(|e| anyhow::anyhow!("{option}: {e:#}")),
            }
        };
        let to = end("--to", "new", &args.to)?;
        let from = match &args.from {
            Some(value) => end("--from", "old", value)?,
            None => programs.iter().find(|row| row.version.is_none()).unwrap_or(base).clone(),
        };
        for (option, row) in [("--from", &from), ("--to", &to)] {
            if row.base != from.base {
                bail!("{option}: {} is no {}: compare two of one runtime", row.name, from.base);
            }
        }
        if from.name == to.name {
            bail!("both versions are {}: an upgrade needs two", describe(&to, folders)?);
        }
        Ok(Ends { from, to })
    }
}

/// The row of a version. Of an embedded runtime, it is named exactly, and the version that is locked
/// is the runtime as it is.
fn version(
    base: &RuntimeSpec,
    asked: &str,
    folders: &Folders,
    progress: &Progress,
) -> Result<RuntimeSpec> {
    let Some(locked) = base.locked(&folders.harness())? else { return base.at(asked) };
    let version = base.buildable(asked, &folders.harness(), progress)?;
    if version == locked { Ok(base.clone()) } else { base.at(&version.to_string()) }
}

fn describe(row: &RuntimeSpec, folders: &Folders) -> Result<String> {
    Ok(match row.locked(&folders.harness())? {
        Some(locked) if row.version.is_none() => format!("{} {locked}", row.name),
        _ => row.name.clone(),
    })
}

fn run_args(args: &UpgradeArgs, from: &RuntimeSpec, to: &RuntimeSpec, out: PathBuf) -> RunArgs {
    let program = |row: &RuntimeSpec| {
        row.binary.as_ref().map(|path| format!("{}={}", row.name, path.display()))
    };
    RunArgs {
        which: Which {
            runtimes: vec![from.name.clone(), to.name.clone()],
            runtime_bin: [from, to].into_iter().filter_map(program).collect(),
            runtimes_file: args.runtimes_file.clone(),
        },
        suite: args.suite.clone(),
        filter: args.filter.clone(),
        timeout: args.timeout,
        repeat: args.repeat,
        isolate: args.isolate,
        jobs: args.jobs,
        out: Some(out),
        // The others are as when nobody gives them.
        ..Cli::parse_from(["wasi-conformance"]).run
    }
}

/// A run of one row.
fn only(run: &Run, name: &str) -> Run {
    let mut run = run.clone();
    run.runtimes.retain(|row| row.name == name);
    run.verdicts.retain(|verdict| verdict.runtime == name);
    run
}
