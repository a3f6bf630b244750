//! Reports: a run, shown to people. No report knows a runtime or a case by name.

pub mod badge;
pub mod causes;
pub mod collapsible;
pub mod comment;
pub mod comparison;
pub mod counts;
pub mod coverage;
pub mod explain;
pub mod flaky;
pub mod html;
pub mod junit;
pub mod markdown;
mod markdown_items;
mod matrix;
pub mod screen;
mod side_by_side;
pub mod summary;
pub mod tables;
pub mod terminal;
mod tree;

#[cfg(test)]
mod tests;

use anyhow::{Result, bail};

use crate::results::compare::Comparison;
use crate::results::run_file::Run;
use crate::results::snapshot::Snapshot;

/// The formats that `report` makes of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Markdown,
    Comment,
    Junit,
    Html,
    Json,
    Badge,
    Coverage,
}

impl Format {
    /// The formats by name, each with a line about it.
    pub const ALL: [(&str, Format, &str); 7] = [
        ("markdown", Format::Markdown, "everything in the run, as a page"),
        (
            "comment",
            Format::Comment,
            "a comment for a pull request: counts, and what is unexpected",
        ),
        ("junit", Format::Junit, "JUnit XML, for CI servers"),
        ("html", Format::Html, "a page that contains everything and needs no network"),
        ("json", Format::Json, "the run file; several runs are merged into one"),
        ("badge", Format::Badge, "badges for a shields.io endpoint, a file for each runtime"),
        (
            "coverage",
            Format::Coverage,
            "functions, errnos and rules that were covered, and the gaps",
        ),
    ];
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
        Format::Coverage if !run.has_coverage() => bail!(
            "the calls of this run were not recorded: make one with `wasi-conformance run --coverage`"
        ),
        Format::Coverage => Made::Text(coverage::render(run, tables::Style::Terminal)),
    })
}
