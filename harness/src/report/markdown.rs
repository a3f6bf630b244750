//! A run as Markdown: fit for a repository page or a pull request.

use std::fmt::Write;

use super::causes;
use super::coverage;
use super::flaky;
use super::markdown_items;
use super::summary::summary;
use super::tables::{self, Style};

use crate::results::run_file::{Run, VerdictRow};
use crate::verdict::judge::Verdict;

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
    let _ = writeln!(out, "{}", tables::by_verdict(run));
    let _ = writeln!(out, "## Runtimes\n\n{}", tables::runtimes(run));
    let _ = writeln!(out, "## By area\n\nPassed, of those that ran.\n");
    let _ = writeln!(out, "{}", tables::by_area(run));
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
            out.push_str(&markdown_items::verdict(run, row));
        }
        out.push('\n');
    }
}
