//! Why runtimes differ, as it is recorded now: snapshots do not hold that.

use anyhow::Result;

use crate::known;
use crate::results::compare::Side;
use crate::results::snapshot::Snapshot;
use crate::runtime::{RuntimeSpec, registry};
use crate::support::directories::Directories;

/// Adds the causes to the snapshots of a side.
pub fn explain(mut side: Side, directories: &Directories) -> Result<Side> {
    if side.rows.is_empty() {
        return Ok(side);
    }
    let (_, known) = known::load_with_cases(directories)?;
    let runtimes = registry::load(&directories.harness(), &[])?;
    side.explain(&known, |snapshot: &Snapshot| {
        let spec = runtimes.iter().find(|spec| spec.base == snapshot.family());
        spec.map_or(snapshot.family(), RuntimeSpec::divergences_of).to_owned()
    });
    Ok(side)
}
