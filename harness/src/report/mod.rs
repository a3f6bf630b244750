//! Reports: a run, shown to people. No report knows a runtime or a case by name.

pub mod badge;
pub mod causes;
pub mod collapsible;
pub mod comment;
pub mod comparison;
pub mod coverage;

pub mod flaky;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod screen;
pub mod tables;
pub mod terminal;

#[cfg(test)]
mod tests;

use anyhow::Result;

use crate::results::compare::Comparison;
use crate::results::run_file::Run;
use crate::results::snapshot::Snapshot;

/// The formats that `report` makes of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// All that a run says, as a page
    Markdown,
    /// Markdown fit for a comment on a pull request: counts, and what is unexpected or has changed
    Comment,
    /// JUnit XML, which CI servers read
    Junit,
    /// One page to look at, in which everything is: no network is needed
    Html,
    /// The run file itself, of several runs as one
    Json,
    /// Badges in the form of a shields.io endpoint: a file for each runtime
    Badge,
}

/// What became of a run.
pub enum Made {
    /// One file.
    Text(String),
    /// Several, by name.
    Files(Vec<(String, String)>),
}

/// What is known of before: what only some formats show.
#[derive(Default)]
pub struct Before {
    /// Other versions, for the page that shows them.
    pub snapshots: Vec<Snapshot>,
    /// What has changed, for a comment.
    pub comparison: Option<Comparison>,
}

/// Makes a report. The same run gives the same bytes.
pub fn make(run: &Run, before: &Before, format: Format) -> Result<Made> {
    Ok(match format {
        Format::Markdown => Made::Text(markdown::render(run)),
        Format::Comment => Made::Text(comment::render(run, before.comparison.as_ref())),
        Format::Junit => Made::Text(junit::render(run)?),
        Format::Badge => Made::Files(badge::render(run)?),
        Format::Html => Made::Text(html::render(run, &before.snapshots)?),
        Format::Json => Made::Text(run.to_json()?),
    })
}
