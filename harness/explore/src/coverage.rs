//! Which branches of the model were reached, and how often.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use model::{Branch, Rule};
use preview1::FUNCTIONS;

/// A function, and the rules that one of its branches rests on.
type Key = (u8, Vec<Rule>);

#[derive(Clone, Debug, Default)]
pub struct Coverage {
    counts: HashMap<Key, u64>,
    /// How often one outcome of a call followed another.
    pairs: HashMap<(u64, u64), u64>,
}

impl Coverage {
    /// Counts what may happen in a call.
    pub fn reach(&mut self, function: u8, branches: &[Branch]) {
        for branch in branches {
            match self.counts.get_mut(&(function, branch.rules.clone())) {
                Some(count) => *count += 1,
                None => {
                    self.counts.insert((function, branch.rules.clone()), 1);
                }
            }
        }
    }

    /// How often the branch of a call that was reached least was reached.
    pub fn least(&self, function: u8, branches: &[Branch]) -> u64 {
        let count = |branch: &Branch| self.counts.get(&(function, branch.rules.clone()));
        branches.iter().map(|branch| count(branch).copied().unwrap_or(0)).min().unwrap_or(0)
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
        let named = |((function, rules), count): (&Key, &u64)| {
            ((FUNCTIONS[usize::from(*function)].name, rules.clone()), *count)
        };
        self.counts.iter().map(named).collect()
    }

    /// The rules of all branches that were reached.
    pub fn rules(&self) -> BTreeSet<Rule> {
        self.counts.keys().flat_map(|(_, rules)| rules.iter().copied()).collect()
    }

    /// Adds what was reached elsewhere.
    pub fn add(&mut self, other: &Coverage) {
        for (key, count) in &other.counts {
            *self.counts.entry(key.clone()).or_default() += count;
        }
    }
}

/// A number for what came of a call: the same on every machine (this is FNV-1a).
pub fn outcome_of(function: u8, branch: &Branch) -> u64 {
    let bytes = branch.rules.first().map_or(&b""[..], |rule| rule.as_bytes());
    let start = (0xcbf2_9ce4_8422_2325 ^ u64::from(function)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}
