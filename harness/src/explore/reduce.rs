//! From the findings of a search to the fewest, each with the fewest calls.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use anyhow::Result;
use explore::{Judge, Scenario, Signature, shrink};

use super::finding::{Found, Group, Groups, found};
use super::machine::Machine;
use crate::support::interrupt;

/// Each round makes a scenario smaller in one respect.
const ROUNDS: usize = 60;

/// Reduces all groups of a machine that are wanted, as many at once as there are jobs, until it is too
/// late. Those that come to the same become one. `each` is told when one is done.
pub fn reduce(
    machine: &Machine,
    groups: Groups,
    is_wanted: &(dyn Fn(&Signature) -> bool + Sync),
    until: Instant,
    jobs: usize,
    each: &(dyn Fn() + Sync),
) -> Groups {
    let (wanted, others): (Vec<_>, Vec<_>) =
        groups.0.into_iter().partition(|(signature, _)| is_wanted(signature));
    let result = Mutex::new(Groups(others.into_iter().collect()));
    let wanted = Mutex::new(VecDeque::from(wanted));
    let work = || {
        let mut judge = Judge::default();
        loop {
            let next = wanted.lock().expect("no code panics while holding this").pop_front();
            let Some((signature, mut group)) = next else { break };
            let is_late = Instant::now() >= until || interrupt::requested();
            // What cannot be reduced any more, or is not seen again, is shown as it is.
            let reduced = match is_late {
                true => Ok(None),
                false => smaller(machine, &group.shortest, &signature, &mut judge),
            };
            if let Ok(Some(shortest)) = reduced {
                group = Group { shortest, is_confirmed: true, ..group };
            }
            result.lock().expect("no code panics while holding this").merge(group);
            each();
        }
    };
    thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    result.into_inner().expect("no code panics while holding this")
}

/// `None` if a scenario alone does not show it.
fn smaller(
    machine: &Machine,
    from: &Found,
    signature: &Signature,
    judge: &mut Judge,
) -> Result<Option<Found>> {
    let seen = machine.alone(&from.scenario)?;
    if found(judge, &from.scenario, &seen).is_none_or(|found| found.signature() != *signature) {
        return Ok(None);
    }
    let smallest = shrink(&from.scenario, signature, ROUNDS, |candidates: &[Scenario]| {
        let candidates: Vec<&Scenario> = candidates.iter().collect();
        let seen = machine.run(&candidates)?;
        let mut signature_of = |(scenario, seen): (&&Scenario, _)| {
            let found = found(judge, scenario, seen)?;
            is_part(&found.signature(), signature).then(|| signature.clone())
        };
        anyhow::Ok(candidates.iter().zip(&seen).map(&mut signature_of).collect())
    })?;
    let seen = machine.alone(&smallest)?;
    let found = found(judge, &smallest, &seen);
    Ok(found.filter(|found| is_part(&found.signature(), signature)))
}

/// Whether a finding is the same as another, or part of it: less else was allowed.
fn is_part(one: &Signature, of: &Signature) -> bool {
    let has = |rule| of.rules.contains(rule);
    one.function == of.function && one.observed == of.observed && one.rules.iter().all(has)
}
