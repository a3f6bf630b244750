//! Which branches of the model were reached, and how often.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Branch, Rule};
use preview1::FUNCTIONS;

use crate::executor::Session;
use crate::judge::World;
use crate::lower::lower_step;
use crate::scenario::Scenario;

#[derive(Clone, Debug)]
pub struct Coverage {
    /// For each function, how often each branch was reached. The rules tell branches apart.
    counts: Vec<HashMap<Vec<Rule>, u64>>,
    /// How often one outcome of a call followed another.
    pairs: HashMap<(u64, u64), u64>,
}

impl Default for Coverage {
    fn default() -> Coverage {
        Coverage { counts: vec![HashMap::new(); FUNCTIONS.len()], pairs: HashMap::new() }
    }
}

impl Coverage {
    /// Counts what may happen in a call.
    pub fn reach(&mut self, function: u8, branches: &[Branch]) {
        let counts = &mut self.counts[usize::from(function)];
        for branch in branches {
            match counts.get_mut(&branch.rules[..]) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(branch.rules.clone(), 1);
                }
            }
        }
    }

    /// Counts what may happen in all calls of a scenario.
    pub fn explore(&mut self, session: &mut Session, world: &World, scenario: &Scenario) {
        session.start(world, scenario, 3);
        for (place, step) in scenario.calls.iter().enumerate() {
            let op = lower_step(place, step);
            let pending = session.call(&op);
            self.reach(step.function, &pending.branches);
            if session.take(&op, pending).is_err() {
                break;
            }
        }
    }

    /// How often the branch of a call that was reached least was reached.
    pub fn least(&self, function: u8, branches: &[Branch]) -> u64 {
        let counts = &self.counts[usize::from(function)];
        let count = |branch: &Branch| counts.get(&branch.rules[..]).copied().unwrap_or(0);
        branches.iter().map(count).min().unwrap_or(0)
    }

    /// How often one outcome of a call followed another.
    pub fn followed(&self, before: u64, after: u64) -> u64 {
        self.pairs.get(&(before, after)).copied().unwrap_or(0)
    }

    pub fn follow(&mut self, before: u64, after: u64) {
        *self.pairs.entry((before, after)).or_default() += 1;
    }

    /// How often each branch was reached, by function.
    pub fn branches(&self) -> BTreeMap<(&'static str, Vec<Rule>), u64> {
        let functions = FUNCTIONS.iter().zip(&self.counts);
        let branches = functions.flat_map(|(function, counts)| {
            counts.iter().map(|(rules, count)| ((function.name, rules.clone()), *count))
        });
        branches.collect()
    }

    /// The rules of all branches that were reached.
    pub fn rules(&self) -> BTreeSet<Rule> {
        self.counts.iter().flat_map(HashMap::keys).flatten().copied().collect()
    }

    /// Adds what was reached elsewhere.
    pub fn add(&mut self, other: &Coverage) {
        for (counts, others) in self.counts.iter_mut().zip(&other.counts) {
            for (rules, count) in others {
                *counts.entry(rules.clone()).or_default() += count;
            }
        }
    }
}

/// A number for what came of a call: the same on every machine (this is FNV-1a).
pub fn outcome_of(function: u8, branch: &Branch) -> u64 {
    let bytes = branch.rules.first().map_or(&b""[..], |rule| rule.as_bytes());
    let start = (0xcbf2_9ce4_8422_2325 ^ u64::from(function)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
