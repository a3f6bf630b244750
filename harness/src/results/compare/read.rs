//! Reads a side of a comparison: a run file, a snapshot, or a directory of snapshots.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::known::{Snapshots, family};
use crate::results::compare::side::{Side, SideRow};
use crate::results::run_file::Run;
use crate::results::snapshot::Row;
use crate::support::input;

/// Reads one side of a comparison.
pub fn read(path: &Path) -> Result<Side> {
    if path.is_dir() {
        return directory(path);
    }
    let name = path.display().to_string();
    let text = input::read_text(path).with_context(|| format!("{name}: cannot be read"))?;
    #[derive(Deserialize)]
    struct Head {
        format: Option<u32>,
        snapshot_format: Option<u32>,
    }
    let neither = "neither a run file nor a snapshot";
    let head: Head = serde_json::from_str(&text).with_context(|| format!("{name}: {neither}"))?;
    match (head.format, head.snapshot_format) {
        (_, Some(_)) => {
            let found = Snapshots::read_file(path)?;
            Ok(Side { rows: side_rows(&found)?, ..Side::default() })
        }
        (Some(_), None) => Ok(Side::of_run(&name, &Run::parse(path, &text)?)),
        (None, None) => bail!("{name}: {neither}: it has no `format` and no `snapshot_format`"),
    }
}

/// The snapshots to show beside a run: those at the named path, otherwise the published ones of its
/// runtimes. There are no published snapshots for a wasi-testsuite directory.
pub fn history(run: &Run, named: Option<&Path>, published: &Path) -> Result<Side> {
    match named {
        Some(path) => read(path),
        None if run.cases_digest.is_none() => Ok(Side::default()),
        None => {
            let mut snapshots = Snapshots::read(published)?;
            let is_of = |name: &str| run.runtimes.iter().any(|row| family(&row.name) == name);
            snapshots.files.retain(|file| is_of(&file.snapshot.runtime));
            of_snapshots(&snapshots)
        }
    }
}

/// A side with the rows of snapshots.
pub fn of_snapshots(snapshots: &Snapshots) -> Result<Side> {
    Ok(Side { rows: side_rows(snapshots)?, is_history: true, ..Side::default() })
}

fn directory(directory: &Path) -> Result<Side> {
    let side = of_snapshots(&Snapshots::read(directory)?)?;
    if side.rows.is_empty() {
        bail!(
            "{}: it has no snapshots: write some with `wasi-conformance snapshot`",
            directory.display()
        );
    }
    Ok(side)
}

fn side_rows(snapshots: &Snapshots) -> Result<Vec<SideRow>> {
    let files = snapshots.files.iter();
    files
        .map(|file| {
            let row = Row::of_snapshot(file, &snapshots.lists)?;
            Ok(SideRow::new(file.path.display().to_string(), row))
        })
        .collect()
}
