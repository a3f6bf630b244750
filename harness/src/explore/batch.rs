//! Scenarios that one guest executes: each has a preopen of its own, and another one holds the batch and
//! what the guest saw.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use explore::machine::{self, Program, Record};
use explore::{Ending, Ran, Scenario, Tree, World, lower};
use runner_kit::{Globals, Outcome};

use super::trees;
use crate::case::{
    self, Area, Basis, Case, Entry, Expect, Files, Kind, Level, PreopenSpec, Source,
};
use crate::observe::observation::Observation;

/// The guest, and the program's name that it is given.
pub const GUEST: &str = "rust-explore";
const WASM: &str = "rust-explore.wasm";

/// The preopen for the batch and the results.
const CONTROL: &str = "control";

/// Fails if the guest is not in a directory of guests.
pub fn check_guest(guests: &Path) -> Result<()> {
    match guests.join(WASM).is_file() {
        true => Ok(()),
        false => bail!("{} has no {WASM}, which executes the sequences", guests.display()),
    }
}

/// What the guest is given for the scenario at a place.
pub fn world(place: usize) -> World {
    let preopen = format!("/{place}").into_bytes();
    World { args: vec![WASM.into()], environ: vec![], preopen }
}

/// What came of a scenario on a runtime.
#[derive(Clone, Debug)]
pub struct Seen {
    /// With the number that its preopen really had.
    pub program: Program,
    pub world: World,
    pub ran: Ran,
    /// A change outside of its preopen.
    pub escaped: Option<String>,
}

/// What came of a batch.
pub struct Executed {
    /// Of the scenarios that the guest has finished, from the first one on.
    pub seen: Vec<Seen>,
    /// What the guest saw of the next one, if it ended in that.
    pub rest: Option<Seen>,
}

/// Scenarios in the form in which a guest executes them.
pub struct Batch<'a> {
    scenarios: &'a [&'a Scenario],
    programs: Vec<Program>,
}

impl<'a> Batch<'a> {
    pub fn new(scenarios: &'a [&'a Scenario]) -> Batch<'a> {
        let programs = (0..).zip(scenarios).map(|(place, scenario)| lower(scenario, place));
        Batch { scenarios, programs: programs.collect() }
    }

    /// Whether the guest has room for them and for what they give.
    pub fn fits(&self) -> bool {
        /// Half of what the guest has.
        const ROOM: usize = 1 << 19;
        let ops = || self.programs.iter().flat_map(|program| &program.ops);
        ops().map(|op| op.dumped() + 4).sum::<usize>() < ROOM
            && machine::encode(&self.programs).len() < ROOM
    }

    /// The case that runs them. A guest that keeps a journal writes down each result before its next
    /// call.
    pub fn case(&self, guests: &Path, keeps_journal: bool) -> Case {
        let mut files = case::Tree::new();
        let mut preopens = Vec::new();
        let mut preopen = |name: String, read_only| {
            preopens.push(PreopenSpec { guest: format!("/{name}"), host: name, read_only });
        };
        for (place, scenario) in self.scenarios.iter().enumerate() {
            trees::plant(&scenario.tree, &place.to_string(), &mut files);
            preopen(place.to_string(), scenario.read_only);
        }
        preopen(CONTROL.to_owned(), false);
        let bytes = [&u32::from(keeps_journal).to_le_bytes()[..], &machine::encode(&self.programs)];
        files.insert(CONTROL.to_owned(), Entry::plain(Kind::Directory));
        files.insert(format!("{CONTROL}/batch"), Entry::plain(Kind::File(bytes.concat())));
        Case {
            id: "explore".to_owned(),
            area: Area::Fd,
            title: String::new(),
            rules: vec![],
            spec: String::new(),
            level: Level::May,
            basis: Basis::Wasi,
            guest: GUEST.to_owned(),
            wasm: guests.join(WASM),
            source: Source { file: WASM.into(), line: 1 },
            args: vec![],
            env: vec![],
            stdin: vec![],
            socket: None,
            timeout: None,
            preopens,
            files: Files::Tree(files),
            expect: Expect { exit: None, stdout: None, stderr: None, tree: None },
            requires: vec![],
            tags: Default::default(),
            globals: Globals::new(),
            skip: None,
        }
    }

    /// What an observation says of the scenarios. The error says why nothing can be known.
    pub fn executed(&self, observed: Observation) -> Result<Executed, String> {
        let Observation { outcome, tree, escaped, .. } = observed;
        if let Outcome::Error { message } | Outcome::Unsupported { reason: message } = outcome {
            return Err(message);
        }
        let mut files = tree;
        let results = match files.remove(&format!("{CONTROL}/results")).map(|entry| entry.kind) {
            Some(Kind::File(bytes)) => bytes,
            // They begin with zeros only if there is nothing behind the numbers of the preopens.
            Some(Kind::Zeros(size)) => vec![0; size as usize],
            _ => return Err(format!("the guest wrote no results ({outcome:?})")),
        };
        let (numbers, records) = self.decode(&results).ok_or_else(|| {
            format!("the guest's results are cut off at {} bytes ({outcome:?})", results.len())
        })?;
        let mut trees = trees::harvest(files);
        let escaped = escaped.or_else(|| self.stranger(&trees));
        let mut all: Vec<Seen> = Vec::new();
        for (place, record) in records.into_iter().enumerate() {
            let tree = trees.remove(&place.to_string());
            all.push(self.seen(place, numbers[place], record, tree)?);
        }
        let is_whole = all.len() == self.programs.len()
            && all.iter().zip(&self.programs).all(|(seen, program)| is_complete(seen, program));
        if is_whole && outcome == (Outcome::Exit { code: 0 }) && escaped.is_none() {
            return Ok(Executed { seen: all, rest: None });
        }
        let mut rest = match all.iter().zip(&self.programs).position(|(s, p)| !is_complete(s, p)) {
            // What is behind the first that did not complete cannot have begun.
            Some(place) => all.drain(place..).next(),
            None => all.pop(),
        };
        if escaped.is_some() {
            // Any of them may have done it.
            rest = rest.or_else(|| all.pop()).map(|seen| Seen { escaped, ..seen });
            all.clear();
        }
        if let Some(seen) = &mut rest {
            seen.ran.ending = ending(&outcome, is_complete(seen, &self.programs[all.len()]));
        }
        Ok(Executed { seen: all, rest })
    }

    fn decode(&self, results: &[u8]) -> Option<(Vec<u32>, Vec<Record>)> {
        let (numbers, records) = results.split_at_checked(4 * self.programs.len())?;
        let numbers = numbers.chunks_exact(4);
        let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("chunks of four"));
        Some((numbers.map(number).collect(), machine::decode_records(&self.programs, records)))
    }

    fn seen(
        &self,
        place: usize,
        preopen: u32,
        record: Record,
        tree: Option<Tree>,
    ) -> Result<Seen, String> {
        if preopen == u32::MAX {
            return Err(format!("the guest found no preopen `/{place}`"));
        }
        let program = Program { preopen, ..self.programs[place].clone() };
        let world = world(place);
        let ran = Ran { record, ending: Ending::Returned, tree };
        Ok(Seen { program, world, ran, escaped: None })
    }

    /// Something beside the preopens.
    fn stranger(&self, trees: &BTreeMap<String, Tree>) -> Option<String> {
        let is_ours = |name: &str| {
            name == CONTROL || name.parse().is_ok_and(|place: usize| place < self.programs.len())
        };
        let strange = trees.keys().find(|name| !is_ours(name));
        let lost =
            || (0..self.programs.len()).find(|place| !trees.contains_key(&place.to_string()));
        match strange {
            Some(name) => Some(format!("made outside the preopen: {name}")),
            None => lost().map(|place| format!("the preopen `/{place}` is gone")),
        }
    }
}

fn is_complete(seen: &Seen, program: &Program) -> bool {
    seen.ran.record.results.len() == program.ops.len()
}

/// How a scenario ended in which its guest did. The guest's own refusals are no evidence, and a scenario
/// that ends with one of their statuses runs alone.
fn ending(outcome: &Outcome, is_complete: bool) -> Ending {
    match outcome {
        Outcome::Exit { code: 0 } if is_complete => Ending::Returned,
        Outcome::Exit { code } => Ending::Exited(*code),
        Outcome::Trap { .. } => Ending::Trapped,
        _ => Ending::Hung,
    }
}

#[cfg(test)]
mod tests {
    use explore::{Executor, text};

    use super::*;

    fn scenarios() -> Vec<Scenario> {
        let parse = |text: &str| text::parse(text).unwrap();
        vec![
            parse("file a hello\nf0 = path_open /data a\nfd_tell f0"),
            parse("path_create_directory /data d\npath_unlink_file /data d"),
            parse("fd_tell 1048576"),
        ]
    }

    /// What the guest leaves on a runtime that is as the model. `bytes` of its results are left.
    fn observation(batch: &Batch, outcome: Outcome, bytes: impl Fn(usize) -> usize) -> Observation {
        let mut records = vec![];
        let mut tree = case::Tree::new();
        let numbers: Vec<u8> =
            (0..batch.programs.len() as u32).flat_map(|place| (place + 10).to_le_bytes()).collect();
        for (place, program) in batch.programs.iter().enumerate() {
            let program = Program { preopen: place as u32 + 10, ..program.clone() };
            let ran = Executor::new(world(place)).run(batch.scenarios[place], &program);
            trees::plant(ran.tree.as_ref().unwrap(), &place.to_string(), &mut tree);
            records.push(ran.record);
        }
        let mut results = [numbers, machine::encode_records(&records)].concat();
        results.truncate(bytes(results.len()));
        tree.insert(format!("{CONTROL}/results"), Entry::plain(Kind::File(results)));
        let mut observed = crate::runtime::our_error(&anyhow::anyhow!(""));
        (observed.outcome, observed.tree) = (outcome, tree);
        observed
    }

    #[test]
    fn a_runtime_that_is_as_the_model_has_no_findings() {
        let scenarios = scenarios();
        let scenarios: Vec<&Scenario> = scenarios.iter().collect();
        let batch = Batch::new(&scenarios);
        let observed = observation(&batch, Outcome::Exit { code: 0 }, |all| all);
        let executed = batch.executed(observed).unwrap();
        assert!(executed.rest.is_none());
        assert_eq!(executed.seen.len(), 3);
        for (scenario, seen) in scenarios.iter().zip(&executed.seen) {
            let found = super::super::finding::found(&mut Default::default(), scenario, seen);
            assert!(found.is_none(), "{found:?}");
        }
    }

    #[test]
    fn a_guest_that_ends_early_did_so_in_the_first_call_without_a_result() {
        let scenarios = scenarios();
        let scenarios: Vec<&Scenario> = scenarios.iter().collect();
        let batch = Batch::new(&scenarios);
        // The last scenario and the last call of the second one are cut off.
        let message = "unreachable".to_owned();
        let observed = observation(&batch, Outcome::Trap { message }, |all| all - (16 + 4) - 4);
        let executed = batch.executed(observed).unwrap();
        assert_eq!(executed.seen.len(), 1);
        let rest = executed.rest.unwrap();
        assert_eq!((rest.ran.ending, rest.ran.record.results.len()), (Ending::Trapped, 1));
        let found = super::super::finding::found(&mut Default::default(), scenarios[1], &rest);
        assert_eq!(found.unwrap().signature().observed, "trap");
    }

    #[test]
    fn something_beside_the_preopens_is_an_escape_of_any_of_them() {
        let scenarios = scenarios();
        let scenarios: Vec<&Scenario> = scenarios.iter().collect();
        let batch = Batch::new(&scenarios);
        let mut observed = observation(&batch, Outcome::Exit { code: 0 }, |all| all);
        observed.tree.insert("x".into(), Entry::plain(Kind::Directory));
        let executed = batch.executed(observed).unwrap();
        assert!(executed.seen.is_empty());
        assert_eq!(executed.rest.unwrap().escaped.unwrap(), "made outside the preopen: x");
    }
}
