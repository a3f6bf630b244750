//! `wasi-conformance upgrade RUNTIME --to V`: what changes from one version of a runtime to another.

use std::time::Duration;

use anyhow::{Result, bail};

use super::{Status, print};
use crate::cli::args::UpgradeArgs;
use crate::exec;
use crate::exec::plan::{Plan, RunOptions};
use crate::report::comparison::make;
use crate::report::screen::Screen;
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;
use crate::runtime::{Limits, RuntimeOptions, RuntimeSpec, overrides, registry, selection};
use crate::support::directories::Directories;
use crate::support::interrupt;
use crate::support::paths;
use crate::support::progress::Progress;

pub fn upgrade(args: &UpgradeArgs) -> Result<Status> {
    let folders = Directories::find(&args.suite.options())?;
    let progress = Progress::on_stderr();
    let Ends { from, to } = Ends::find(args, &folders, &progress)?;
    interrupt::watch()?;
    for row in [&from, &to] {
        row.fetch(&paths::cache()?, &progress)?;
    }
    let out = args.out.clone().unwrap_or_else(|| paths::results(&folders.checkout).join("upgrade"));
    let plan = Plan::on(vec![from.clone(), to.clone()], options(args))?;
    let run = exec::run(&plan, &progress)?;
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
        |row: &RuntimeSpec| Side::of_run(&file.display().to_string(), &only(&run, &row.name));
    let comparison = Comparison::new(&rows(&from), &rows(&to), &args.allow)?;
    print(&make(&comparison, args.format, Screen::default())?)?;
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
    fn find(args: &UpgradeArgs, folders: &Directories, progress: &Progress) -> Result<Self> {
        let all = registry::load(&folders.harness(), &args.runtimes_file)?;
        let base = selection::named(&args.runtime, &all)?;
        let mut programs = Vec::new();
        for spec in &args.runtime_bin {
            programs.push(overrides::parse(&all, spec)?);
        }
        let end = |option: &str, label: &str, value: &str| -> Result<RuntimeSpec> {
            // A path is a program without more ado.
            if value.contains('/') {
                return overrides::parse(&all, &format!("{}@{label}={value}", base.name));
            }
            let named = programs.iter().find(|row| row.version.as_deref() == Some(value));
            match named {
                Some(row) => Ok(row.clone()),
                None => {
                    version(base, value, progress).map_err(|e| anyhow::anyhow!("{option}: {e:#}"))
                }
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
            bail!("both versions are {}: an upgrade needs two", describe(&to)?);
        }
        Ok(Ends { from, to })
    }
}

/// The row of a version. Of an embedded runtime, it is named exactly, and the version that is locked
/// is the runtime as it is.
fn version(base: &RuntimeSpec, asked: &str, progress: &Progress) -> Result<RuntimeSpec> {
    let Some(locked) = base.locked()? else { return base.at(asked) };
    let version = base.buildable(asked, progress)?;
    if version == locked { Ok(base.clone()) } else { base.at(&version.to_string()) }
}

fn describe(row: &RuntimeSpec) -> Result<String> {
    Ok(match row.locked()? {
        Some(locked) if row.version.is_none() => format!("{} {locked}", row.name),
        _ => row.name.clone(),
    })
}

fn options(args: &UpgradeArgs) -> RunOptions {
    let defaults = RunOptions::default();
    RunOptions {
        runtimes: RuntimeOptions { files: args.runtimes_file.clone(), ..Default::default() },
        directories: args.suite.options(),
        filters: args.filter.clone(),
        limits: Limits { time: Duration::from_secs_f64(args.timeout), ..defaults.limits },
        repeat: args.repeat,
        isolate: args.isolate,
        jobs: args.jobs.map_or(defaults.jobs, usize::from),
        ..defaults
    }
}

/// A run of one row.
fn only(run: &Run, name: &str) -> Run {
    let mut run = run.clone();
    run.runtimes.retain(|row| row.name == name);
    run.verdicts.retain(|verdict| verdict.runtime == name);
    run
}
