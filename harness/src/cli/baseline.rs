//! The snapshots that a run is compared with, as `--baseline` names them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::side;
use crate::report::comparison::wording::remarks;
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;
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

/// Why nothing was compared, as the further lines of a message.
pub fn reasons(comparison: &Comparison) -> String {
    remarks(comparison).iter().map(|remark| format!("\n    {remark}")).collect()
}
