//! The command line: one file for each command, with its arguments and the function that runs it.
//!
//! A command turns what was typed into options (plain structs with a `Default`), calls the layers
//! below, and prints what they return. Nothing below this layer knows clap, and no other layer
//! prints results. Start with [`run`], the main command; [`arguments`] has what several commands
//! share. `main.rs` maps a [`status::Status`] to the exit status.

pub mod arguments;
mod baseline;
pub mod bisect;
pub mod bless;
pub mod check;
pub mod compare;
pub mod explain;
pub mod explore;
pub mod export;
pub mod list;
pub mod merge;
pub mod report;
mod results_directory;
pub mod run;
pub mod runtimes;
mod side;
pub mod snapshot;
pub mod snapshot_files;
pub mod status;
pub mod version;

use clap::{Parser, Subcommand};

/// Runs WASI guests on many runtimes and judges what they do against YAML expectations
///
/// Without a command, runs every case on every default runtime. Exit status: 0 nothing unexpected,
/// 1 something unexpected, 2 bad usage or an error of this program, 3 a runtime that was asked for
/// is unavailable, 130 interrupted.
#[derive(Parser)]
#[command(
    name = "wasi-conformance",
    disable_version_flag = true,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true,
    after_help = "`wasi-conformance COMMAND --help` has examples of each command."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Print the version, and the digest of the cases that would run
    #[arg(short = 'V', long, exclusive = true)]
    pub version: bool,
    #[command(flatten)]
    pub run: run::RunArgs,
}

/// The commands. The arguments of each contain its help.
#[derive(Subcommand)]
pub enum Command {
    Run(Box<run::RunArgs>),
    List(list::ListArgs),
    Explain(explain::ExplainArgs),
    Check(check::CheckArgs),
    Runtimes(runtimes::RuntimesArgs),
    Report(report::ReportArgs),
    Compare(Box<compare::CompareArgs>),
    Merge(merge::MergeArgs),
    Snapshot(snapshot::SnapshotArgs),
    Bless(Box<bless::BlessArgs>),
    Bisect(bisect::BisectArgs),
    Explore(Box<explore::ExploreArgs>),
    Export(export::ExportArgs),
}
