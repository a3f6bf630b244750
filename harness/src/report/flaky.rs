//! Repeated cases, and the flaky ones among them, whose result was not the same each time.

use std::fmt::Write;

use super::markdown_items::mismatches;
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::support::escape::markdown::code;
use crate::verdict::judge::Verdict;

/// How many flaky cases a page of Markdown shows.
const MOST_SHOWN: usize = 20;

/// A sentence about how often cases were run; `None` if each was run once.
pub fn sentence(run: &Run) -> Option<String> {
    let repeated = |r: &&RuntimeRow| r.repeats > 1 && r.unavailable.is_none();
    let runtimes: Vec<String> = run
        .runtimes
        .iter()
        .filter(repeated)
        .map(|r| format!("{} times on {}", r.repeats, r.name))
        .collect();
    if runtimes.is_empty() {
        return None;
    }
    let what = match run.varying().count() {
        0 => "all had the same result each time".to_owned(),
        1 => "1 is flaky".to_owned(),
        n => format!("{n} are flaky"),
    };
    Some(format!("Each case was run {}: {what}.", runtimes.join(", ")))
}

/// `3 × pass, 2 × fail`.
pub fn ways(row: &VerdictRow) -> String {
    let way =
        |way: &crate::results::run_file::VariantRow| format!("{} × {}", way.times, way.verdict);
    row.varies.iter().map(way).collect::<Vec<_>>().join(", ")
}

/// For the terminal: the sentence, and a line for each flaky case.
pub fn lines(run: &Run) -> String {
    let mut out = sentence(run).map(|sentence| sentence + "\n").unwrap_or_default();
    let rerun = run.verdicts.iter().filter(|row| row.verdict == Verdict::Flaky).count();
    if rerun > 0 {
        let cases = if rerun == 1 { "case was" } else { "cases were" };
        let _ = writeln!(
            out,
            "{rerun} {cases} unexpected at first, and as expected when run again alone:"
        );
    }
    for row in run.varying() {
        let _ = writeln!(out, "    {}::{}: {}", row.runtime, row.case, ways(row));
    }
    out
}

/// The same as a section of a page, with every result of each.
pub fn section(run: &Run) -> String {
    let count = run.varying().count();
    if count == 0 {
        return String::new();
    }
    let mut out = format!("## Flaky ({count})\n\n");
    for row in run.varying().take(MOST_SHOWN) {
        let id = code(&format!("{}::{}", row.runtime, row.case));
        let _ = writeln!(out, "- {id}: {}", ways(row));
        for way in row.varies.iter().filter(|way| !way.mismatches.is_empty()) {
            let _ = writeln!(out, "\n  {} × {}:", way.times, way.verdict);
            out.push_str(&mismatches(&way.mismatches));
        }
    }
    if count > MOST_SHOWN {
        let _ = writeln!(out, "- and {} more, which report.html shows", count - MOST_SHOWN);
    }
    out.push('\n');
    out
}
