//! The command line: what can be typed, and what it means.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::case::Tag;
use crate::case::shard::Shard;
use crate::exec::engine;
use crate::exec::plan::RunOptions;
use crate::known::DivergenceKind;
use crate::report::{Format, comparison};
use crate::runtime::{Limits, RuntimeOptions};
use crate::support::directories::DirectoryOptions;

/// Runs WASI preview 1 guests on many runtimes and judges them against YAML expectations.
///
/// Without a command, runs every case on every available runtime. Exit status: 0 nothing
/// unexpected, 1 something is, 2 bad usage or an error of this program, 130 interrupted.
#[derive(Parser)]
#[command(disable_version_flag = true, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print the version, and the digest of the suite that would be run
    #[arg(short = 'V', long, exclusive = true)]
    pub version: bool,
    #[command(flatten)]
    pub run: RunArgs,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run cases, print a matrix and what is unexpected, write the run and a report.
    Run(Box<RunArgs>),
    /// List the runtimes: available or why not, version, source, self-proof.
    Runtimes(RuntimesArgs),
    /// List the cases.
    List(ListArgs),
    /// Show one case: its rule, its expectation, what each runtime did in the last run.
    Explain(ExplainArgs),
    /// Show which functions, errnos and rules a run has covered, and what is missing.
    Coverage(CoverageArgs),
    /// Write the cases as a folder in the layout of wasi-testsuite, for other runners.
    Export(ExportArgs),
    /// Join the runs of several jobs into one: shards, runtimes, or both.
    Merge(MergeArgs),
    /// Show runs in a format for people or for other programs.
    Report(ReportArgs),
    /// Keep what each runtime did in a small file, for later runs to be compared with.
    Snapshot(SnapshotArgs),
    /// Compare what runtimes did in two runs, or in a run and a baseline.
    ///
    /// Exit status 1 if a case of level must or should held in A and does not in B.
    Compare(CompareArgs),
    /// Propose records for the divergences of a run; each needs a reason filled in.
    Bless(BlessArgs),
    /// Show what changes from one version of a runtime to another: both run, and are compared.
    ///
    /// Exit status 1 if a case of level must or should holds on the old one and not on the new one.
    Upgrade(Box<UpgradeArgs>),
    /// Find the first version of a runtime in which a case changed.
    Bisect(BisectArgs),
    /// Check cases, guests and records without running anything.
    Check(CheckArgs),
}

/// Where the cases and guests are.
#[derive(Args, Clone, Default)]
pub struct Suite {
    /// The folder of YAML files of cases [default: the checkout's expectations]
    #[arg(long, value_name = "DIR")]
    pub expectations: Option<PathBuf>,
    /// The folder of guests, as .wasm [default: the checkout's guests/prebuilt]
    #[arg(long, value_name = "DIR")]
    pub guests: Option<PathBuf>,
}

/// Which runtimes.
#[derive(Args, Clone, Default)]
pub struct Which {
    /// Only this runtime, or this version of it as NAME@VERSION (repeatable, or a list with commas);
    /// `all` is every runtime that there is, with each version that was fetched
    #[arg(long = "runtime", short = 'r', value_name = "NAME", value_delimiter = ',')]
    pub runtimes: Vec<String>,
    /// Use this program for a script's or a command-line runtime: `node=/opt/node-24/bin/node`, or
    /// with a label of its own `wasmtime@50=/opt/wasmtime-50/wasmtime` (repeatable). Without
    /// --runtime, only these run
    #[arg(long, value_name = "NAME=PATH")]
    pub runtime_bin: Vec<String>,
    /// A YAML file of further command-line runtimes (repeatable)
    #[arg(long, value_name = "FILE")]
    pub runtimes_file: Vec<PathBuf>,
}

impl Suite {
    pub fn options(&self) -> DirectoryOptions {
        DirectoryOptions { expectations: self.expectations.clone(), guests: self.guests.clone() }
    }
}

impl Which {
    pub fn options(&self) -> RuntimeOptions {
        RuntimeOptions {
            names: self.runtimes.clone(),
            overrides: self.runtime_bin.clone(),
            files: self.runtimes_file.clone(),
        }
    }
}

impl RunArgs {
    pub fn options(&self) -> RunOptions {
        RunOptions {
            runtimes: self.which.options(),
            directories: self.suite.options(),
            wasi_testsuite: self.other_suite.clone(),
            filters: self.filter.clone(),
            tags: self.tag.clone(),
            shard: self.shard,
            limits: Limits {
                time: Duration::from_secs_f64(self.timeout),
                output: self.output_limit as usize * 1024 * 1024,
            },
            coverage: self.coverage,
            repeat: self.repeat,
            isolate: self.isolate,
            jobs: self.jobs.map_or_else(engine::default_jobs, usize::from),
        }
    }
}

#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub suite: Suite,
    /// Only cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only cases with this tag: `core` is what a young runtime should pass first (repeatable)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<Tag>,
    /// Run one of N equal parts of the cases: from 1/N to N/N. `merge` joins their runs
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Run a folder in the layout of wasi-testsuite instead of our own cases
    #[arg(long = "suite", value_name = "DIR", conflicts_with_all = ["expectations", "guests"])]
    pub other_suite: Option<PathBuf>,
    /// Seconds that a guest may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub timeout: f64,
    /// MiB that a guest may write to stdout, and to stderr
    #[arg(long, value_name = "MIB", default_value = "16", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub output_limit: u32,
    /// Record which functions each guest calls and what they return, for `coverage`
    #[arg(long)]
    pub coverage: bool,
    /// Run every case so many times, to find those that do not always come out the same
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// Compare with a baseline, of a folder or the published ones; a regression is exit status 1
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    pub baseline: Option<Option<PathBuf>>,
    /// Accept the regression of cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, value_name = "ID", requires = "baseline")]
    pub allow: Vec<String>,
    /// One runner process per case instead of long-lived ones
    #[arg(long)]
    pub isolate: bool,
    /// How many cases run at once [default: twice the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Where run.json, report.html, report.md, comment.md and junit.xml are written [default: the checkout's
    /// target/wasi-conformance; with --suite, its folder `suite`]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct RuntimesArgs {
    #[command(flatten)]
    pub which: Which,
    /// First fetch these runtimes into the cache folder, as NAME or NAME@VERSION (repeatable, or a
    /// list with commas). Nothing is installed
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "runtimes")]
    pub get: Vec<String>,
}

#[derive(Args)]
pub struct ListArgs {
    #[command(flatten)]
    pub suite: Suite,
    /// Only cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only cases with this tag: `core` is what a young runtime should pass first (repeatable)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<Tag>,
    /// As JSON, with everything that a case says
    #[arg(long)]
    pub json: bool,
}

#[derive(Args)]
pub struct ExplainArgs {
    /// A case's id, with or without a runtime: `node::path_open::trunc_on_directory`
    pub id: String,
    #[command(flatten)]
    pub suite: Suite,
    /// The run to look into [default: the last one]
    #[arg(long, value_name = "FILE")]
    pub run: Option<PathBuf>,
}

#[derive(Args)]
pub struct CoverageArgs {
    /// The run to look into, made with `run --coverage` [default: the last one]
    #[arg(long, value_name = "FILE")]
    pub run: Option<PathBuf>,
}

#[derive(Args)]
pub struct ExportArgs {
    /// Where: a new or empty folder, or one of an earlier export, which is replaced
    pub dir: PathBuf,
    /// Only cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    #[command(flatten)]
    pub suite: Suite,
}

#[derive(Args)]
pub struct MergeArgs {
    /// Run files, or folders in which and below which they are
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Where run.json and the reports are written [default: the folder `merged` of the results]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct ReportArgs {
    /// Run files; the rows of several are shown in one report [default: the last run]
    #[arg(value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// What to make of them
    #[arg(long, value_enum, default_value = "markdown")]
    pub format: Format,
    /// For html, the folder of baselines that it shows other versions from; for comment, show what
    /// has changed since the baseline [default: the published ones]
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    pub baseline: Option<Option<PathBuf>>,
    /// Where to write it, a file or, for a format of several files, a folder [default: stdout]
    #[arg(long, value_name = "FILE_OR_DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct CompareArgs {
    /// What was: a run file, a snapshot, or a directory of snapshots
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// What is: the same
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    pub format: comparison::Format,
    /// Where to write it [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Accept the regression of cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, value_name = "ID")]
    pub allow: Vec<String>,
}

#[derive(Args)]
pub struct SnapshotArgs {
    /// Run files, of which each runtime is kept [default: the last run]
    #[arg(value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// The folder to write to [default: the checkout's reports/baselines]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct BlessArgs {
    /// Only verdicts whose id has this in it, or matches this glob (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only verdicts with a line that was not expected and has this in it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub observed: Option<String>,
    /// Put all of them into one group, or into the one that says the same
    #[arg(long)]
    pub group: bool,
    /// Which side is right, and why the runtime differs
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The upstream issue, or the line of the runtime's source
    #[arg(long, value_name = "URL")]
    pub link: Option<String>,
    /// Why it differs [default: bug, or unspecified for a case of level may]
    #[arg(long, value_enum)]
    pub kind: Option<DivergenceKind>,
    /// Record it for this runtime alone, of those that share a file of records
    #[arg(long)]
    pub this_runtime_only: bool,
    /// The versions that differ [default: from the observed one on]
    #[arg(long, value_name = "RANGE")]
    pub versions: Option<String>,
    #[command(flatten)]
    pub suite: Suite,
    /// The run to look into [default: the last one]
    #[arg(long, value_name = "FILE")]
    pub run: Option<PathBuf>,
}

#[derive(Args)]
pub struct UpgradeArgs {
    /// The runtime, such as `wasmtime`
    pub runtime: String,
    /// The version to upgrade to, 47 being the newest 47.x; or the path of a program
    #[arg(long, value_name = "VERSION_OR_PATH")]
    pub to: String,
    /// The version to upgrade from, or the path of a program [default: the one that a plain run has]
    #[arg(long, value_name = "VERSION_OR_PATH")]
    pub from: Option<String>,
    /// Use this program: NAME=PATH is what to upgrade from, NAME@LABEL=PATH is had as `--from LABEL`
    /// or `--to LABEL` (repeatable)
    #[arg(long, value_name = "NAME=PATH")]
    pub runtime_bin: Vec<String>,
    /// A YAML file of further runtimes (repeatable)
    #[arg(long, value_name = "FILE")]
    pub runtimes_file: Vec<PathBuf>,
    #[command(flatten)]
    pub suite: Suite,
    /// Only cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Accept the regression of cases whose id has this in it, or matches this glob (repeatable)
    #[arg(long, value_name = "ID")]
    pub allow: Vec<String>,
    /// How to show what changes
    #[arg(long, value_enum, default_value = "text")]
    pub format: comparison::Format,
    /// Seconds that a guest may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub timeout: f64,
    /// Run every case so many times on each, to tell a change from what is not always the same
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeat: u32,
    /// One runner process per case instead of long-lived ones
    #[arg(long)]
    pub isolate: bool,
    /// How many cases run at once [default: twice the number of processors]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Where the run of both is written, as run.json [default: the checkout's
    /// target/wasi-conformance/upgrade]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct BisectArgs {
    /// The runtime, such as `wasmtime`
    pub runtime: String,
    /// The case's id
    pub case: String,
    /// A version on which it comes out as it should; 47 means the newest 47.x
    #[arg(long, value_name = "VERSION")]
    pub good: String,
    /// A version on which it does not. It may be older than the good one: then it is the repair that
    /// is looked for
    #[arg(long, value_name = "VERSION")]
    pub bad: String,
    #[command(flatten)]
    pub suite: Suite,
    /// Seconds that a guest may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub timeout: f64,
    /// A YAML file of further runtimes (repeatable)
    #[arg(long, value_name = "FILE")]
    pub runtimes_file: Vec<PathBuf>,
}

#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub suite: Suite,
    /// A YAML file of further command-line runtimes, of which there may be records (repeatable)
    #[arg(long, value_name = "FILE")]
    pub runtimes_file: Vec<PathBuf>,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(seconds),
        _ => Err("a number of seconds, more than 0 and at most 86400".into()),
    }
}
