//! A run as Markdown: fit for a repository page or a pull request.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::coverage;
use super::tables::{self, Style};
use super::terminal::summary;
use super::varying;
use crate::divergence::DivergenceKind;
use crate::judge::{Mismatch, Verdict};
use crate::record::{Run, VerdictRow};
use crate::text::{diff, shorten};

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
    if let Some(sentence) = varying::sentence(run) {
        let _ = writeln!(out, "{sentence}\n");
    }
    let _ = writeln!(out, "{}", tables::runtimes(run, Style::Markdown));
    let _ = writeln!(out, "Each cell: passed / known divergences / failed / skipped.\n");
    let _ = writeln!(out, "{}", tables::matrix(run, Style::Markdown));
    let _ = writeln!(out, "{}", tables::kinds(run, Style::Markdown));
    if run.has_coverage() {
        let _ = writeln!(out, "## Coverage\n\n{}", coverage::render(run, Style::Markdown));
    }
    section(&mut out, run, "Unexpected", |v| v.is_unexpected(), with_diff);
    out.push_str(&varying::section(run));
    out.push_str(&findings(run));
    section(&mut out, run, "Known divergences", |v| v == Verdict::Known, with_diff);
    section(
        &mut out,
        run,
        "Differences that the specification allows",
        |v| v == Verdict::Differs,
        with_diff,
    );
    section(&mut out, run, "Skipped", |v| v == Verdict::Skip, with_note);
    out
}

/// Bugs of which no report upstream is known: one line for each cause, with what makes it happen.
fn findings(run: &Run) -> String {
    let mut causes: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
    for row in &run.verdicts {
        if let (Some(known), Some(note)) = (&row.known, &row.note)
            && known.kind == DivergenceKind::Bug
            && !is_reported(&known.link)
        {
            let cause = (row.runtime.as_str(), known.link.as_str(), note.as_str());
            causes.entry(cause).or_default().push(&row.case);
        }
    }
    if causes.is_empty() {
        return String::new();
    }
    let mut out = format!(
        "## Findings ({})\n\nBugs that we know of no report of; each links the source that does it.\n\n",
        causes.len()
    );
    for ((runtime, link, note), cases) in causes {
        let more = match cases.len() {
            1 => String::new(),
            n => format!(" (and {} more cases)", n - 1),
        };
        let _ = writeln!(
            out,
            "- **{runtime}**: {note} [Source]({link}). `cargo run --release -- run -r {runtime} -f {}`{more}",
            cases[0]
        );
    }
    out.push('\n');
    out
}

/// Whether a link leads to where somebody has reported or discussed it, and not just to the source.
pub(super) fn is_reported(link: &str) -> bool {
    ["/issues/", "/pull/", "/discussions/", "/advisories/"].iter().any(|part| link.contains(part))
}

type Item = fn(&mut String, &Run, &VerdictRow);

fn section(out: &mut String, run: &Run, title: &str, wanted: fn(Verdict) -> bool, item: Item) {
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
            item(out, run, row);
        }
        out.push('\n');
    }
}

fn with_note(out: &mut String, _: &Run, row: &VerdictRow) {
    let _ = writeln!(out, "- `{}`: {}", row.case, row.note.as_deref().unwrap_or_default());
}

fn with_diff(out: &mut String, run: &Run, row: &VerdictRow) {
    let _ = write!(out, "- `{}`", row.case);
    if let Some(case) = run.case(&row.case) {
        let _ = write!(out, " ([{}]({})): {}", case.level, case.spec, case.about);
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
fn fence(lines: &str) -> String {
    let mut fence = "```".to_owned();
    while lines.contains(&fence) {
        fence.push('`');
    }
    fence
}
