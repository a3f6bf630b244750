//! Scenarios by chance, from the state of the model: the names and the descriptors that exist there, and
//! more often what was reached least.

mod names;
mod operands;
mod trees;

use std::ops::RangeInclusive;

use model::{Object, Outcome, allowed};
use preview1::FUNCTIONS;

use crate::coverage::{Coverage, outcome_of};
use crate::executor::{Pending, Session};
use crate::judge::World;
use crate::lower::lower_step;
use crate::machine::{Op, UNOPENED};
use crate::random::Random;
use crate::scenario::{Descriptor, Scenario, Step};
use operands::Choice;

/// What is to be generated.
#[derive(Clone, Debug)]
pub struct Options {
    pub seed: u64,
    /// How many calls a scenario has.
    pub calls: RangeInclusive<usize>,
    /// Of a hundred scenarios, how many may use standard streams and bad addresses, or end the guest.
    pub alone: usize,
    /// Of a hundred scenarios, how many have a preopen that the guest may not change.
    pub read_only: usize,
}

impl Options {
    pub fn new(seed: u64) -> Options {
        Options { seed, calls: 2..=12, alone: 3, read_only: 5 }
    }
}

/// Gives as many scenarios as are asked for. The same options give the same ones on every machine.
pub struct Generator {
    options: Options,
    random: Random,
    world: World,
    session: Session,
    /// The place of `path_open`.
    open: u8,
    /// What all scenarios so far have reached.
    pub coverage: Coverage,
}

/// Of so many calls, the one is made whose outcome is rarest.
const CANDIDATES: usize = 4;
/// Attempts to find a call that may be made here.
const ATTEMPTS: usize = 32;

/// How often a function is a candidate.
fn weight(name: &str, alone: bool) -> usize {
    match name {
        "proc_exit" | "proc_raise" => usize::from(alone),
        "path_open" => 16,
        "args_get" | "args_sizes_get" | "environ_get" | "environ_sizes_get" | "sched_yield"
        | "clock_res_get" | "clock_time_get" | "random_get" | "sock_accept" | "sock_recv"
        | "sock_send" | "sock_shutdown" => 1,
        "poll_oneoff"
        | "fd_advise"
        | "fd_datasync"
        | "fd_sync"
        | "fd_prestat_get"
        | "fd_prestat_dir_name" => 2,
        _ => 4,
    }
}

/// All places of functions, each as often as it weighs.
fn functions(alone: bool) -> Vec<u8> {
    let places = FUNCTIONS.iter().enumerate().flat_map(|(place, function)| {
        std::iter::repeat_n(place as u8, weight(function.name, alone))
    });
    places.collect()
}

impl Generator {
    pub fn new(options: Options, world: World) -> Generator {
        Generator {
            random: Random::new(options.seed),
            options,
            world,
            session: Session::new(allowed),
            open: Step::of("path_open", Vec::new()).function,
            coverage: Coverage::default(),
        }
    }

    fn scenario(&mut self) -> Scenario {
        let alone = self.random.in_hundred(self.options.alone);
        let mut scenario = Scenario {
            tree: trees::tree(&mut self.random),
            read_only: self.random.in_hundred(self.options.read_only),
            calls: Vec::new(),
        };
        let (least, most) = (*self.options.calls.start(), *self.options.calls.end());
        let calls = least + self.random.below(most.saturating_sub(least) + 1);
        let functions = functions(alone);
        self.session.start(&self.world, &scenario, 3);
        let mut before = 0;
        while scenario.calls.len() < calls {
            let place = scenario.calls.len();
            let Some((step, op)) = self.rarest(place, &functions, before, alone) else { break };
            let pending = self.session.call(&op);
            self.coverage.reach(step.function, &pending.branches);
            let outcome = outcome_of(step.function, &pending.branches[0]);
            self.coverage.follow(before, outcome);
            before = outcome;
            scenario.calls.push(step);
            if self.session.take(&op, pending).is_err() {
                break;
            }
        }
        scenario
    }

    /// Of some calls that may be made here, the one with the rarest outcome.
    fn rarest(
        &mut self,
        place: usize,
        functions: &[u8],
        before: u64,
        alone: bool,
    ) -> Option<(Step, Op)> {
        let wants_success = self.random.in_hundred(60);
        let paths = names::existing(&self.session.state.files, self.session.root);
        let [files, directories, closed] = self.descriptors(place);
        let size = self.size(&files);
        let mut best: Option<(u32, Step, Op)> = None;
        let mut found = 0;
        for _ in 0..ATTEMPTS {
            // Without a file most calls on descriptors have nothing to say.
            let opens = files.is_empty() && self.random.in_hundred(35);
            let function = if opens { self.open } else { *self.random.one(functions) };
            let mut choice = Choice {
                random: &mut self.random,
                paths: &paths,
                files: &files,
                directories: &directories,
                closed: &closed,
                size,
                alone,
            };
            let step = if function == self.open && choice.random.in_hundred(60) {
                choice.open()
            } else {
                choice.step(function)
            };
            if loses_preopen(&step) && !self.random.in_hundred(10) {
                continue;
            }
            let op = lower_step(place, &step);
            let pending = self.session.call(&op);
            if !may_be_made(&pending, alone) {
                continue;
            }
            let succeeds = matches!(pending.branches[0].outcome, Outcome::Succeeds(_));
            let unwanted = if wants_success && !succeeds { 64 } else { 0 };
            let reached = self.coverage.least(function, &pending.branches);
            let outcome = outcome_of(function, &pending.branches[0]);
            let followed = self.coverage.followed(before, outcome);
            let score = unwanted + magnitude(reached) + magnitude(followed);
            if best.as_ref().is_none_or(|(least, ..)| score < *least) {
                best = Some((score, step, op));
            }
            found += 1;
            if found == CANDIDATES {
                break;
            }
        }
        best.map(|(_, step, op)| (step, op))
    }

    /// Descriptors of files, of directories, and those that are not open.
    fn descriptors(&self, place: usize) -> [Vec<Descriptor>; 3] {
        let mut found = [Vec::new(), Vec::new(), Vec::new()];
        for slot in 0..=place as u8 {
            let number = self.session.slot(slot);
            if number == UNOPENED {
                continue;
            }
            let state = &self.session.state;
            let kind = match state.descriptors.get(&number).map(|open| open.object) {
                None => 2,
                Some(Object::Inode(ino)) if state.files.get(ino).is_directory() => 1,
                Some(_) => 0,
            };
            found[kind].push(slot.checked_sub(1).map_or(Descriptor::Preopen, Descriptor::Opened));
        }
        found
    }

    /// The size of one of these files.
    fn size(&mut self, files: &[Descriptor]) -> u64 {
        if files.is_empty() {
            return 0;
        }
        let Descriptor::Opened(place) = *self.random.one(files) else { return 0 };
        let state = &self.session.state;
        let open = state.descriptors.get(&self.session.slot(place + 1));
        open.and_then(|open| state.inode(open)).map_or(0, |(_, inode)| inode.size())
    }
}

/// Whether little can succeed after a call, because the preopen is gone or has fewer rights.
fn loses_preopen(step: &Step) -> bool {
    let loses = matches!(step.name(), "fd_close" | "fd_renumber" | "fd_fdstat_set_rights");
    loses && step.descriptors().any(|fd| fd == Descriptor::Preopen)
}

/// Nothing waits, and only a scenario with an instance of its own may end the guest.
fn may_be_made(pending: &Pending, alone: bool) -> bool {
    pending.branches.iter().all(|branch| match branch.outcome {
        Outcome::Waits => false,
        Outcome::Traps | Outcome::Exits(_) => alone,
        Outcome::Succeeds(_) | Outcome::Fails(_) => true,
    })
}

/// What is rare or not, rather than how often.
fn magnitude(count: u64) -> u32 {
    u64::BITS - count.leading_zeros()
}

impl Iterator for Generator {
    type Item = Scenario;

    fn next(&mut self) -> Option<Scenario> {
        Some(self.scenario())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_scenarios_and_another_gives_others() {
        let take = |seed| {
            let generator = Generator::new(Options::new(seed), World::default());
            generator.take(200).collect::<Vec<_>>()
        };
        assert_eq!(take(1), take(1));
        assert_ne!(take(1), take(2));
    }
}
