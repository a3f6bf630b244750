//! The directory that the results of a run go to: the run file, and reports beside it.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, bail};

use super::{Status, print};
use crate::report::{comment, comparison, html, junit, markdown, terminal};
use crate::results::compare::{Comparison, history};
use crate::results::run_file::Run;
use crate::support::directories::Directories;
use crate::support::paths;

/// Writes a run and its reports, prints a summary, and says how the command ends.
pub fn write_and_show(
    run: &Run,
    since: Option<&Comparison>,
    out: &Path,
    directories: &Directories,
) -> Result<Status> {
    let file = out.join("run.json");
    run.write(&file)?;
    let snapshots = history(run, None, &directories.published_snapshots())?;
    let reports = [
        ("report.html", html::render(run, &snapshots)?),
        ("report.md", markdown::render(run)),
        ("comment.md", comment::render(run, since)),
        ("junit.xml", junit::render(run)?),
    ];
    for (name, text) in &reports {
        paths::write_whole(&out.join(name), text.as_bytes())?;
    }
    let beside = reports.map(|(name, _)| name).join(", ");
    let mut out = terminal::render(run);
    if let Some(since) = since {
        let _ = write!(out, "\ncompared with the baseline: {}", comparison::text::of_run(since));
    }
    let _ = writeln!(out, "wrote {} and, beside it, {beside}", file.display());
    if run.verdicts.iter().any(|v| v.verdict.is_unexpected()) {
        out.push_str("look closer with `wasi-conformance explain ID`\n");
    }
    print(&out)?;
    let no_runtime = run.runtimes.iter().all(|runtime| runtime.unavailable.is_some());
    // A shard of few cases may have none.
    if run.verdicts.is_empty() && run.complete && (no_runtime || run.shard.is_none()) {
        let problem = match no_runtime {
            true => "no runtime is available",
            false => "none of these runtimes runs this kind of guest (docs/reference/runtimes.md)",
        };
        bail!("no case ran: {problem}");
    }
    let regressed = since.is_some_and(|comparison| comparison.failures().next().is_some());
    Ok(match (run.complete, run.is_clean() && !regressed) {
        (false, _) => Status::Interrupted,
        (true, true) => Status::Clean,
        (true, false) => Status::Unexpected,
    })
}
