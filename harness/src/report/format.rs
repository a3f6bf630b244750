//! What a format of `report` is. Each is a file, which declares it, and a line in [`super::FORMATS`].

use anyhow::Result;

use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;

#[derive(Clone, Copy)]
pub struct Format {
    /// The value of `--format`.
    pub name: &'static str,
    /// The line of `--help` about it.
    pub help: &'static str,
    /// The file beside the run file, if every run writes one.
    pub file: Option<&'static str>,
    pub uses: Uses,
    pub make: fn(&Run, &Before) -> Result<Made>,
}

/// What a format is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// The run alone.
    Run,
    /// Snapshots of other versions too.
    Snapshots,
    /// What has changed since a baseline too, if there is one.
    Comparison,
}

/// What was before the run.
#[derive(Default)]
pub struct Before {
    /// Other versions, with the causes that are recorded.
    pub snapshots: Side,
    pub comparison: Option<Comparison>,
}

/// A report.
pub enum Made {
    /// One file.
    Text(String),
    /// Several, by name.
    Files(Vec<(String, String)>),
}
