//! Verdicts and differences as items of a Markdown list, for several reports.

use std::fmt::Write;

use crate::results::run_file::{Run, VerdictRow};
use crate::support::escape::markdown::{code, fenced, link, prose};
use crate::support::text::{diff, shorten};
use crate::verdict::judge::Mismatch;

const LONGEST_DIFF: usize = 4000;

/// A case, why it has its verdict, and how it differs from its expectation.
pub fn verdict(run: &Run, row: &VerdictRow) -> String {
    let mut out = format!("- {}", code(&format!("{}::{}", row.runtime, row.case)));
    if let Some(case) = run.case(&row.case) {
        let level = link(&format!("{}, {}", case.level, case.basis), &case.spec);
        let _ = write!(out, " ({level}): {}", prose(&case.title));
    }
    out.push('\n');
    if let Some(note) = &row.note {
        let _ = writeln!(out, "  {}: {}", row.verdict, indented(note));
    }
    for known in &row.known {
        let link = link("link", &known.link);
        let why = indented(&known.why);
        let _ = writeln!(out, "  {} ({}, {link}): {why}", row.verdict, known.kind);
    }
    out + &mismatches(&row.mismatches)
}

/// A text of several lines in an item.
fn indented(text: &str) -> String {
    text.lines().map(prose).collect::<Vec<_>>().join("\n  ")
}

/// Differences as paragraphs of an item.
pub fn mismatches(mismatches: &[Mismatch]) -> String {
    let mut out = String::new();
    for mismatch in mismatches {
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        let _ = write!(out, "  {}:\n{}", mismatch.part, fenced("diff", &lines, "  "));
    }
    out
}
