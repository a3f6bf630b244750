//! Runs cases on runtimes: each job is run and judged, and handed over when it ends.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::case::Case;
use crate::known::Divergences;
use crate::observe::observation::Observation;
use crate::runtime::{PreparedRuntime, RunContext, our_error};
use crate::support::interrupt;
use crate::verdict::judge::{Judgement, Verdict, judge};

/// A case to run on a runtime.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub runtime: &'a str,
    pub ready: &'a PreparedRuntime,
    pub case: &'a Case,
}

/// What a job came to.
pub struct JudgedCase<'a> {
    pub job: Job<'a>,
    pub judgement: Judgement,
    /// `None` if the case did not run.
    pub observed: Option<Observation>,
}

/// How many processors this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many cases run at once by default: more than there are processors, because many cases wait,
/// and a guest that hangs does nothing else.
pub fn default_jobs() -> usize {
    2 * processors()
}

/// Runs one job. `None` if it was interrupted.
pub fn run_one<'a>(
    job: Job<'a>,
    divergences: &Divergences,
    context: &RunContext,
) -> Option<JudgedCase<'a>> {
    let Job { ready, case, .. } = job;
    if let Some(reason) = case.skip.as_deref().or_else(|| ready.cannot_run(case)) {
        return Some(not_run(job, Verdict::Skip, reason));
    }
    if ready.smoke_test_failure.is_some() {
        return Some(not_run(job, Verdict::HarnessError, "the runner failed its smoke test"));
    }
    let observed = ready.observe(case, context);
    if interrupt::requested() {
        return None;
    }
    let observed = observed.unwrap_or_else(|e| our_error(&e));
    let divergence = divergences.find(job.runtime, &ready.divergences_of, &ready.version, &case.id);
    let judgement = judge(case, &observed, divergence);
    Some(JudgedCase { job, judgement, observed: Some(observed) })
}

fn not_run<'a>(job: Job<'a>, verdict: Verdict, note: &str) -> JudgedCase<'a> {
    JudgedCase { job, judgement: Judgement::not_run(verdict, note), observed: None }
}

/// Runs all jobs on the current thread pool. Those that ended before an interrupt are kept. The
/// result is in the order of the jobs, whatever order they ended in, each with its index.
pub fn run_all<'a>(
    jobs: &[Job<'a>],
    divergences: &Divergences,
    context: &RunContext,
    each: &(dyn Fn(&JudgedCase) + Sync),
) -> Vec<(usize, JudgedCase<'a>)> {
    let finished = Mutex::new(Vec::with_capacity(jobs.len()));
    jobs.par_iter().enumerate().for_each(|(i, &job)| {
        if interrupt::requested() {
            return;
        }
        if let Some(judged) = run_one(job, divergences, context) {
            each(&judged);
            finished.lock().expect("no code panics while holding this").push((i, judged));
        }
    });
    let mut finished = finished.into_inner().expect("no code panics while holding this");
    finished.sort_by_key(|(i, _)| *i);
    finished
}
