//! What a run prints when it ends.

use std::fmt::Write;

use super::flaky;
use super::tables::{self, Counts};
use crate::results::run_file::{Run, VerdictRow};
use crate::support::text::{diff, shorten};
use crate::verdict::judge::Verdict;

/// A diff longer than this is cut: the run file and `explain` have all of it.
const LONGEST_DIFF: usize = 2000;

/// Every unexpected verdict with its diff, then the matrix, where the time went, and the counts.
pub fn render(run: &Run) -> String {
    let mut out = String::new();
    for row in run.verdicts.iter().filter(|v| v.verdict.is_unexpected()) {
        out.push_str(&unexpected(run, row));
    }
    let _ = writeln!(out, "{}", tables::matrix(run));
    let _ = writeln!(out, "{}\n", tables::legend(run));
    let _ = writeln!(out, "{}", tables::times(run));
    for runtime in &run.runtimes {
        if let Some(reason) = &runtime.unavailable {
            let _ = writeln!(out, "{}: not available: {reason}", runtime.name);
        }
        if let Some(reason) = &runtime.smoke_test_failure {
            let _ = writeln!(out, "{}: its runner did not prove itself: {reason}", runtime.name);
        }
    }
    out.push_str(&flaky::lines(run));
    for missing in run.missing().iter().filter(|_| !run.merged.is_empty()) {
        let _ = writeln!(out, "missing: {missing}");
    }
    let _ = writeln!(out, "{}", summary(run));
    out
}

/// One line: how many of what, and whether that is all.
pub fn summary(run: &Run) -> String {
    let counts = Counts::of(&run.verdicts);
    let shown = Verdict::ALL.into_iter().filter(|&v| counts.get(v) > 0);
    let parts: Vec<String> = shown.map(|v| format!("{} {v}", counts.get(v))).collect();
    let state = match (run.complete, run.is_clean()) {
        (false, _) if run.merged.is_empty() => "interrupted: incomplete",
        (false, _) => "incomplete",
        (true, _) if parts.is_empty() && !run.runtimes.iter().all(|r| r.unavailable.is_some()) => {
            "no case"
        }
        (true, _) if parts.is_empty() => "no runtime",
        (true, true) => "nothing unexpected",
        (true, false) => "unexpected verdicts",
    };
    let shard = run.shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default();
    let all = format!("{} verdicts{shard} in {:.1} s", counts.total(), run.seconds);
    let parts = parts.join(", ");
    [all.as_str(), &parts, state]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

fn unexpected(run: &Run, row: &VerdictRow) -> String {
    let mut out =
        format!("{} {}::{}\n", row.verdict.to_string().to_uppercase(), row.runtime, row.case);
    if let Some(case) = run.case(&row.case) {
        let _ = writeln!(out, "    {} ({}): {}", case.level, case.spec, case.title);
    }
    if let Some(note) = &row.note {
        let _ = writeln!(out, "    {}", note.replace('\n', "\n    "));
    }
    for mismatch in &row.mismatches {
        let _ = writeln!(out, "    {}:", mismatch.part);
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        for line in lines.lines() {
            let _ = writeln!(out, "      {line}");
        }
    }
    out.push('\n');
    out
}
