//! `wasi-conformance run`, the main command: plan, prepare, run, report.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::{
    AllowArgs, DirectoryArgs, FilterArgs, RuntimeArgs, SelectArgs, one_of, seconds,
};
use super::baseline::{self, Baseline};
use super::results_directory::{FailOn, ResultsDirectory};
use super::status::Status;
use crate::case::filter::Filter;
use crate::case::shard::Shard;
use crate::exec::plan::{Plan, RunOptions};
use crate::exec::prepare::PreparedRuntimes;
use crate::exec::{engine, judged_cases, run_file};
use crate::report::finished::finished;
use crate::results::run_file::{RuntimeRow, VerdictRow};
use crate::runtime::Limits;
use crate::support::checkout;
use crate::support::interrupt;
use crate::support::output::warn;
use crate::support::progress::Progress;
use crate::support::text::count;

/// Run cases, print a matrix and what is unexpected, and write the run file and reports
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance run                                     # every case on the default runtimes
  wasi-conformance run -r node,wasmtime -f path_open       # one function on two runtimes
  wasi-conformance run --runtimes-file mine.yaml --tag core # the first cases of a young runtime
  wasi-conformance run -r wasmtime@47 --baseline           # what changed since the published snapshots
  wasi-conformance run --wasi-testsuite ../wasi-testsuite  # the tests of another suite")]
pub struct RunArgs {
    #[command(flatten)]
    runtimes: RuntimeArgs,
    #[command(flatten)]
    directories: DirectoryArgs,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Run one of N equal parts of the cases, from 1/N to N/N; `merge` joins their runs
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Run a wasi-testsuite directory instead of our own cases
    #[arg(long, value_name = "DIR", conflicts_with_all = ["expectations", "guests"])]
    wasi_testsuite: Option<PathBuf>,
    /// Seconds that a guest may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    timeout: Duration,
    /// Seconds that a runtime may take to compile and start a guest. After three guests in a row that
    /// did not start, no more are tried
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    start_timeout: Duration,
    /// MiB that a guest may write to stdout, and to stderr
    #[arg(long, value_name = "MIB", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=1024))]
    output_limit: u32,
    /// MiB that the files of a case may take; holes take nothing
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = clap::value_parser!(u32).range(1..=65536))]
    disk_limit: u32,
    /// MiB of memory that the process which runs a guest may take
    #[arg(long, value_name = "MIB", default_value = "1024", value_parser = clap::value_parser!(u32).range(256..=65536))]
    memory_limit: u32,
    /// Record which functions each guest calls and what they return
    #[arg(long)]
    coverage: bool,
    /// Run each case N times to detect flaky results
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeat: u32,
    /// Compare with the snapshot of each runtime, from a file or directory [default: the published
    /// snapshots]. A regression is exit status 1. A version that has no snapshot is always compared with
    /// the nearest older one
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    baseline: Option<Option<PathBuf>>,
    #[command(flatten)]
    allow: AllowArgs,
    /// What makes the exit status 1
    #[arg(long, value_name = "WHAT", default_value = "unexpected", value_parser = one_of(&FailOn::ALL))]
    fail_on: FailOn,
    /// Go on with the unfinished run in the output directory: repeat its command and add this
    #[arg(long, conflicts_with = "repeat")]
    resume: bool,
    /// Build nothing: leave out runtimes whose runner is not built yet
    #[arg(long)]
    quick: bool,
    /// Start a new runner process for each case
    #[arg(long)]
    isolate: bool,
    /// Let runtimes use this machine as you can: all files, the whole environment, the network
    #[arg(long)]
    no_containment: bool,
    /// How many cases run at once [default: twice the number of processors, fewer
    /// with less than 512 MiB of memory for each]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Directory for run.json, report.html, report.md, comment.md and junit.xml [default:
    /// target/wasi-conformance of the checkout; with --wasi-testsuite, wasi-testsuite in it]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl RunArgs {
    fn options(&self) -> RunOptions {
        RunOptions {
            runtimes: self.runtimes.options(),
            directories: self.directories.options(),
            wasi_testsuite: self.wasi_testsuite.clone(),
            filters: self.filter.filter.clone(),
            tags: self.select.tag.clone(),
            bases: self.select.basis.clone(),
            shard: self.shard,
            limits: Limits {
                time: self.timeout,
                start: self.start_timeout,
                output: self.output_limit as usize * 1024 * 1024,
                disk: u64::from(self.disk_limit) << 20,
                memory: u64::from(self.memory_limit) << 20,
                ..Limits::default()
            },
            coverage: self.coverage,
            repeat: self.repeat,
            isolate: self.isolate,
            contain: !self.no_containment,
            quick: self.quick,
            jobs: self.jobs.map_or_else(engine::default_jobs, usize::from),
        }
    }
}

pub fn run(args: &RunArgs) -> Result<Status> {
    check(args)?;
    let plan = Plan::new(args.options())?;
    warn_of_unfinished(&plan);
    let directories = &plan.directories;
    let baseline = baseline::path(&args.baseline, directories);
    let baseline = baseline.map(|path| Baseline::read(&path, directories)).transpose()?;
    let out = args.out.clone().unwrap_or_else(|| default_out(&plan));
    let out = ResultsDirectory::create(out, directories)?;
    let mut log = out.open_log(args.resume)?;
    interrupt::watch()?;
    let progress = Progress::on_stderr();

    let prepared = PreparedRuntimes::new(&plan)?;
    let say = |runtime: &RuntimeRow, verdicts: &[VerdictRow]| {
        progress.say(&finished(runtime, verdicts));
    };
    let judged = judged_cases::run(&plan, &prepared, Some(&mut log), &say, &progress)?;
    let run = run_file::run_file(&plan, &prepared, &judged, Some(&log))?;

    let allow = &args.allow.allow;
    let comparison = match baseline {
        Some(baseline) => baseline.compare(&run, allow).map(Some),
        None => baseline::of_unrecorded(&run, directories),
    };
    let since = comparison.as_ref().ok().and_then(Option::as_ref);
    let known = (&*plan.cases, &plan.divergences);
    let status = out.write_and_show(&run, Some(known), since, args.fail_on)?;
    log.close(run.complete)?;
    comparison?;
    Ok(status)
}

/// Unfinished causes explain what they claim, so that work can go on; only `check` fails.
fn warn_of_unfinished(plan: &Plan) {
    let unfinished: Vec<&str> = plan.divergences.unfinished().map(|head| &*head.id).collect();
    if !unfinished.is_empty() {
        warn(&format!(
            "note: say why for {}: {} (until then, `wasi-conformance check` fails)",
            count(unfinished.len(), "unfinished cause"),
            unfinished.join(", ")
        ));
    }
}

/// Refuses wrong usage before the run, because afterwards it is too late.
fn check(args: &RunArgs) -> Result<()> {
    Filter::of_option("--allow", &args.allow.allow)?;
    if args.baseline.is_none() {
        if args.fail_on == FailOn::Regression {
            bail!("--fail-on regression needs something to compare with: add --baseline");
        }
        if !args.allow.allow.is_empty() {
            bail!("--allow accepts regressions from a baseline: add --baseline");
        }
    }
    Ok(())
}

/// `explain` and `bless` read the last run of our own cases, so other runs go elsewhere.
fn default_out(plan: &Plan) -> PathBuf {
    let results = checkout::results(&plan.directories.checkout);
    match plan.options.wasi_testsuite {
        Some(_) => results.join("wasi-testsuite"),
        None => results,
    }
}
