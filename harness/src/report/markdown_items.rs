//! Verdicts and differences as items of a Markdown list, for several reports.

use std::fmt::Write;

use crate::results::run_file::{Run, VerdictRow};
use crate::support::text::{diff, shorten};
use crate::verdict::judge::Mismatch;

const LONGEST_DIFF: usize = 4000;

/// A case, why it has its verdict, and how it differs from its expectation.
pub fn verdict(run: &Run, row: &VerdictRow) -> String {
    let mut out = format!("- `{}::{}`", row.runtime, row.case);
    if let Some(case) = run.case(&row.case) {
        let _ = write!(out, " ([{}, {}]({})): {}", case.level, case.basis, case.spec, case.title);
    }
    out.push('\n');
    if let Some(note) = &row.note {
        let _ = write!(out, "  {}", row.verdict);
        if let Some(known) = &row.known {
            let _ = write!(out, " ({}, [link]({}))", known.kind, known.link);
        }
        let _ = writeln!(out, ": {}", note.replace('\n', "\n  "));
    }
    out + &mismatches(&row.mismatches)
}

/// Differences as paragraphs of an item.
pub fn mismatches(mismatches: &[Mismatch]) -> String {
    let mut out = String::new();
    for mismatch in mismatches {
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        let lines = lines.trim_end().replace('\n', "\n  ");
        let fence = fence(&lines);
        let _ = writeln!(out, "  {}:\n  {fence}diff\n  {lines}\n  {fence}", mismatch.part);
    }
    out
}

/// A fence that no line of a guest's output can close.
pub fn fence(lines: &str) -> String {
    let mut fence = "```".to_owned();
    while lines.contains(&fence) {
        fence.push('`');
    }
    fence
}
