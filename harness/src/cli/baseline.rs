//! The snapshots that a run is compared with, as `--baseline` names them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::side;
use crate::known::{Snapshots, family, plain_version};
use crate::report::comparison::wording::remarks;
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::{Run, RuntimeRow};
use crate::support::directories::Directories;

/// The value of `--baseline [PATH]`: without a path, the published snapshots.
pub fn path(option: &Option<Option<PathBuf>>, directories: &Directories) -> Option<PathBuf> {
    let path = option.as_ref()?;
    Some(path.clone().unwrap_or_else(|| directories.snapshots()))
}

/// The baseline of a run.
pub struct Baseline {
    path: PathBuf,
    side: Side,
}

impl Baseline {
    pub fn read(path: &Path, directories: &Directories) -> Result<Self> {
        Ok(Baseline { path: path.to_owned(), side: side::read(path, directories)? })
    }

    /// Compares a run with it, in the selected cases of the run.
    pub fn compare(&self, run: &Run, allow: &[String]) -> Result<Comparison> {
        let mut side = self.side.clone();
        if !run.filters.is_empty() || run.shard.is_some() {
            side.keep(|case| run.case(case).is_some());
        }
        let comparison = Comparison::new(&side, &Side::of_run("this run", run), allow)?;
        if comparison.is_empty() && !run.verdicts.is_empty() {
            bail!(
                "--baseline {}: it has nothing to compare this run with; write a snapshot with \
                 `wasi-conformance snapshot`{}",
                self.path.display(),
                reasons(&comparison)
            );
        }
        Ok(comparison)
    }
}

/// Without `--baseline`: what is new in versions that have no snapshot, since the nearest older one that
/// has. `None` if each version of the run has a snapshot, or no version of its runtime has.
pub fn of_unrecorded(run: &Run, directories: &Directories) -> Result<Option<Comparison>> {
    if run.cases_digest.is_none() {
        return Ok(None);
    }
    let published = Snapshots::read(&directories.snapshots())?;
    let is_unrecorded = |row: &&RuntimeRow| {
        let version = plain_version(&row.version);
        let recorded = published.of_family(family(&row.name)).map(|file| &file.snapshot);
        let recorded: Vec<_> =
            recorded.map(|known| (&known.version, known.plain_version())).collect();
        let is_known = recorded.iter().any(|(text, of)| **text == row.version || *of == version);
        let ran = row.unavailable.is_none() && row.smoke_test_failure.is_none();
        ran && !is_known && recorded.iter().any(|(_, of)| *of < version)
    };
    let rows: BTreeSet<String> =
        run.runtimes.iter().filter(is_unrecorded).map(|row| row.name.clone()).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let mut only = run.clone();
    only.runtimes.retain(|row| rows.contains(&row.name));
    only.verdicts.retain(|row| rows.contains(&row.runtime));
    let path = directories.snapshots();
    let baseline = Baseline::read(&path, directories)?;
    Ok(Some(baseline.compare(&only, &[])?))
}

/// Why nothing was compared, as the further lines of a message.
pub fn reasons(comparison: &Comparison) -> String {
    remarks(comparison).iter().map(|remark| format!("\n    {remark}")).collect()
}
