//! Runs the cases of a plan on its runtimes: the third of the four values of a run.

use std::collections::HashMap;

use anyhow::{Context, Result};

use super::engine::{Event, Job};
use super::plan::Plan;
use super::prepare::PreparedRuntimes;
use super::repeat::{Repeated, run_repeatedly};
use super::verdict_rows::row_of;
use crate::observe::observation::Times;
use crate::results::run_log::RunLog;
use crate::support::progress::Progress;

/// What each runtime did with each of its cases, with the verdicts.
pub struct JudgedCases<'a> {
    /// By runtime, then by case, both in the order of the plan.
    pub cases: Vec<Repeated<'a>>,
    /// Where the time of each runtime went, by its name.
    pub times: HashMap<String, Times>,
    /// Whether every case ran as often as it was asked to.
    pub complete: bool,
}

/// Runs all cases of a plan, many at once. Verdicts go to the log as they are reached; cases that
/// have one there from before the run was resumed do not run again.
pub fn run<'a>(
    plan: &'a Plan,
    prepared: &'a PreparedRuntimes,
    log: Option<&RunLog>,
    progress: &Progress,
) -> Result<JudgedCases<'a>> {
    let workers = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.options.jobs)
        .build()
        .context("start the worker threads")?;
    let mut jobs = jobs(plan, prepared);
    if let Some(log) = log {
        let earlier = log.earlier();
        jobs.retain(|job| !earlier.contains(&(job.runtime, job.case.id.as_str())));
    }
    let repeat = plan.options.repeat;
    let bar = progress.bar(jobs.len() * repeat as usize);
    let paths = plan.machine_paths();
    let each = |event: Event| match event {
        Event::Judged(judged) => {
            bar.set_message(judged.job.case.id_on(judged.job.runtime));
            bar.inc(1);
        }
        Event::Rerunning(job) => {
            bar.set_message(format!("{} again, alone", job.case.id_on(job.runtime)));
        }
        Event::Settled(judged) => {
            if let Some(log) = log {
                let mut row = row_of(judged);
                paths.hide_in_verdict(&mut row);
                log.append(&row);
            }
        }
    };
    let (cases, times) = workers
        .install(|| run_repeatedly(&jobs, repeat, &plan.divergences, &prepared.context, &each));
    bar.finish_and_clear();
    let complete = !prepared.interrupted
        && cases.len() == jobs.len()
        && cases.iter().all(|repeated| repeated.times() == repeat);
    Ok(JudgedCases { cases, times, complete })
}

/// Every case on every runtime that is available and runs guests of its kind.
fn jobs<'a>(plan: &'a Plan, prepared: &'a PreparedRuntimes) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for (runtime, planned) in prepared.runtimes.iter().zip(&plan.runtimes) {
        if let Ok(ready) = &runtime.state {
            let cases = planned.cases.iter().map(|&place| &plan.cases[place]);
            let cases = cases.filter(|case| runtime.runs(case.area.of()));
            jobs.extend(cases.map(|case| Job { runtime: &runtime.name, ready, case }));
        }
    }
    jobs
}
