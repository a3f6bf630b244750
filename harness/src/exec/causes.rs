//! Why runtimes differ, as it is known now: snapshots do not hold that.

use anyhow::Result;

use crate::case::Case;
use crate::known::{self, Divergences};
use crate::results::compare::Side;
use crate::results::snapshot::Row;
use crate::runtime::{RuntimeSpec, registry};
use crate::support::directories::Directories;

/// Adds the causes to the rows of a side.
pub fn explain(side: Side, directories: &Directories) -> Result<Side> {
    if side.rows.is_empty() {
        return Ok(side);
    }
    let (set, divergences) = known::load_with_cases(directories)?;
    explain_by(side, &set.cases, &divergences, directories)
}

/// The same, where cases and divergences are loaded already.
pub fn explain_by(
    mut side: Side,
    cases: &[Case],
    divergences: &Divergences,
    directories: &Directories,
) -> Result<Side> {
    let runtimes = registry::load(&directories.harness(), &[])?;
    side.explain(cases, divergences, |row: &Row| divergences_of(&runtimes, row.family()));
    Ok(side)
}

/// The runtime whose divergences apply to a family.
pub fn divergences_of(runtimes: &[RuntimeSpec], family: &str) -> String {
    let spec = runtimes.iter().find(|spec| spec.base == family);
    spec.map_or(family, RuntimeSpec::divergences_of).to_owned()
}
