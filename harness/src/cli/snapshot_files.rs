//! Writes snapshots with their lists of cases.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::case::Level;
use crate::known::{LISTS, Snapshots};
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::results::snapshot;
use crate::support::output::warn;
use crate::support::paths::write_whole;
use crate::verdict::judge::Verdict;

/// Writes the snapshots of runs into a directory, and says what it wrote. `files` are the runs' files,
/// for messages.
pub fn write(directory: &Path, files: &[PathBuf], runs: &[Run]) -> Result<String> {
    let mut texts: BTreeMap<PathBuf, String> = BTreeMap::new();
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
            let (name, text) = (directory.join(snapshot.file_name()), snapshot.to_json()?);
            if texts.contains_key(&name) {
                bail!(
                    "{}: {} {} was named twice: name only one of its runs",
                    file.display(),
                    snapshot.runtime,
                    snapshot.version
                );
            }
            texts.insert(name, text);
            texts
                .insert(directory.join(LISTS).join(format!("{}.txt", snapshot.cases)), list.text());
        }
    }
    if texts.is_empty() {
        bail!("no runtime of these runs was available");
    }
    let mut out = String::new();
    for (path, text) in &texts {
        if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
            continue;
        }
        write_whole(path, text.as_bytes())?;
        out.push_str(&format!("wrote {}\n", path.display()));
    }
    remove_unnamed(directory)?;
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
    let all = Snapshots::read(directory)?;
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
    let (path, text) = (directory.join(new.file_name()), new.to_json()?);
    let changed = !fs::read(&path).is_ok_and(|old| old == text.as_bytes());
    write_whole(&directory.join(LISTS).join(format!("{}.txt", new.cases)), list.text().as_bytes())?;
    write_whole(&path, text.as_bytes())?;
    remove_unnamed(directory)?;
    Ok(if changed { format!("wrote {}\n", path.display()) } else { String::new() })
}

fn clone((id, case): (&String, &(Level, String))) -> (String, (Level, String)) {
    (id.clone(), case.clone())
}

fn no_snapshot(runtime: &RuntimeRow) -> Option<&String> {
    runtime.unavailable.as_ref().or(runtime.smoke_test_failure.as_ref())
}

/// Removes the lists of cases that no snapshot names any more.
fn remove_unnamed(directory: &Path) -> Result<()> {
    let all = Snapshots::read(directory)?;
    let named: BTreeSet<&str> = all.files.iter().map(|file| &*file.snapshot.cases).collect();
    for digest in all.lists.keys().filter(|digest| !named.contains(digest.as_str())) {
        fs::remove_file(directory.join(LISTS).join(format!("{digest}.txt")))?;
    }
    Ok(())
}
