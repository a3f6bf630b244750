//! Runs cases on runtimes: each job is run and judged, and handed over when it ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;
use runner_kit::Outcome;

use crate::case::Case;
use crate::known::Divergences;
use crate::observe::observation::Observation;
use crate::runtime::{PreparedRuntime, RunContext, our_error};
use crate::support::slots::Slots;
use crate::support::{interrupt, memory};
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
    /// What came of running it again, alone, if it was.
    pub rerun: Option<Rerun>,
}

/// A job that was run twice, because the first result was unexpected.
pub struct Rerun {
    pub first: Judgement,
    pub first_timed_out: bool,
    /// Run alone, in a new process.
    pub second: Judgement,
    pub second_timed_out: bool,
}

impl JudgedCase<'_> {
    pub fn timed_out(&self) -> bool {
        self.observed.as_ref().is_some_and(|observed| observed.outcome == Outcome::Timeout)
    }

    /// Whether it timed out, and neither the case nor a divergence says so.
    pub fn is_unexpected_timeout(&self) -> bool {
        self.timed_out() && matches!(self.judgement.verdict, Verdict::Fail | Verdict::Differs)
    }
}

/// What happens while jobs run, for whoever shows it.
pub enum Event<'a> {
    Judged(&'a JudgedCase<'a>),
    /// It will not be run again in this round: the verdict stands.
    Settled(&'a JudgedCase<'a>),
    /// It was unexpected, and runs once more, alone.
    Rerunning(Job<'a>),
}

/// How many processors this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The memory that one case at a time should have: each runtime keeps a process for each of them.
const MEMORY_OF_JOB: u64 = 512 << 20;

/// How many cases run at once by default: more than there are processors, because many cases wait,
/// and a guest that hangs does nothing else. Fewer if memory is short.
pub fn default_jobs() -> usize {
    jobs_for(processors(), memory::limit())
}

fn jobs_for(processors: usize, memory: Option<u64>) -> usize {
    (2 * processors).min(room(memory)).max(1)
}

/// For how many cases there is memory.
fn room(memory: Option<u64>) -> usize {
    memory.map_or(usize::MAX, |bytes| (bytes / MEMORY_OF_JOB) as usize)
}

/// How many cases may wait beside those that run, while their guests sleep or hang. Who asks for one
/// case at a time gets that.
fn waiting_beside(jobs: usize, memory: Option<u64>) -> usize {
    if jobs == 1 { 0 } else { jobs.min(room(memory).saturating_sub(jobs)) }
}

/// Whether the guest of a case may wait, or hang on some runtime: it polls, or it has less time than
/// others.
fn may_wait(case: &Case) -> bool {
    case.timeout.is_some() || case.rules.iter().any(|rule| rule.starts_with("poll_oneoff."))
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
    judge_observed(job, ready.observe(case, context), divergences)
}

/// Runs a job that ran before, in a process that has run nothing else. Nothing should run beside it.
pub(super) fn judge_alone<'a>(
    job: Job<'a>,
    divergences: &Divergences,
    context: &RunContext,
) -> Option<JudgedCase<'a>> {
    judge_observed(job, job.ready.observe_in_new_process(job.case, context), divergences)
}

fn judge_observed<'a>(
    job: Job<'a>,
    observed: Result<Observation>,
    divergences: &Divergences,
) -> Option<JudgedCase<'a>> {
    if interrupt::requested() {
        return None;
    }
    let Job { runtime, ready, case } = job;
    let observed = observed.unwrap_or_else(|e| our_error(&e));
    let row = divergences.row(runtime, &ready.divergences_of, &ready.version);
    let judgement = judge(case, &observed, &row);
    let observed = (judgement.verdict != Verdict::Skip).then_some(observed);
    Some(JudgedCase { job, judgement, observed, rerun: None })
}

fn not_run<'a>(job: Job<'a>, verdict: Verdict, note: &str) -> JudgedCase<'a> {
    let judgement = Judgement::not_run(verdict, note);
    JudgedCase { job, judgement, observed: None, rerun: None }
}

/// Which results are doubted, and so come of a second run, alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubted {
    /// Time-outs: a busy machine makes guests late.
    Timeouts,
    /// Everything unexpected.
    Unexpected,
}

impl Doubted {
    pub fn includes(self, judged: &JudgedCase) -> bool {
        let has_run = judged.job.ready.smoke_test_failure.is_none();
        judged.is_unexpected_timeout()
            || self == Doubted::Unexpected && has_run && judged.judgement.verdict.is_unexpected()
    }
}

/// Runs all jobs, `at_once` of them at a time, and first those whose guests may wait. Those that ended
/// before an interrupt are kept. The result is in the order of the jobs, whatever order they ended in,
/// each with its index.
pub fn run_all<'a>(
    jobs: &[Job<'a>],
    at_once: usize,
    doubted: Doubted,
    divergences: &Divergences,
    context: &RunContext,
    each: &(dyn Fn(Event) + Sync),
) -> Vec<(usize, JudgedCase<'a>)> {
    let finished = Mutex::new(Vec::with_capacity(jobs.len()));
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    order.sort_by_key(|&i| !may_wait(jobs[i].case));
    let run = |i: usize| {
        if interrupt::requested() {
            return;
        }
        let job = jobs[i];
        if let Some(judged) = run_one(job, divergences, context) {
            each(Event::Judged(&judged));
            if !doubted.includes(&judged) {
                each(Event::Settled(&judged));
            }
            finished.lock().expect("no code panics while holding this").push((i, judged));
        }
    };
    let waiting = waiting_beside(at_once, memory::limit());
    let slots = Slots::new(at_once, waiting);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..(at_once + waiting).min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let slot = slots.take();
                    let Some(&i) = order.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    slot.run(|| run(i));
                }
            });
        }
    });
    let mut finished = finished.into_inner().expect("no code panics while holding this");
    finished.sort_by_key(|(i, _)| *i);
    finished
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_container_runs_fewer_cases_at_once() {
        assert_eq!(jobs_for(4, None), 8);
        assert_eq!(jobs_for(2, Some(24 << 30)), 4);
        assert_eq!(jobs_for(16, Some(2 << 30)), 4);
        assert_eq!(jobs_for(2, Some(100 << 20)), 1);
    }

    #[test]
    fn cases_wait_beside_others_as_far_as_there_is_memory() {
        assert_eq!(waiting_beside(4, None), 4);
        assert_eq!(waiting_beside(4, Some(3 << 30)), 2);
        assert_eq!(waiting_beside(4, Some(1 << 30)), 0);
        assert_eq!(waiting_beside(1, None), 0);
    }
}
