//! Reports: a run or a comparison in a form for people or for other programs.
//!
//! Each format is a file that declares a [`Format`], and a line in [`FORMATS`]; [`comparison`] has those
//! of `compare`. The terminal ([`terminal`], [`mod@explain`]) is a report as well.
//!
//! A report is made from a run file, and the same run gives the same bytes. This layer must not execute
//! anything, and no report knows a runtime or a case by name.
//!
//! Start reading at [`make`]; `json.rs` is the shortest format, and `tables.rs` and `screen.rs` are
//! shared.

pub mod badge;
pub mod causes;
pub mod collapsible;
pub mod comment;
pub mod comparison;
mod conformance;
pub mod counts;
pub mod coverage;
pub mod explain;
pub mod finished;
pub mod flaky;
pub mod format;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod markdown_items;
mod matrix;
mod printable;
pub mod screen;
mod side_by_side;
pub mod summary;
pub mod tables;
pub mod terminal;
pub mod timeouts;
mod tree;

#[cfg(test)]
mod tests;

use anyhow::Result;

use crate::results::run_file::Run;

pub use format::{Before, Format, Made, Uses};

/// The formats of `report`, by name, each with the line of `--help` about it.
pub static FORMATS: &[(&str, Format, &str)] = &[
    named(html::FORMAT),
    named(markdown::FORMAT),
    named(comment::FORMAT),
    named(junit::FORMAT),
    named(json::FORMAT),
    named(badge::FORMAT),
    named(coverage::FORMAT),
];

const fn named(format: Format) -> (&'static str, Format, &'static str) {
    (format.name, format, format.help)
}

/// Makes a report. The same run gives the same bytes, and no report has a path of the machine that
/// made the run.
pub fn make(run: &Run, before: &Before, format: Format) -> Result<Made> {
    (format.make)(&run.without_machine_paths(), before)
}
