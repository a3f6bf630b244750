//! `wasi-conformance merge RUN...`: the runs of several jobs as one run.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use walkdir::WalkDir;

use super::results_directory::{FailOn, ResultsDirectory};
use super::status::Status;
use crate::known::family;
use crate::results::merge::{self, Merged, order_runtimes};
use crate::results::run_file::Run;
use crate::runtime::registry;
use crate::support::checkout;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::output::warn;

/// Merge the runs of several jobs into one: shards, runtimes, or both
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance merge shard-1/run.json shard-2/run.json
  wasi-conformance merge downloaded --out merged      # every run.json below a directory")]
pub struct MergeArgs {
    /// Run files, or directories that contain them at any depth
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<PathBuf>,
    /// Directory for run.json and the reports [default: merged in the directory of results]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn merge(args: &MergeArgs) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let default_out = || checkout::results(&directories.checkout).join("merged");
    let mut runs = Vec::new();
    for file in files(&args.runs)? {
        let run = Run::read(&file)?;
        runs.push((file, run));
    }
    let Merged { mut run, notes } = merge::merge(runs)?;
    let registry = registry::load(&directories.harness(), &[])?;
    // `node@24` comes where `node` comes, and runtimes that the registry does not know come last.
    order_runtimes(&mut run, |name| {
        registry.iter().position(|spec| spec.name == family(name)).unwrap_or(registry.len())
    });
    for note in notes {
        warn(&format!("note: {note}"));
    }
    let out = args.out.clone().unwrap_or_else(default_out);
    let out = ResultsDirectory::create(out, &directories)?;
    match out.write_and_show(&run, None, None, FailOn::Unexpected)? {
        // This program was not interrupted, but a part of the result is missing.
        Status::Interrupted => Ok(Status::Unexpected),
        status => Ok(status),
    }
}

/// The named run files, and all run files below the named directories.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            files.extend(below(path)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let entry = entry.with_context(|| format!("read {}", directory.display()))?;
        if entry.file_type().is_file() && entry.file_name() == "run.json" {
            found.push(entry.into_path());
        }
    }
    if found.is_empty() {
        bail!(
            "{}: there is no run.json in it or below it: name the directory of a run",
            directory.display()
        );
    }
    Ok(found)
}
