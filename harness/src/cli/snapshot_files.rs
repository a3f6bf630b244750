//! Writes snapshots with their lists of cases.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::case::Level;
use crate::known::{self, Snapshots};
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::results::snapshot;
use crate::support::output::warn;
use crate::support::paths::write_whole;
use crate::verdict::judge::Verdict;

/// Writes the snapshots of runs into a directory, and says what it wrote. `files` are the runs' files,
/// for messages.
pub fn write(directory: &Path, files: &[PathBuf], runs: &[Run]) -> Result<String> {
    let mut all = Snapshots::read(directory)?;
    let mut written: BTreeSet<String> = BTreeSet::new();
    for (file, run) in files.iter().zip(runs) {
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
            if let Some(why) = no_snapshot(runtime) {
                let why = why.lines().next().unwrap_or_default();
                warn(&format!("{}: no snapshot of {}: {why}", file.display(), runtime.name));
                continue;
            }
            let (snapshot, list) = snapshot::of_runtime(run, runtime);
            let name = snapshot.file_name();
            if !written.insert(name.clone()) {
                bail!(
                    "{}: {} {} was named twice: name only one of its runs",
                    file.display(),
                    snapshot.runtime,
                    snapshot.version
                );
            }
            all.put(&directory.join(name), snapshot, list);
        }
    }
    if written.is_empty() {
        bail!("no runtime of these runs was available");
    }
    let out = store(directory, &all)?;
    Ok(if out.is_empty() { "the snapshots are as they were\n".to_owned() } else { out })
}

/// Writes the snapshot of one runtime of a run. Cases that are not wanted, that a run of some cases
/// lacks, or that have no result stay as the version's snapshot has them.
pub fn update(
    directory: &Path,
    run: &Run,
    runtime: &RuntimeRow,
    wanted: &dyn Fn(&VerdictRow) -> bool,
) -> Result<String> {
    let (mut new, mut list) = snapshot::of_runtime(run, runtime);
    let has_result = |row: &&VerdictRow| {
        wanted(row) && !matches!(row.verdict, Verdict::HarnessError | Verdict::Flaky)
    };
    let rows: BTreeSet<&str> =
        run.of_runtime(&runtime.name).filter(has_result).map(|row| row.case.as_str()).collect();
    let is_whole = run.complete && run.filters.is_empty() && run.shard.is_none();
    let mut all = Snapshots::read(directory)?;
    let old = all.files.iter().find(|file| file.snapshot.file_name() == new.file_name());
    if let Some(old) = old
        && let Some(old_list) = all.lists.get(&old.snapshot.cases)
    {
        let stays = |id: &str| !rows.contains(id) && (!is_whole || list.0.contains_key(id));
        let kept: BTreeSet<String> = old_list.0.keys().filter(|id| stays(id)).cloned().collect();
        new.keep(&old.snapshot, &kept);
        list.0.extend(old_list.0.iter().filter(|(id, _)| kept.contains(*id)).map(clone));
        new.cases = list.digest();
    }
    all.put(&directory.join(new.file_name()), new, list);
    store(directory, &all)
}

fn clone((id, case): (&String, &(Level, String))) -> (String, (Level, String)) {
    (id.clone(), case.clone())
}

fn no_snapshot(runtime: &RuntimeRow) -> Option<&String> {
    runtime.unavailable.as_ref().or(runtime.smoke_test_failure.as_ref())
}

/// Writes all snapshots of a directory, and removes the lists of cases that none names any more. Says
/// which files it wrote.
pub fn store(directory: &Path, all: &Snapshots) -> Result<String> {
    let texts = known::snapshot_texts(directory, &all.files, &all.lists)?;
    let mut out = String::new();
    for (path, text) in &texts {
        if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
            continue;
        }
        write_whole(path, text.as_bytes())?;
        out.push_str(&format!("wrote {}\n", path.display()));
    }
    for path in Snapshots::lists_in(directory)? {
        if !texts.contains_key(&path) {
            fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(out)
}
