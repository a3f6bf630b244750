//! The directory that the results of a run go to: the run file, and reports beside it.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::status::Status;
use crate::case::Case;
use crate::exec::causes;
use crate::known::Divergences;
use crate::report::screen::Screen;
use crate::report::{self, Before, FORMATS, Format, Made, Uses, comparison, terminal};
use crate::results::compare::{Comparison, Side, history};
use crate::results::run_file::Run;
use crate::results::run_log::RunLog;
use crate::support::directories::Directories;
use crate::support::output::{print, warn};
use crate::support::paths;

/// What makes the exit status of a run 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    Unexpected,
    Regression,
    Never,
}

impl FailOn {
    pub const ALL: [(&str, FailOn, &str); 3] = [
        (
            "unexpected",
            FailOn::Unexpected,
            "anything unexpected, or a regression from the baseline",
        ),
        ("regression", FailOn::Regression, "only a regression from the baseline"),
        ("never", FailOn::Never, "nothing: only errors and interrupts change the exit status"),
    ];
}

/// Cases and divergences, where they are loaded already.
pub type Known<'a> = (&'a [Case], &'a Divergences);

/// A directory that results can be written to.
pub struct ResultsDirectory {
    path: PathBuf,
    directories: Directories,
}

impl ResultsDirectory {
    /// Creates the directory and writes to it once: a run whose results cannot be written is lost.
    pub fn create(path: PathBuf, directories: &Directories) -> Result<Self> {
        paths::try_to_write(&path).with_context(|| {
            format!("results cannot be written to {} (--out moves them)", path.display())
        })?;
        Ok(ResultsDirectory { path, directories: directories.clone() })
    }

    /// The log of a run that is about to begin here, or to go on.
    pub fn open_log(&self, resume: bool) -> Result<RunLog> {
        RunLog::open(&self.path, resume)
    }

    /// Writes a run and its reports, prints a summary, and says how the command ends. The summary is
    /// printed even if something cannot be written.
    pub fn write_and_show(
        &self,
        run: &Run,
        known: Option<Known>,
        since: Option<&Comparison>,
        fail_on: FailOn,
    ) -> Result<Status> {
        let written = self.write(run, known, since);
        let mut shown = terminal::render(run, Screen::of_stdout());
        if let Some(since) = since {
            let comparison = comparison::text::of_run(since, Screen::of_stdout());
            let _ = write!(shown, "\ncompared with the baseline: {comparison}");
        }
        match &written {
            Ok(written) => shown.push_str(written),
            Err(_) => shown.push('\n'),
        }
        if run.verdicts.iter().any(|v| v.verdict.is_unexpected()) {
            shown.push_str("look closer with `wasi-conformance explain ID`\n");
        }
        print(&shown)?;
        written?;
        let no_runtime = run.runtimes.iter().all(|runtime| runtime.unavailable.is_some());
        if run.complete && no_runtime {
            warn("error: no case ran: no runtime is available");
            return Ok(Status::MissingRuntime);
        }
        // A shard of few cases may have none.
        if run.verdicts.is_empty() && run.complete && run.shard.is_none() {
            bail!(
                "no case ran: none of these runtimes runs this kind of guest \
                 (docs/reference/runtimes.md)"
            );
        }
        Ok(status(run, since, fail_on))
    }

    /// Writes the files, and says in a line what was written.
    fn write(&self, run: &Run, known: Option<Known>, since: Option<&Comparison>) -> Result<String> {
        let file = self.path.join("run.json");
        if run.verdicts.is_empty() && file.exists() {
            return Ok(format!("no case ran, so {} stays as it was\n", file.display()));
        }
        let mut files = vec![("run.json", None)];
        files
            .extend(FORMATS.iter().filter_map(|(_, format, _)| Some((format.file?, Some(format)))));
        let beside: Vec<&str> = files.iter().skip(1).map(|(name, _)| *name).collect();
        let failed = files.par_iter().filter_map(|(name, format)| {
            let report = |format| self.report(run, known, since, format);
            let text = format.map_or_else(|| run.to_json(), report);
            let path = self.path.join(name);
            let result = text.and_then(|text| paths::write_whole(&path, text.as_bytes()));
            result.err().map(|error| format!("{name}: {error:#}"))
        });
        let failed: Vec<String> = failed.collect();
        if !failed.is_empty() {
            bail!("not all results could be written:\n    {}", failed.join("\n    "));
        }
        Ok(format!("wrote {} and, beside it, {}\n", file.display(), beside.join(", ")))
    }

    fn report(
        &self,
        run: &Run,
        known: Option<Known>,
        since: Option<&Comparison>,
        format: &Format,
    ) -> Result<String> {
        let snapshots = match format.uses {
            Uses::Snapshots => {
                let snapshots = history(run, None, &self.directories.snapshots())?;
                match known {
                    Some((cases, divergences)) => {
                        causes::explain_by(snapshots, cases, divergences, &self.directories)?
                    }
                    None => causes::explain(snapshots, &self.directories)?,
                }
            }
            Uses::Run | Uses::Comparison => Side::default(),
        };
        let before = Before { snapshots, comparison: since.cloned() };
        match report::make(run, &before, *format)? {
            Made::Text(text) => Ok(text),
            Made::Files(_) => bail!("a format of several files has no name beside the run file"),
        }
    }
}

fn status(run: &Run, since: Option<&Comparison>, fail_on: FailOn) -> Status {
    let regressed = since.is_some_and(|comparison| comparison.failures().next().is_some());
    let failed = match fail_on {
        FailOn::Unexpected => !run.is_clean() || regressed,
        FailOn::Regression => regressed,
        FailOn::Never => false,
    };
    match (run.complete, failed) {
        (false, _) => Status::Interrupted,
        (true, true) => Status::Unexpected,
        (true, false) if run.missing_runtimes().next().is_some() => Status::MissingRuntime,
        (true, false) => Status::Clean,
    }
}
