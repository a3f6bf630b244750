//! `wasi-conformance run`, the main command: plan, prepare, run, report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Status;
use super::baseline::{self, Baseline};
use super::results_directory::write_and_show;
use crate::case::filter::Filter;
use crate::cli::args::RunArgs;
use crate::exec::plan::Plan;
use crate::exec::{judged_cases, prepare, run_file};
use crate::support::interrupt;
use crate::support::paths;
use crate::support::progress::Progress;

pub fn run(args: &RunArgs) -> Result<Status> {
    let plan = Plan::new(args.options())?;
    // Before the run, because afterwards it is too late for a mistake.
    let baseline = baseline::path(&args.baseline, &plan.directories);
    let baseline = baseline.map(|path| Baseline::read(&path)).transpose()?;
    Filter::of_option("--allow", &args.allow)?;
    let out = create(args.out.as_deref(), &plan)?;
    interrupt::watch()?;
    let progress = Progress::on_stderr();

    let runtimes = prepare::prepare(&plan, &progress)?;
    let judged = judged_cases::run(&plan, &runtimes, &progress)?;
    let run = run_file::run_file(&plan, &runtimes, &judged)?;

    let comparison = baseline.map(|baseline| baseline.compare(&run, &args.allow)).transpose();
    let shown = comparison.as_ref().ok().and_then(Option::as_ref);
    let status = write_and_show(&run, shown, &out, &plan.directories)?;
    comparison?;
    Ok(status)
}

/// The directory that the results go to. It is created before the run, because a run whose results
/// cannot be written is lost.
fn create(out: Option<&Path>, plan: &Plan) -> Result<PathBuf> {
    let out = match (out, &plan.options.wasi_testsuite) {
        (Some(out), _) => out.to_owned(),
        // `explain` and `bless` look into the last run of our own cases, so it stays.
        (None, Some(_)) => paths::results(&plan.directories.checkout).join("wasi-testsuite"),
        (None, None) => paths::results(&plan.directories.checkout),
    };
    fs::create_dir_all(&out).with_context(|| {
        format!("create the directory of results {} (--out moves it)", out.display())
    })?;
    Ok(out)
}
