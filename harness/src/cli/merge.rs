//! `wasi-conformance merge RUN...`: the runs of a job matrix as the one run that they are parts of.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;

use super::Status;
use super::results_directory::write_and_show;
use crate::cli::args::MergeArgs;
use crate::results::merge::{Merged, join, order_runtimes};
use crate::results::run_file::Run;
use crate::results::snapshot::family;
use crate::runtime::registry;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::paths;

pub fn merge(args: &MergeArgs) -> Result<Status> {
    let folders = Directories::find(&DirectoryOptions::default())?;
    let out = args.out.clone().unwrap_or_else(|| paths::results(&folders.checkout).join("merged"));
    let mut runs = Vec::new();
    for file in files(&args.runs)? {
        let run = Run::read(&file)?;
        runs.push((file, run));
    }
    let Merged { mut run, notes } = join(runs)?;
    let known = registry::load(&folders.harness(), &[])?;
    // `node@24` stands where `node` stands, and what we do not know behind all others.
    order_runtimes(&mut run, |name| {
        known.iter().position(|wanted| wanted.name == family(name)).unwrap_or(known.len())
    });
    for note in notes {
        eprintln!("note: {note}");
    }
    match write_and_show(&run, None, &out, &folders)? {
        // Nobody has interrupted this program, but not all is well either.
        Status::Interrupted => Ok(Status::Unexpected),
        status => Ok(status),
    }
}

/// The run files that are meant: those named, and all below a folder that is named, as a CI server
/// lays them out.
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

fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.with_context(|| format!("look into {}", folder.display()))?;
        if entry.file_type().is_file() && entry.file_name() == "run.json" {
            found.push(entry.into_path());
        }
    }
    if found.is_empty() {
        bail!("{}: there is no run.json in it or below: name a run's folder", folder.display());
    }
    Ok(found)
}
