//! `wasi-conformance snapshot RUN...`: keeps what each runtime did, for later runs to be compared with.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::Status;
use super::report::write_files;
use crate::cli::args::SnapshotArgs;
use crate::results::run_file::Run;
use crate::results::snapshot::Snapshot;
use crate::support::bundle;
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::paths;

pub fn snapshot(args: &SnapshotArgs) -> Result<Status> {
    let runs = super::report::runs(&args.runs)?;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for file in &runs {
        let run = Run::read(file)?;
        if !run.complete {
            bail!("{}: the run was interrupted: make a whole one", file.display());
        }
        if !run.filters.is_empty() || run.shard.is_some() {
            bail!(
                "{}: it is of a part of the cases only (--filter or --shard): make a whole run, or \
                 merge the shards",
                file.display()
            );
        }
        for runtime in &run.runtimes {
            if let Some(why) = runtime.unavailable.as_ref().or(runtime.smoke_test_failure.as_ref())
            {
                let why = why.lines().next().unwrap_or_default();
                eprintln!("{}: no snapshot of {}: {why}", file.display(), runtime.name);
            }
        }
        for row in Snapshot::of_run(&run) {
            if run.runtimes.iter().any(|r| r.name == row.runtime && r.smoke_test_failure.is_some())
            {
                continue;
            }
            let name = row.file_name();
            if files.insert(name.clone(), row.to_json()?).is_some() {
                bail!(
                    "{}: another row is of {} {} too: name only one of them",
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
    let folder = match &args.out {
        Some(folder) => folder.clone(),
        None => {
            let directories = Directories::find(&DirectoryOptions::default())?;
            // All that a user does shares the unpacked files, so nothing is written there.
            match bundle::is_unpacked(&directories.checkout) {
                true => paths::results(&directories.checkout).join("snapshots"),
                false => directories.published_snapshots(),
            }
        }
    };
    write_files(&folder, &files.into_iter().collect::<Vec<_>>())?;
    Ok(Status::Clean)
}
