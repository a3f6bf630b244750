//! A busy machine makes guests late. So a case that timed out runs once more, alone and in a new
//! process, and only what happens then counts.

use std::collections::HashMap;

use crate::exec::engine::{Event, JudgedCase, judge_alone};
use crate::known::Divergences;
use crate::runtime::RunContext;
use crate::support::interrupt;

/// After so many time-outs of a runtime that were all confirmed, its others count without being run
/// again: a runtime on which many cases hang would take an hour.
const ENOUGH: u32 = 5;

/// Runs the unexpected time-outs of a round again, one after the other. Those that an interrupt
/// leaves undecided are removed.
pub fn retry_timeouts(
    round: &mut Vec<(usize, JudgedCase)>,
    divergences: &Divergences,
    context: &RunContext,
    each: &(dyn Fn(Event) + Sync),
) {
    let mut runtimes: HashMap<&str, Counts> = HashMap::new();
    round.retain_mut(|(_, judged)| {
        if !judged.is_unexpected_timeout() {
            return true;
        }
        let counts = runtimes.entry(judged.job.runtime).or_default();
        if counts.confirmed == counts.retried && counts.confirmed >= ENOUGH {
            each(Event::Settled(judged));
            return true;
        }
        if interrupt::requested() {
            return false;
        }
        each(Event::Retrying(judged.job));
        let Some(again) = judge_alone(judged.job, divergences, context) else { return false };
        counts.retried += 1;
        counts.confirmed += u32::from(again.timed_out());
        *judged = again;
        each(Event::Settled(judged));
        true
    });
}

/// What became of the time-outs of a runtime.
#[derive(Default)]
struct Counts {
    retried: u32,
    confirmed: u32,
}
