//! `wasi-conformance snapshot RUN...`: how each runtime differs, in small files to compare with later.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::report::runs;
use super::snapshot_files;
use super::status::Status;
use crate::results::run_file::Run;
use crate::support::bundle;
use crate::support::checkout;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::output::print;

/// Write how each runtime differs to a small file, to compare later runs with
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance snapshot                        # the last run, to expectations/snapshots
  wasi-conformance snapshot nightly/run.json --out snapshots")]
pub struct SnapshotArgs {
    /// Run files; each of their runtimes is written [default: the last run]
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Directory for the files [default: expectations/snapshots of the checkout]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn snapshot(args: &SnapshotArgs) -> Result<Status> {
    let directory = args.out.clone().map_or_else(default_out, Ok)?;
    let files = runs(&args.runs)?;
    let runs: Vec<Run> = files.iter().map(|file| Run::read(file)).collect::<Result<_>>()?;
    print(&snapshot_files::write(&directory, &files, &runs)?)?;
    Ok(Status::Clean)
}

fn default_out() -> Result<PathBuf> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    // The unpacked files belong to the command, not to its user.
    Ok(match bundle::is_unpacked(&directories.checkout) {
        true => checkout::results(&directories.checkout).join("snapshots"),
        false => directories.snapshots(),
    })
}
