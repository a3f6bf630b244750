//! Every pair several times, to find what does not always come out the same.

use std::collections::BTreeMap;

use crate::exec::engine::{Job, JudgedCase, run_all};
use crate::known::Divergences;
use crate::runtime::RunContext;
use crate::support::interrupt;
use crate::verdict::judge::Verdict;
use crate::verdict::signature;

/// The ways in which a pair came out, in the order in which they were first seen. There is one at
/// least.
pub struct Repeated<'a> {
    pub ways: Vec<Way<'a>>,
}

/// One way in which a pair came out, and how often.
pub struct Way<'a> {
    /// The first that came out so.
    pub finished: JudgedCase<'a>,
    pub times: u32,
    signature: Essence,
}

type Essence = (Verdict, Option<String>);

impl<'a> Way<'a> {
    fn new(finished: JudgedCase<'a>) -> Self {
        let judgement = &finished.judgement;
        // What a record leaves open, as the time at which a file was written, is no other way.
        let as_recorded = judgement.verdict == Verdict::Known && !judgement.flaky;
        let signature = signature::of(&judgement.mismatches).filter(|_| !as_recorded);
        let signature = (judgement.verdict, signature);
        Way { finished, times: 1, signature }
    }
}

impl<'a> Repeated<'a> {
    /// The way to report: what fails the run if anything does, or else what is not as the case
    /// expects, or else the first.
    pub fn shown(&self) -> &JudgedCase<'a> {
        let rank = |way: &&Way| match way.finished.judgement.verdict {
            verdict if verdict.is_unexpected() => 0,
            Verdict::Pass => 2,
            _ => 1,
        };
        let way = self.ways.iter().min_by_key(rank);
        &way.expect("there is one way at least").finished
    }

    fn add(&mut self, finished: JudgedCase<'a>) {
        let new = Way::new(finished);
        match self.ways.iter_mut().find(|way| way.signature == new.signature) {
            Some(way) => way.times += 1,
            None => self.ways.push(new),
        }
    }

    pub fn times(&self) -> u32 {
        self.ways.iter().map(|way| way.times).sum()
    }
}

/// Runs all pairs, and then all again: other cases run beside each of them every time, which is
/// what brings out a case that depends on them. What is finished when an interrupt comes is kept.
pub fn run_repeatedly<'a>(
    pairs: &[Job<'a>],
    repeats: u32,
    records: &Divergences,
    setting: &RunContext,
    each: &(dyn Fn(&JudgedCase) + Sync),
) -> Vec<Repeated<'a>> {
    let mut all: BTreeMap<usize, Repeated> = BTreeMap::new();
    for _ in 0..repeats {
        if interrupt::requested() {
            break;
        }
        for (i, finished) in run_all(pairs, records, setting, each) {
            match all.get_mut(&i) {
                Some(repeated) => repeated.add(finished),
                None => drop(all.insert(i, Repeated { ways: vec![Way::new(finished)] })),
            }
        }
    }
    all.into_values().collect()
}
