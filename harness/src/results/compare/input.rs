//! What can be compared: a run file, a snapshot, or a folder of snapshots.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::rows::Rows;
use crate::results::run_file::Run;
use crate::results::snapshot::{self, Snapshot};

/// The word for the published snapshots, unless there is a file of that name.
pub const PUBLISHED: &str = "snapshot";

/// Reads one side of a comparison. `published` finds the folder of the published snapshots.
pub fn read(given: &Path, published: impl Fn() -> Result<PathBuf>) -> Result<Rows> {
    if given == Path::new(PUBLISHED) && !given.exists() {
        return folder(&published()?);
    }
    if given.is_dir() {
        return folder(given);
    }
    let name = given.display().to_string();
    let text = fs::read_to_string(given).with_context(|| format!("{name}: cannot be read"))?;
    #[derive(Deserialize)]
    struct Head {
        format: Option<u32>,
        snapshot_format: Option<u32>,
    }
    let neither = "neither a run file nor a snapshot";
    let head: Head = serde_json::from_str(&text).with_context(|| format!("{name}: {neither}"))?;
    match (head.format, head.snapshot_format) {
        (_, Some(_)) => {
            let row = Snapshot::parse(given, &text)?;
            Ok(Rows { rows: vec![(name, row)], ..Rows::default() })
        }
        (Some(_), None) => Ok(Rows::of_run(&name, &Run::parse(given, &text)?)),
        (None, None) => bail!("{name}: {neither}: it has no `format` and no `snapshot_format`"),
    }
}

fn folder(folder: &Path) -> Result<Rows> {
    let found = snapshot::read_folder(folder)?;
    if found.is_empty() {
        bail!(
            "{}: there are no snapshots in it: write some with `wasi-conformance snapshot`",
            folder.display()
        );
    }
    let rows = found.into_iter().map(|(path, row)| (path.display().to_string(), row)).collect();
    Ok(Rows { rows, history: true, ..Rows::default() })
}
