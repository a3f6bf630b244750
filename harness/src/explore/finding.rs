//! What a runtime did that the model does not allow, and which findings are the same.

use std::collections::BTreeMap;

use explore::{Ending, Finding, Judge, Observed, Scenario, Signature};
use model::Observation;

use super::batch::Seen;

/// What is observed if a file outside of the preopen changed.
pub const ESCAPE: &str = "escape";

/// A finding of one runtime, with the scenario that shows it.
#[derive(Clone, Debug)]
pub struct Found {
    pub scenario: Scenario,
    pub finding: Finding,
    /// A change outside of the preopen, which counts more than what a call gave.
    pub escaped: Option<String>,
}

/// Findings with the same signature.
#[derive(Clone, Debug)]
pub struct Group {
    /// The one with the fewest calls.
    pub shortest: Found,
    pub count: usize,
    /// Whether its scenario was run again, alone, and showed the same.
    pub is_confirmed: bool,
}

/// The findings of a runtime.
#[derive(Clone, Debug, Default)]
pub struct Groups(pub BTreeMap<Signature, Group>);

impl Groups {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn add(&mut self, found: Found) {
        self.merge(Group { shortest: found, count: 1, is_confirmed: false });
    }

    pub fn merge(&mut self, group: Group) {
        match self.0.get_mut(&group.shortest.signature()) {
            Some(own) => {
                own.count += group.count;
                let rank = |group: &Group| (!group.is_confirmed, group.shortest.size());
                if rank(&group) < rank(own) {
                    *own = Group { count: own.count, ..group };
                }
            }
            None => {
                self.0.insert(group.shortest.signature(), group);
            }
        }
    }
}

/// What is wrong with a scenario that was executed, if anything.
pub fn found(judge: &mut Judge, scenario: &Scenario, seen: &Seen) -> Option<Found> {
    let finding = judge.judge(&seen.world, scenario, &seen.program, &seen.ran);
    let escaped = seen.escaped.clone();
    let finding = match (finding, &escaped) {
        (Some(finding), _) => finding,
        (None, Some(_)) => Finding {
            step: scenario.calls.len(),
            function: scenario.calls.last()?.name(),
            allowed: vec![],
            observed: Observed::Gave(Observation::Trapped),
        },
        (None, None) => return None,
    };
    Some(Found { scenario: scenario.clone(), finding, escaped })
}

/// What a runtime gave in a call of a scenario, as a word. The place of the tree is behind the calls.
pub fn gave(scenario: &Scenario, seen: &Seen, step: usize) -> String {
    let Some(_) = scenario.calls.get(step) else {
        let verdict = found(&mut Judge::default(), scenario, seen);
        return verdict.map_or("as allowed".to_owned(), |found| found.signature().observed);
    };
    let results = &seen.ran.record.results;
    match results.get(step) {
        Some(result) if result.errno == 0 => {
            let verdict = found(&mut Judge::default(), scenario, seen);
            let verdict = verdict.filter(|found| found.finding.step == step);
            verdict.map_or("success".to_owned(), |found| found.signature().observed)
        }
        Some(result) => {
            let name = preview1::ERRNO.case(result.errno);
            name.map_or_else(|| result.errno.to_string(), str::to_owned)
        }
        // The guest ended in this call, or before it.
        None => match seen.ran.ending {
            Ending::Trapped => "trap".to_owned(),
            Ending::Exited(code) => format!("exit {code}"),
            Ending::Hung => "timeout".to_owned(),
            Ending::Returned => "nothing".to_owned(),
        },
    }
}

impl Found {
    /// The number of calls that matter, then of entries in the tree.
    fn size(&self) -> (usize, usize, usize) {
        let calls = self.scenario.calls.len();
        (calls.min(self.finding.step + 1), calls, self.scenario.tree.0.len())
    }

    pub fn signature(&self) -> Signature {
        let signature = self.finding.signature();
        match self.escaped {
            Some(_) => Signature { observed: ESCAPE.to_owned(), ..signature },
            None => signature,
        }
    }
}
