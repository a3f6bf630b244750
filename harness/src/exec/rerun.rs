//! Before a runtime is blamed, each unexpected case runs once more, alone and in a new process: a busy
//! machine makes guests late, and an earlier guest may have corrupted the process. The second result
//! counts; if it is as expected, the case is flaky. Only an escape counts when it was seen once.

use std::collections::HashMap;

use super::engine::{Doubted, Event, JudgedCase, Rerun, judge_alone};
use crate::known::Divergences;
use crate::runtime::RunContext;
use crate::support::interrupt;
use crate::verdict::judge::{Judgement, Verdict};

/// After this many confirmed time-outs in a row, the runtime's other time-outs count without a second
/// run: a runtime on which many cases hang would take an hour.
const ENOUGH_TIMEOUTS: u32 = 5;
/// The same for all other results, which take less time.
const ENOUGH: u32 = 20;

/// Runs the doubted results of a round again, one after the other. Those that an interrupt leaves
/// undecided are removed.
pub fn rerun(
    round: &mut Vec<(usize, JudgedCase)>,
    doubted: Doubted,
    divergences: &Divergences,
    context: &RunContext,
    each: &(dyn Fn(Event) + Sync),
) {
    let mut confirmed: HashMap<(&str, bool), u32> = HashMap::new();
    round.retain_mut(|(_, judged)| {
        if !doubted.includes(judged) {
            return true;
        }
        let timed_out = judged.timed_out();
        let confirmed = confirmed.entry((judged.job.runtime, timed_out)).or_default();
        if *confirmed >= if timed_out { ENOUGH_TIMEOUTS } else { ENOUGH } {
            each(Event::Settled(judged));
            return true;
        }
        let again = match interrupt::requested() {
            true => None,
            false => {
                each(Event::Rerunning(judged.job));
                judge_alone(judged.job, divergences, context)
            }
        };
        let Some(again) = again else {
            let is_decided = judged.judgement.has_escaped();
            if is_decided {
                each(Event::Settled(judged));
            }
            return is_decided;
        };
        let is_confirmed = !differ(&judged.judgement, &again.judgement);
        *confirmed = if is_confirmed { *confirmed + 1 } else { 0 };
        settle(judged, again);
        each(Event::Settled(judged));
        true
    });
}

const NOT_SEEN_AGAIN: &str = "not seen again when the case was run again, alone; once is enough";

/// Whether two results of a case are not the same.
pub fn differ(one: &Judgement, other: &Judgement) -> bool {
    one.verdict != other.verdict || one.difference != other.difference
}

/// Makes one result of two.
fn settle<'a>(judged: &mut JudgedCase<'a>, again: JudgedCase<'a>) {
    let rerun = Rerun {
        first: judged.judgement.clone(),
        first_timed_out: judged.timed_out(),
        second: again.judgement.clone(),
        second_timed_out: again.timed_out(),
    };
    let is_as_expected = !again.judgement.verdict.is_unexpected() && !again.is_unexpected_timeout();
    // Trouble of ours says nothing about the runtime, so only the second result counts.
    let is_flaky = is_as_expected && rerun.first.verdict != Verdict::HarnessError;
    if rerun.first.has_escaped() && !rerun.second.has_escaped() {
        judged.judgement.note = Some(NOT_SEEN_AGAIN.to_owned());
    } else if is_flaky {
        let verdict = rerun.second.verdict;
        judged.judgement.verdict = Verdict::Flaky;
        judged.judgement.note =
            Some(format!("unexpected at first, and {verdict} when it was run again, alone"));
    } else {
        *judged = again;
    }
    judged.rerun = Some(rerun);
}
