//! The formats of `report`. Each is declared in its own file and listed in [`super::FORMATS`].

use anyhow::Result;

use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;

#[derive(Clone, Copy)]
pub struct Format {
    /// The value of `--format`.
    pub name: &'static str,
    /// The line of `--help` about it.
    pub help: &'static str,
    /// The name of the file beside the run file, if every run writes one.
    pub file: Option<&'static str>,
    pub uses: Uses,
    pub make: fn(&Run, &Before) -> Result<Made>,
}

/// The input of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// The run alone.
    Run,
    /// Also the snapshots of other versions.
    Snapshots,
    /// Also the changes since a baseline, if there is one.
    Comparison,
}

/// Earlier results.
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
