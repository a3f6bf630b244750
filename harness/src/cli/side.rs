//! A side of a comparison, read from the file or directory that was named, with its causes.

use std::path::Path;

use anyhow::Result;

use crate::known;
use crate::results::compare::{self, Side};
use crate::results::snapshot::Snapshot;
use crate::runtime::{RuntimeSpec, registry};
use crate::support::directories::{Directories, DirectoryOptions};

/// Snapshots hold no causes: they get those that are recorded now.
pub fn read(path: &Path) -> Result<Side> {
    let mut side = compare::read(path)?;
    let directories = Directories::find(&DirectoryOptions::default())?;
    let (_, known) = known::load_with_cases(&directories)?;
    let runtimes = registry::load(&directories.harness(), &[])?;
    side.explain(&known, |snapshot: &Snapshot| {
        let spec = runtimes.iter().find(|spec| spec.base == snapshot.family());
        spec.map_or(snapshot.family(), RuntimeSpec::divergences_of).to_owned()
    });
    Ok(side)
}
