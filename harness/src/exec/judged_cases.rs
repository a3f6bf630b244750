//! Runs the cases of a plan on its runtimes: the third of the four values of a run.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::thread;

use anyhow::Result;

use super::engine::{Event, Job, JudgedCase};
use super::plan::Plan;
use super::prepare::{PreparedRuntimes, prepare};
use super::repeat::{Repeated, run_repeatedly};
use super::run_head::{head, runtime_rows};
use super::verdict_rows::{row_of, verdict_row};
use crate::observe::observation::Times;
use crate::results::run_file::{RuntimeRow, VerdictRow};
use crate::results::run_log::RunLog;
use crate::support::progress::{Progress, show};
use crate::verdict::judge::Judgement;
use crate::verdict::signature;

/// What each runtime did with each of its cases, with the verdicts.
pub struct JudgedCases<'a> {
    /// Of the runtimes in the order in which they became ready, each by case.
    pub cases: Vec<Repeated<'a>>,
    /// Where the time of each runtime went, by its name.
    pub times: HashMap<String, Times>,
    /// Whether every case ran as often as it was asked to.
    pub complete: bool,
}

/// Runs all cases of a plan, many at once, on each runtime as soon as it is ready. Verdicts go to the
/// log as they are reached; cases that have one there from before the run was resumed do not run
/// again. `finished` is told of each runtime that has run its cases while others are not ready.
pub fn run<'a>(
    plan: &'a Plan,
    prepared: &'a PreparedRuntimes,
    mut log: Option<&mut RunLog>,
    finished: &dyn Fn(&RuntimeRow, &[VerdictRow]),
    progress: &'a Progress,
) -> Result<JudgedCases<'a>> {
    let mut outstanding = plan.runtimes.len();
    let mut judged = JudgedCases { cases: vec![], times: HashMap::new(), complete: true };
    thread::scope(|scope| {
        for batch in prepare(scope, plan, prepared, progress) {
            if let Some(log) = &mut log {
                begin_or_add(log, plan, prepared, &batch)?;
            }
            let jobs = jobs(plan, prepared, &batch, log.as_deref());
            let (cases, times) = run_jobs(&jobs, plan, prepared, log.as_deref(), progress);
            let repeat = plan.options.repeat;
            judged.complete &= cases.len() == jobs.len()
                && cases.iter().all(|repeated| repeated.times() == repeat);
            outstanding -= batch.len();
            if outstanding > 0 {
                for row in runtime_rows(plan, prepared, &batch) {
                    let of_runtime = |one: &&Repeated| one.shown().job.runtime == row.name;
                    let verdicts: Vec<_> =
                        cases.iter().filter(of_runtime).map(verdict_row).collect();
                    finished(&row, &verdicts);
                }
            }
            judged.cases.extend(cases);
            judged.times.extend(times);
        }
        anyhow::Ok(())
    })?;
    judged.complete &= prepared.are_all_ready();
    Ok(judged)
}

/// Adds the runtimes of a batch to the log. It begins with the first one that can run cases: a run
/// without any has nothing to log, and leaves the log of an earlier run as it is.
fn begin_or_add(
    log: &mut RunLog,
    plan: &Plan,
    prepared: &PreparedRuntimes,
    batch: &[usize],
) -> Result<()> {
    if log.has_begun() {
        let rows = runtime_rows(plan, prepared, batch);
        return rows.iter().try_for_each(|row| log.add_runtime(row));
    }
    let head = head(plan, prepared)?;
    if head.available().is_empty() { Ok(()) } else { log.begin(&head, &plan.options.conditions()) }
}
/// Runs jobs and writes their verdicts to the log.
fn run_jobs<'a>(
    jobs: &[Job<'a>],
    plan: &'a Plan,
    prepared: &PreparedRuntimes,
    log: Option<&RunLog>,
    progress: &Progress,
) -> (Vec<Repeated<'a>>, HashMap<String, Times>) {
    let repeat = plan.options.repeat;
    let bar = progress.bar(jobs.len() * repeat as usize);
    let paths = plan.machine_paths();
    // A case that runs a thousand times is logged once for each way in which it comes out.
    let logged = Mutex::new(HashSet::new());
    let is_new = |judged: &JudgedCase| {
        let Judgement { verdict, difference, .. } = &judged.judgement;
        let way = (judged.job.runtime, &judged.job.case.id, *verdict, signature::of(difference));
        let mut hasher = DefaultHasher::new();
        way.hash(&mut hasher);
        logged.lock().expect("no code panics while holding this").insert(hasher.finish())
    };
    let each = |event: Event| match event {
        Event::Judged(judged) => {
            show(&bar, &judged.job.case.id_on(judged.job.runtime));
            bar.inc(1);
        }
        Event::Rerunning(job) => {
            show(&bar, &format!("{} again, alone", job.case.id_on(job.runtime)));
        }
        Event::Settled(judged) => {
            if let Some(log) = log
                && is_new(judged)
            {
                let mut row = row_of(judged);
                paths.hide_in_verdict(&mut row);
                log.append(&row);
            }
        }
    };
    let at_once = plan.options.jobs;
    let judged = run_repeatedly(jobs, at_once, repeat, &plan.divergences, &prepared.context, &each);
    bar.finish_and_clear();
    judged
}

/// Every case on every runtime of a batch that is available and runs guests of its kind, but for those
/// that have a verdict in the log.
fn jobs<'a>(
    plan: &'a Plan,
    prepared: &'a PreparedRuntimes,
    batch: &[usize],
    log: Option<&RunLog>,
) -> Vec<Job<'a>> {
    let mut jobs = Vec::new();
    for &place in batch {
        let Some(runtime) = prepared.get(place) else { continue };
        if let Ok(ready) = &runtime.state {
            let cases = plan.runtimes[place].cases.iter().map(|&place| &plan.cases[place]);
            let cases = cases.filter(|case| runtime.runs(case.area.of()));
            jobs.extend(cases.map(|case| Job { runtime: &runtime.name, ready, case }));
        }
    }
    let earlier = log.map(RunLog::earlier).unwrap_or_default();
    jobs.retain(|job| !earlier.contains(&(job.runtime, job.case.id.as_str())));
    jobs
}
