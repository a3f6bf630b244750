//! What a run prints when it ends.

use std::collections::BTreeMap;
use std::fmt::Write;

use anstyle::Style;

use super::flaky;
use super::matrix::matrix;
use super::printable::printable;
use super::screen::{self, BOLD, DIM, GREEN, RED, Screen, YELLOW, paint};
use super::summary::summary;
use super::timeouts::Timeouts;
use crate::results::run_file::{Run, VerdictRow};
use crate::results::snapshot::title;
use crate::support::text::{diff, shorten};
use crate::verdict::failure::Failure;
use crate::verdict::judge::Verdict;

/// How many unexpected verdicts are shown; the run file and the page have all.
const MOST_SHOWN: usize = 20;
/// How many functions of a runtime are summarized.
const MOST_FUNCTIONS: usize = 25;
/// A longer diff is cut: the run file and `explain` have all of it.
const LONGEST_DIFF: usize = 2000;

/// Unexpected verdicts with their diffs, the same by function and kind, the matrix, and the counts.
pub fn render(run: &Run, screen: Screen) -> String {
    let run = &printable(run);
    let mut out = unexpected(run, screen);
    out.push_str(&by_function(run));
    let _ = writeln!(out, "{}", matrix(run, screen));
    for runtime in &run.runtimes {
        let mut line = |what: &str, reason: &str| {
            let lines = format!("{}: {what}: {reason}", runtime.name);
            let (first, rest) = lines.split_once('\n').unwrap_or((&lines, ""));
            out.push_str(&screen.wrap(first, ""));
            out.push_str(&screen.wrap(rest, "    "));
        };
        if let Some(reason) = &runtime.unavailable {
            line("not available", reason);
        }
        if let Some(reason) = &runtime.smoke_test_failure {
            line("the smoke test failed", reason);
        }
    }
    out.push_str(&flaky::lines(run));
    if let Some(sentence) = Timeouts::of(&run.verdicts).sentence() {
        let _ = writeln!(out, "{sentence}");
    }
    for missing in run.missing().iter().filter(|_| !run.merged.is_empty()) {
        let _ = writeln!(out, "missing: {missing}");
    }
    let style = if run.is_clean() && run.complete { GREEN } else { RED };
    let _ = writeln!(out, "{}", paint(BOLD.fg_color(style.get_fg_color()), summary(run)));
    out
}

fn unexpected(run: &Run, screen: Screen) -> String {
    let rows: Vec<&VerdictRow> =
        run.verdicts.iter().filter(|row| row.verdict.is_unexpected()).collect();
    let mut out: String = rows.iter().take(MOST_SHOWN).map(|row| one(run, row, screen)).collect();
    if rows.len() > MOST_SHOWN {
        let more = rows.len() - MOST_SHOWN;
        let _ = writeln!(out, "and {more} more unexpected verdicts, which report.html shows\n");
    }
    out
}

fn one(run: &Run, row: &VerdictRow, screen: Screen) -> String {
    let word = row.verdict.to_string().to_uppercase();
    let id = format!("{}::{}", row.runtime, row.case);
    let mut out = format!("{} {}\n", paint(color(row.verdict), word), paint(BOLD, id));
    if let Some(case) = run.case(&row.case) {
        let rule = format!("{}, {} ({}): {}", case.level, case.basis, case.spec, case.title);
        out.push_str(&screen.wrap(&rule, "    "));
    }
    if let Some(note) = &row.note {
        out.push_str(&screen.wrap(note, "    "));
    }
    for mismatch in &row.mismatches {
        let _ = writeln!(out, "    {}:", mismatch.part);
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        out.push_str(&screen::diff(&lines, GREEN, RED, "      "));
    }
    out.push('\n');
    out
}

fn color(verdict: Verdict) -> Style {
    match verdict {
        Verdict::UnexpectedPass => YELLOW,
        _ => RED,
    }
}

/// What is unexpected of one function.
#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<Verdict, usize>,
    kinds: BTreeMap<String, usize>,
}

impl Tally {
    fn total(&self) -> usize {
        self.verdicts.values().sum()
    }
}

/// `path_open: 12 fail (8 wrong errno, 4 wrong content)`, for each runtime.
fn by_function(run: &Run) -> String {
    let mut out = String::new();
    for runtime in &run.runtimes {
        let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
        for row in run.of_runtime(&runtime.name).filter(|row| row.verdict.is_unexpected()) {
            let function = row.case.split("::").next().unwrap_or_default();
            let tally = tallies.entry(function).or_default();
            *tally.verdicts.entry(row.verdict).or_default() += 1;
            if let Some(failure) = Failure::new(&row.mismatches) {
                *tally.kinds.entry(failure.kind.to_string()).or_default() += 1;
            }
        }
        if tallies.is_empty() {
            continue;
        }
        let total: usize = tallies.values().map(Tally::total).sum();
        let name = title(&runtime.name, &runtime.version);
        let _ = writeln!(out, "{}", paint(BOLD, format!("{name}: {total} unexpected")));
        let mut sorted: Vec<(&str, Tally)> = tallies.into_iter().collect();
        sorted.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.total()));
        for (function, tally) in sorted.iter().take(MOST_FUNCTIONS) {
            let kinds = match tally.kinds.is_empty() {
                true => String::new(),
                false => format!(" ({})", list(&tally.kinds)),
            };
            let _ = writeln!(out, "    {function}: {}{kinds}", list(&tally.verdicts));
        }
        if let Some(more) = sorted.len().checked_sub(MOST_FUNCTIONS).filter(|&more| more > 0) {
            let _ = writeln!(out, "    {}", paint(DIM, format!("and {more} more functions")));
        }
        out.push('\n');
    }
    out
}

/// `8 wrong errno, 4 wrong content`, the most frequent first.
fn list<K: std::fmt::Display>(counts: &BTreeMap<K, usize>) -> String {
    let mut sorted: Vec<(&K, &usize)> = counts.iter().collect();
    sorted.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let part = |(what, count): &(&K, &usize)| format!("{count} {what}");
    sorted.iter().map(part).collect::<Vec<_>>().join(", ")
}
