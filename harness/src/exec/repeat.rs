//! Runs every job several times, to find cases that do not always come out the same.

use std::collections::{BTreeMap, HashMap};

use crate::exec::engine::{Doubted, Event, Job, JudgedCase, run_all};
use crate::exec::rerun::rerun;
use crate::known::Divergences;
use crate::observe::observation::Times;
use crate::runtime::RunContext;
use crate::support::interrupt;
use crate::verdict::judge::Verdict;
use crate::verdict::signature;

/// The ways in which a job came out, in the order in which they were first seen. There is at least
/// one.
pub struct Repeated<'a> {
    pub ways: Vec<Way<'a>>,
    /// How often it timed out and was run again, alone, and how often that timed out as well.
    pub timeouts: RetriedTimeouts,
}

/// Time-outs that were not expected, and so were run again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetriedTimeouts {
    pub retried: u32,
    pub confirmed: u32,
}

impl RetriedTimeouts {
    fn count(&mut self, judged: &JudgedCase) {
        let Some(rerun) = judged.rerun.as_ref().filter(|rerun| rerun.first_timed_out) else {
            return;
        };
        self.retried += 1;
        self.confirmed += u32::from(rerun.second_timed_out);
    }
}

/// One way in which a job came out, and how often.
pub struct Way<'a> {
    /// The first that came out in this way.
    pub judged: JudgedCase<'a>,
    pub times: u32,
    signature: Signature,
}

type Signature = (Verdict, Option<String>);

impl<'a> Way<'a> {
    fn new(judged: JudgedCase<'a>) -> Self {
        let judgement = &judged.judgement;
        // What is known to vary is in no difference, so it does not make another way.
        let signature = (judgement.verdict, signature::of(&judgement.difference));
        Way { judged, times: 1, signature }
    }
}

impl<'a> Repeated<'a> {
    fn new(judged: JudgedCase<'a>) -> Self {
        let mut timeouts = RetriedTimeouts::default();
        timeouts.count(&judged);
        Repeated { ways: vec![Way::new(judged)], timeouts }
    }

    /// The way to report: an unexpected one if there is any, otherwise one that is not as the case
    /// expects, otherwise the first.
    pub fn shown(&self) -> &JudgedCase<'a> {
        let rank = |way: &&Way| match way.judged.judgement.verdict {
            verdict if verdict.is_unexpected() => 0,
            Verdict::Pass => 2,
            _ => 1,
        };
        let way = self.ways.iter().min_by_key(rank);
        &way.expect("there is at least one way").judged
    }

    fn add(&mut self, judged: JudgedCase<'a>) {
        self.timeouts.count(&judged);
        let new = Way::new(judged);
        match self.ways.iter_mut().find(|way| way.signature == new.signature) {
            Some(way) => way.times += 1,
            None => self.ways.push(new),
        }
    }

    /// How often it ran.
    pub fn times(&self) -> u32 {
        self.ways.iter().map(|way| way.times).sum()
    }
}

/// Runs all jobs, `at_once` of them at a time, then all again, and so on. In each round other cases run
/// beside a job, which exposes a case that depends on them. Those that ended before an interrupt are
/// kept. Also returns where the time of each runtime went.
pub fn run_repeatedly<'a>(
    jobs: &[Job<'a>],
    at_once: usize,
    repeats: u32,
    divergences: &Divergences,
    context: &RunContext,
    each: &(dyn Fn(Event) + Sync),
) -> (Vec<Repeated<'a>>, HashMap<String, Times>) {
    let mut all: BTreeMap<usize, Repeated> = BTreeMap::new();
    let mut times: HashMap<String, Times> = HashMap::new();
    // Who repeats cases wants to see each result.
    let doubted = if repeats == 1 { Doubted::Unexpected } else { Doubted::Timeouts };
    for _ in 0..repeats {
        if interrupt::requested() {
            break;
        }
        let mut round = run_all(jobs, at_once, doubted, divergences, context, each);
        rerun(&mut round, doubted, divergences, context, each);
        for (i, judged) in round {
            if let Some(observed) = &judged.observed {
                *times.entry(judged.job.runtime.to_owned()).or_default() += observed.times;
            }
            match all.get_mut(&i) {
                Some(repeated) => repeated.add(judged),
                None => drop(all.insert(i, Repeated::new(judged))),
            }
        }
    }
    (all.into_values().collect(), times)
}
