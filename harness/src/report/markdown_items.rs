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
        let _ = write!(out, "  {}", row.verdict);
        if let Some(known) = &row.known {
            let _ = write!(out, " ({}, {})", known.kind, link("link", &known.link));
        }
        let lines: Vec<String> = note.lines().map(prose).collect();
        let _ = writeln!(out, ": {}", lines.join("\n  "));
    }
    out + &mismatches(&row.mismatches)
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
