//! Lets runtimes execute scenarios, several batches at once, and collects what the model does not allow.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use explore::{Judge, Scenario};

use super::finding::{Found, Groups, found};
use super::machine::Machine;
use crate::support::interrupt;

/// When to end.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    Time(Duration),
    /// Or earlier, if there are no more.
    Scenarios(usize),
}

/// What came of a search.
#[derive(Default)]
pub struct Searched {
    /// How many scenarios all runtimes have executed.
    pub scenarios: usize,
    pub took: Duration,
    /// By runtime.
    pub groups: BTreeMap<String, Groups>,
    /// Runtimes that failed in a way that says nothing about WASI, each with the reason.
    pub failed: BTreeMap<String, String>,
}

/// The scenarios that are left to execute.
struct Source<'a> {
    scenarios: &'a mut (dyn Iterator<Item = Scenario> + Send),
    until: Until,
    began: Instant,
    taken: usize,
}

impl Source<'_> {
    fn take(&mut self, most: usize) -> Vec<Scenario> {
        let most = match self.until {
            Until::Time(time) if self.began.elapsed() >= time => 0,
            Until::Time(_) => most,
            Until::Scenarios(count) => most.min(count - self.taken),
        };
        let scenarios: Vec<Scenario> = (&mut *self.scenarios).take(most).collect();
        self.taken += scenarios.len();
        scenarios
    }
}

/// Executes all scenarios on all machines, as many batches at once as there are jobs. `each` is told how
/// many more every machine has executed, and how many groups of findings there are. After an interrupt,
/// what was found so far is kept.
pub fn search(
    machines: &[Machine],
    scenarios: &mut (dyn Iterator<Item = Scenario> + Send),
    until: Until,
    jobs: usize,
    each: &(dyn Fn(usize, usize) + Sync),
) -> Searched {
    let began = Instant::now();
    let source = Mutex::new(Source { scenarios, until, began, taken: 0 });
    let searched = Mutex::new(Searched::default());
    let at_once = machines.iter().map(|machine| machine.most).max().unwrap_or(1);
    let work = || {
        let mut judge = Judge::default();
        loop {
            let scenarios = source.lock().expect("no code panics while holding this").take(at_once);
            if scenarios.is_empty() || interrupt::requested() {
                break;
            }
            for machine in machines {
                let has_failed = |searched: &Searched| searched.failed.contains_key(machine.name);
                if has_failed(&searched.lock().expect("no code panics while holding this")) {
                    continue;
                }
                let result = run(machine, &scenarios, &mut judge);
                let mut searched = searched.lock().expect("no code panics while holding this");
                searched.add(machine, result);
            }
            let mut searched = searched.lock().expect("no code panics while holding this");
            searched.scenarios += scenarios.len();
            let groups = searched.groups.values().map(|groups| groups.len()).sum();
            each(scenarios.len(), groups);
            if searched.failed.len() == machines.len() {
                break;
            }
        }
    };
    thread::scope(|scope| (0..jobs).for_each(|_| drop(scope.spawn(work))));
    let mut searched = searched.into_inner().expect("no code panics while holding this");
    searched.took = began.elapsed();
    searched
}

fn run(machine: &Machine, scenarios: &[Scenario], judge: &mut Judge) -> anyhow::Result<Vec<Found>> {
    let able: Vec<&Scenario> = scenarios.iter().filter(|one| machine.can_run(one)).collect();
    let seen = machine.run(&able)?;
    let judged = able.iter().zip(&seen).filter_map(|(scenario, seen)| found(judge, scenario, seen));
    Ok(judged.collect())
}

impl Searched {
    fn add(&mut self, machine: &Machine, result: anyhow::Result<Vec<Found>>) {
        match result {
            Ok(found) => {
                let groups = self.groups.entry(machine.name.to_owned()).or_default();
                found.into_iter().for_each(|found| groups.add(found));
            }
            // An interrupt is no failure.
            Err(_) if interrupt::requested() => {}
            Err(error) => {
                self.failed.insert(machine.name.to_owned(), format!("{error:#}"));
            }
        }
    }
}
