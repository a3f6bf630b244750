//! A run as Markdown: fit for a repository page or a pull request.

use std::fmt::Write;

use super::causes;
use super::coverage;
use super::flaky;
use super::tables::{self, Style};
use super::terminal::summary;
use crate::results::run_file::{Run, VerdictRow};
use crate::support::text::{diff, shorten};
use crate::verdict::judge::{Mismatch, Verdict};

const LONGEST_DIFF: usize = 4000;

/// The whole report.
pub fn render(run: &Run) -> String {
    let mut out = String::from("# WASI preview 1 conformance\n\n");
    let _ = writeln!(
        out,
        "{}, {} cases{}, {} {}, {}.\n",
        run.tool,
        run.cases.len(),
        run.shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default(),
        run.host.os,
        run.host.arch,
        run.started
    );
    if !run.complete {
        let _ = writeln!(out, "**Incomplete: {}.**\n", run.missing().join("; "));
    }
    let _ = writeln!(out, "{}.\n", summary(run));
    if let Some(sentence) = flaky::sentence(run) {
        let _ = writeln!(out, "{sentence}\n");
    }
    let _ = writeln!(out, "{}", tables::standings(run));
    let _ = writeln!(out, "## Runtimes\n\n{}", tables::runtimes(run));
    let _ = writeln!(out, "## By area\n\nPassed, of those that ran.\n");
    let _ = writeln!(out, "{}", tables::areas(run));
    if run.has_coverage() {
        let _ = writeln!(out, "## Coverage\n\n{}", coverage::render(run, Style::Markdown));
    }
    section(&mut out, run, "Unexpected", |v| v.is_unexpected());
    out.push_str(&flaky::section(run));
    out.push_str(&causes::findings(run));
    out.push_str(&causes::section(run, "Known divergences", Verdict::Known));
    let allowed = "Differences that the specification allows";
    section(&mut out, run, allowed, |v| v == Verdict::Differs);
    out.push_str(&causes::section(run, "Skipped", Verdict::Skip));
    out
}

fn section(out: &mut String, run: &Run, title: &str, wanted: fn(Verdict) -> bool) {
    let rows: Vec<&VerdictRow> = run.verdicts.iter().filter(|v| wanted(v.verdict)).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {title} ({})\n", rows.len());
    for runtime in &run.runtimes {
        let of_runtime: Vec<&&VerdictRow> =
            rows.iter().filter(|v| v.runtime == runtime.name).collect();
        if of_runtime.is_empty() {
            continue;
        }
        let _ = writeln!(out, "### {} {} ({})\n", runtime.name, runtime.version, of_runtime.len());
        for row in of_runtime {
            with_diff(out, run, row);
        }
        out.push('\n');
    }
}

pub(super) fn with_diff(out: &mut String, run: &Run, row: &VerdictRow) {
    let _ = write!(out, "- `{}`", row.case);
    if let Some(case) = run.case(&row.case) {
        let _ = write!(out, " ([{}]({})): {}", case.level, case.spec, case.title);
    }
    out.push('\n');
    if let Some(note) = &row.note {
        let _ = write!(out, "  {}", row.verdict);
        if let Some(known) = &row.known {
            let _ = write!(out, " ({}, [link]({}))", known.kind, known.link);
        }
        let _ = writeln!(out, ": {}", note.replace('\n', "\n  "));
    }
    with_mismatches(out, &row.mismatches);
}

/// Differences as parts of an item of a list.
pub(super) fn with_mismatches(out: &mut String, mismatches: &[Mismatch]) {
    for mismatch in mismatches {
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        let lines = lines.trim_end().replace('\n', "\n  ");
        let fence = fence(&lines);
        let _ = writeln!(out, "  {}:\n  {fence}diff\n  {lines}\n  {fence}", mismatch.part);
    }
}

/// A fence that no line of a guest's can close.
pub(super) fn fence(lines: &str) -> String {
    let mut fence = "```".to_owned();
    while lines.contains(&fence) {
        fence.push('`');
    }
    fence
}
