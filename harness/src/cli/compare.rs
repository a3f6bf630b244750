//! `wasi-conformance compare A B`: the changes, and whether any of them is a regression.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::arguments::{AllowArgs, DirectoryArgs, FilterArgs, RuntimeFileArgs, one_of, seconds};
use super::baseline::reasons;
use super::report::write_file;
use super::side::{Named, Resolver};
use super::status::Status;
use crate::case::filter::Filter;
use crate::exec;
use crate::exec::plan::{Plan, RunOptions};
use crate::report::comparison::{FORMATS, Format};
use crate::report::screen::Screen;
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;
use crate::runtime::{Limits, RuntimeSpec, registry};
use crate::support::checkout;
use crate::support::directories::Directories;
use crate::support::interrupt;
use crate::support::output::print;
use crate::support::paths;
use crate::support::progress::Progress;

/// Show what changed between two run files, snapshots or runtimes
///
/// A and B are each a run file, a snapshot, a directory of snapshots, or a runtime as NAME or
/// NAME@VERSION. Runtimes are fetched or built if needed, and run. An argument that is an existing
/// path is a file.
///
/// Exit status 1 if a case of level must or should held in A and does not in B.
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance compare wasmtime@36 wasmtime@48              # runs both versions
  wasi-conformance compare wasmtime@36 wasmtime@48 --published  # takes their published snapshots
  wasi-conformance compare before/run.json after/run.json --format html --out changes.html
  wasi-conformance compare wasmtime@old wasmtime@new \\
      --runtime-bin wasmtime@old=/usr/bin/wasmtime --runtime-bin wasmtime@new=target/release/wasmtime")]
pub struct CompareArgs {
    /// The earlier side: a run file, a snapshot, a directory of snapshots, or a runtime
    #[arg(value_name = "A")]
    a: String,
    /// The later side: the same kinds of argument
    #[arg(value_name = "B")]
    b: String,
    /// Use the published snapshots of the runtimes instead of running them
    #[arg(long)]
    published: bool,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    allow: AllowArgs,
    /// How to show the changes
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = one_of(&FORMATS))]
    format: Format,
    /// File for the comparison [default: stdout]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    running: RunningArgs,
}

/// How runtimes run. Without a runtime to run, none of these may be given.
#[derive(Args)]
#[command(next_help_heading = "Options for running runtimes")]
struct RunningArgs {
    /// Use this program: NAME=PATH, or NAME@LABEL=PATH for a runtime named NAME@LABEL (repeatable)
    #[arg(long, value_name = "NAME=PATH", conflicts_with = "published")]
    runtime_bin: Vec<String>,
    #[command(flatten)]
    files: RuntimeFileArgs,
    #[command(flatten)]
    directories: DirectoryArgs,
    /// Seconds that a guest may take [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "published")]
    timeout: Option<Duration>,
    /// Run each case N times, to tell changes from flaky results [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000), conflicts_with = "published")]
    repeat: Option<u32>,
    /// Start a new runner process for each case
    #[arg(long, conflicts_with = "published")]
    isolate: bool,
    /// How many cases run at once [default: twice the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), conflicts_with = "published")]
    jobs: Option<u16>,
    /// Directory for the run file of the runtimes [default: compare in the directory of results]
    #[arg(long, value_name = "DIR", conflicts_with = "published")]
    run_out: Option<PathBuf>,
}

pub fn compare(args: &CompareArgs) -> Result<Status> {
    Filter::of_option("--allow", &args.allow.allow)?;
    let directories = Directories::find(&args.running.directories.options())?;
    let progress = Progress::on_stderr();
    let named = Resolver {
        filter: Filter::new(&args.filter.filter)?,
        published: args.published,
        registry: registry::load(&directories.harness(), &args.running.files.runtimes_file)?,
        programs: &args.running.runtime_bin,
        directories: &directories,
        progress: &progress,
    };
    let (a, b) = (named.resolve(&args.a)?, named.resolve(&args.b)?);
    let Some((a, b)) = run_runtimes(args, a, b, &directories, &progress)? else {
        return Ok(Status::Interrupted);
    };
    let comparison = Comparison::new(&a, &b, &args.allow.allow)?;
    if comparison.is_empty() {
        bail!(
            "{} and {}: they have no case in common, so there is nothing to compare{}",
            args.a,
            args.b,
            reasons(&comparison)
        );
    }
    let text = (args.format.make)(&comparison, Screen::of_stdout())?;
    match &args.out {
        None => print(&text)?,
        Some(file) => write_file(file, &text)?,
    }
    Ok(match comparison.failures().next() {
        None => Status::Clean,
        Some(_) => Status::Unexpected,
    })
}

/// Runs the sides that are runtimes, in one run. `None` if it was interrupted.
fn run_runtimes(
    args: &CompareArgs,
    a: Named,
    b: Named,
    directories: &Directories,
    progress: &Progress,
) -> Result<Option<(Side, Side)>> {
    let specs = [&a, &b].into_iter().filter_map(|named| match named {
        Named::Runtime(spec) => Some((**spec).clone()),
        Named::Results(_) => None,
    });
    let specs: Vec<RuntimeSpec> = specs.collect();
    if specs.is_empty() {
        refuse_running_options(&args.running)?;
    }
    if let [a, b] = specs.as_slice()
        && a.name == b.name
    {
        bail!("A and B are both {}: a comparison needs two versions", describe(a)?);
    }
    let run = match specs.as_slice() {
        [] => None,
        _ => Some(run_all(args, &specs, directories, progress)?),
    };
    if run.as_ref().is_some_and(|(_, run)| !run.complete) {
        return Ok(None);
    }
    let side = |named: Named| match (named, &run) {
        (Named::Runtime(spec), Some((file, run))) => {
            Side::of_run(&file.display().to_string(), &only(run, &spec.name))
        }
        (Named::Runtime(_), None) => unreachable!("a runtime that was named was run"),
        (Named::Results(side), _) => side,
    };
    Ok(Some((side(a), side(b))))
}

fn refuse_running_options(args: &RunningArgs) -> Result<()> {
    let unused = [
        ("--runtime-bin", !args.runtime_bin.is_empty()),
        ("--timeout", args.timeout.is_some()),
        ("--repeat", args.repeat.is_some()),
        ("--isolate", args.isolate),
        ("--jobs", args.jobs.is_some()),
        ("--run-out", args.run_out.is_some()),
    ];
    match unused.into_iter().find(|(_, is_given)| *is_given) {
        Some((option, _)) => {
            bail!("{option}: nothing runs, because A and B are results: leave it out")
        }
        None => Ok(()),
    }
}

/// The run file of these runtimes, which must all have run.
fn run_all(
    args: &CompareArgs,
    specs: &[RuntimeSpec],
    directories: &Directories,
    progress: &Progress,
) -> Result<(PathBuf, Run)> {
    let out = args.running.run_out.clone();
    let out = out.unwrap_or_else(|| checkout::results(&directories.checkout).join("compare"));
    paths::try_to_write(&out).with_context(|| {
        format!("the run file cannot be written to {} (--run-out moves it)", out.display())
    })?;
    interrupt::watch()?;
    for spec in specs {
        spec.fetch(&paths::cache()?, progress)?;
    }
    let plan = Plan::on(specs.to_vec(), options(args))?;
    let run = exec::run(&plan, progress)?;
    let file = out.join("run.json");
    run.write(&file)?;
    progress.say(&format!("wrote {}", file.display()));
    if run.complete {
        for row in &run.runtimes {
            if let Some(reason) = row.unavailable.as_ref().or(row.smoke_test_failure.as_ref()) {
                bail!("{} cannot be compared: {reason}", row.name);
            }
        }
    }
    Ok((file, run))
}

fn options(args: &CompareArgs) -> RunOptions {
    let defaults = RunOptions::default();
    let running = &args.running;
    RunOptions {
        directories: running.directories.options(),
        filters: args.filter.filter.clone(),
        limits: Limits { time: running.timeout.unwrap_or(defaults.limits.time), ..defaults.limits },
        repeat: running.repeat.unwrap_or(defaults.repeat),
        isolate: running.isolate,
        jobs: running.jobs.map_or(defaults.jobs, usize::from),
        ..defaults
    }
}

fn describe(spec: &RuntimeSpec) -> Result<String> {
    Ok(match spec.locked()? {
        Some(locked) if spec.version.is_none() => format!("{} {locked}", spec.name),
        _ => spec.name.clone(),
    })
}

/// The run of one runtime alone.
fn only(run: &Run, name: &str) -> Run {
    let mut run = run.clone();
    run.runtimes.retain(|row| row.name == name);
    run.verdicts.retain(|verdict| verdict.runtime == name);
    run
}
