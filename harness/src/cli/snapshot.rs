//! `wasi-conformance snapshot RUN...`: what each runtime did, in small files to compare with later.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::report::{runs, write_files};
use super::status::Status;
use crate::results::run_file::Run;
use crate::results::snapshot::Snapshot;
use crate::support::bundle;
use crate::support::checkout;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::output::warn;

/// Write what each runtime did to a small file, to compare later runs with
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance snapshot                        # the last run, to reports/snapshots
  wasi-conformance snapshot nightly/run.json --out snapshots")]
pub struct SnapshotArgs {
    /// Run files; each of their runtimes is written [default: the last run]
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Directory for the files [default: reports/snapshots of the checkout]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn snapshot(args: &SnapshotArgs) -> Result<Status> {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for file in &runs(&args.runs)? {
        let run = Run::read(file)?;
        if !run.complete {
            bail!("{}: the run was interrupted: make a complete one", file.display());
        }
        if !run.filters.is_empty() || run.shard.is_some() {
            bail!(
                "{}: it has only some of the cases (--filter or --shard): run all cases, or merge \
                 the shards",
                file.display()
            );
        }
        for runtime in &run.runtimes {
            if let Some(why) = runtime.unavailable.as_ref().or(runtime.smoke_test_failure.as_ref())
            {
                let why = why.lines().next().unwrap_or_default();
                warn(&format!("{}: no snapshot of {}: {why}", file.display(), runtime.name));
            }
        }
        for row in Snapshot::of_run(&run) {
            if run.runtimes.iter().any(|r| r.name == row.runtime && r.smoke_test_failure.is_some())
            {
                continue;
            }
            if files.insert(row.file_name(), row.to_json()?).is_some() {
                bail!(
                    "{}: {} {} was named twice: name only one of its runs",
                    file.display(),
                    row.family(),
                    row.version
                );
            }
        }
    }
    if files.is_empty() {
        bail!("no runtime of these runs was available");
    }
    let directory = args.out.clone().map_or_else(default_out, Ok)?;
    write_files(&directory, &files.into_iter().collect::<Vec<_>>())?;
    Ok(Status::Clean)
}

fn default_out() -> Result<PathBuf> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    // The unpacked files belong to the command, not to its user.
    Ok(match bundle::is_unpacked(&directories.checkout) {
        true => checkout::results(&directories.checkout).join("snapshots"),
        false => directories.published_snapshots(),
    })
}
