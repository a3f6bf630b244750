//! Runs cases on runtimes: every pair is run, judged, and handed over as it ends.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::case::Case;
use crate::known::Divergences;
use crate::observe::observation::Observation;
use crate::runtime::{PreparedRuntime, RunContext, our_error};
use crate::support::interrupt;
use crate::verdict::judge::{Judgement, Verdict, judge};

/// A case on a runtime.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub runtime: &'a str,
    pub ready: &'a PreparedRuntime,
    pub case: &'a Case,
}

/// What came of a pair.
pub struct JudgedCase<'a> {
    pub pair: Job<'a>,
    pub judgement: Judgement,
    /// `None` if the case was skipped.
    pub observed: Option<Observation>,
}

pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many cases run at once: more than there are processors, because what a case does is often to
/// wait, and a guest that hangs does nothing else.
pub fn default_jobs() -> usize {
    2 * processors()
}

/// Runs one pair. `None` if it was interrupted before it ended.
pub fn run_one<'a>(
    pair: Job<'a>,
    records: &Divergences,
    setting: &RunContext,
) -> Option<JudgedCase<'a>> {
    let Job { ready, case, .. } = pair;
    if let Some(reason) = case.skip.as_deref().or_else(|| ready.cannot_run(case)) {
        return Some(without_running(pair, Verdict::Skip, reason));
    }
    if ready.smoke_test_failure.is_some() {
        let note = "the runner did not prove itself".to_string();
        return Some(without_running(pair, Verdict::HarnessError, &note));
    }
    let observed = ready.observe(case, setting);
    if interrupt::requested() {
        return None;
    }
    let observed = observed.unwrap_or_else(|e| our_error(&e));
    let record = records.find(pair.runtime, &ready.divergences_of, &ready.version, &case.id);
    let judgement = judge(case, &observed, record);
    Some(JudgedCase { pair, judgement, observed: Some(observed) })
}

fn without_running<'a>(pair: Job<'a>, verdict: Verdict, note: &str) -> JudgedCase<'a> {
    JudgedCase { pair, judgement: Judgement::not_run(verdict, note), observed: None }
}

/// Runs all pairs on the current thread pool. What is finished when an interrupt comes is kept;
/// the result is in the order of the pairs whatever order they ended in, each with its place there.
pub fn run_all<'a>(
    pairs: &[Job<'a>],
    records: &Divergences,
    setting: &RunContext,
    each: &(dyn Fn(&JudgedCase) + Sync),
) -> Vec<(usize, JudgedCase<'a>)> {
    let finished = Mutex::new(Vec::with_capacity(pairs.len()));
    pairs.par_iter().enumerate().for_each(|(i, &pair)| {
        if interrupt::requested() {
            return;
        }
        if let Some(done) = run_one(pair, records, setting) {
            each(&done);
            finished.lock().expect("no code panics while holding this").push((i, done));
        }
    });
    let mut finished = finished.into_inner().expect("no code panics while holding this");
    finished.sort_by_key(|(i, _)| *i);
    finished
}
