//! Whether what a guest saw is what the model allows.

use model::{Call, Clocks, Errno, Host, Limits, Object, Observation, Outcome, Rule, State};
use model::{StreamKind, check, every_right, memory};

use crate::image::Image;
use crate::lift::{Breach, lift};
use crate::machine::{Program, Record};
use crate::scenario::{Scenario, Tree};

/// What a guest is given besides its tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub args: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub environ: Vec<Vec<u8>>,
    /// The name of the preopen.
    pub preopen: Vec<u8>,
}

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub record: Record,
    pub ending: Ending,
    /// What is in the preopen afterwards, sorted by path, or nothing if nobody has looked.
    pub tree: Option<Tree>,
}

/// How it ended: after its last call, or in the call after those that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    Returned,
    Trapped,
    Exited(u32),
    /// It did not come back within the time limit.
    Hung,
}

/// Something that the model does not allow.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The place of the call. As many as there are calls if it is the tree afterwards.
    pub step: usize,
    pub function: &'static str,
    pub allowed: Vec<(Outcome, Vec<Rule>)>,
    pub observed: Observed,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    Gave(Observation),
    Breach(Breach),
    /// A tree that is possible, and the one that was found.
    Tree {
        expected: Tree,
        found: Tree,
    },
}

/// No call may give this, so that the model refuses it and says what it would have allowed.
const NOTHING: Observation = Observation::Failed(Errno(u16::MAX));

impl World {
    /// The state before the first call.
    pub fn start(&self, scenario: &Scenario, preopen: u32) -> State {
        let limits = Limits::default();
        let host = Host { args: self.args.clone(), environ: self.environ.clone(), limits };
        let mut state = State::new(host, StreamKind::Input);
        state.streams[0].ended = true;
        let root = scenario.tree.plant(&mut state.files);
        let every = every_right();
        let mut descriptor = model::Descriptor::new(Object::Inode(root), every, every);
        descriptor.preopen = Some(self.preopen.clone().into());
        descriptor.read_only = scenario.read_only;
        state.descriptors.insert(preopen, descriptor);
        state
    }
}

/// Judges many scenarios, with one arena for all.
#[derive(Default)]
pub struct Judge {
    image: Image,
}

impl Judge {
    /// What is wrong with the first call that is not as it may be, or with the tree afterwards.
    pub fn judge(
        &mut self,
        world: &World,
        scenario: &Scenario,
        program: &Program,
        ran: &Ran,
    ) -> Option<Finding> {
        let start = world.start(scenario, program.preopen);
        let root = match start.descriptors.get(&program.preopen)?.object {
            Object::Inode(root) => root,
            Object::Stream(_) => return None,
        };
        let (steps, breach) = self.steps(&start.host, program, ran);
        let waits = |finding: &Finding| {
            let mut outcomes = finding.allowed.iter().map(|(outcome, _)| outcome);
            outcomes.any(|outcome| *outcome == Outcome::Waits)
                && finding.observed != Observed::Breach(Breach::Hangs)
        };
        match check(start, &steps) {
            Err(refusal) => {
                let step = refusal.step;
                let observed = match breach {
                    Some(breach) if step + 1 == steps.len() => Observed::Breach(breach),
                    _ => Observed::Gave(refusal.observed),
                };
                let function = scenario.calls.get(step)?.name();
                let finding = Finding { step, function, allowed: refusal.allowed, observed };
                // What a call gives that waits depends on how long it has waited.
                (!waits(&finding)).then_some(finding)
            }
            Ok(states) => {
                let found = ran.tree.as_ref()?;
                let mut possible = states.iter().map(|state| Tree::below(&state.files, root));
                let first = possible.next()?;
                if first == *found || possible.any(|tree| tree == *found) {
                    return None;
                }
                Some(Finding {
                    step: scenario.calls.len(),
                    function: last_change(scenario, &steps),
                    allowed: Vec::new(),
                    observed: Observed::Tree { expected: first, found: found.clone() },
                })
            }
        }
    }

    /// The calls with what they gave, up to the one that did not come back or that did what none may.
    fn steps(
        &mut self,
        host: &Host,
        program: &Program,
        ran: &Ran,
    ) -> (Vec<model::Step>, Option<Breach>) {
        let clocks = Clocks {
            realtime: ran.record.realtime,
            monotonic: ran.record.monotonic,
            // A process has used some time when it makes its first call.
            process: 1,
            thread: 1,
        };
        let mut steps = Vec::new();
        self.image.start(program.preopen);
        for (place, op) in program.ops.iter().enumerate() {
            let (call, args, name) = self.call(host, program, place);
            let seen = match (ran.record.results.get(place), ran.ending) {
                (Some(_), _) if name == "proc_exit" => Err(Breach::Returned),
                (Some(result), _) => lift(&mut self.image, name, op, &args, result),
                (None, Ending::Trapped) => Ok(Observation::Trapped),
                (None, Ending::Exited(code)) => Ok(Observation::Exited(code)),
                (None, Ending::Hung | Ending::Returned) => Err(Breach::Hangs),
            };
            let ends = seen.is_err() || place >= ran.record.results.len();
            let breach = seen.as_ref().err().copied();
            steps.push(model::Step { clocks, call, observed: seen.unwrap_or(NOTHING) });
            if ends {
                return (steps, breach);
            }
        }
        (steps, None)
    }

    /// The call at a place, as the guest makes it now.
    fn call(
        &mut self,
        host: &Host,
        program: &Program,
        place: usize,
    ) -> (Call, Vec<u64>, &'static str) {
        let op = &program.ops[place];
        let name = preview1::FUNCTIONS[usize::from(op.function)].name;
        let args = self.image.prepare(op);
        let call = memory::decode(name, &args, &self.image.memory, host);
        (call.expect("the model knows every function"), args, name)
    }
}

/// The last function that has changed what is on disk, as far as anybody can tell.
fn last_change(scenario: &Scenario, steps: &[model::Step]) -> &'static str {
    let changes = |name: &str| {
        let others = ["fd_allocate", "fd_filestat_set_size", "fd_pwrite", "fd_write", "path_open"];
        let reads = ["path_filestat_get", "path_readlink"];
        others.contains(&name) || name.starts_with("path_") && !reads.contains(&name)
    };
    let calls = scenario.calls.iter().zip(steps).rev();
    let mut names = calls.map(|(call, step)| (call.name(), &step.observed));
    let succeeded = |observed: &Observation| matches!(observed, Observation::Succeeded(_));
    let last = names.clone().find(|(name, seen)| changes(name) && succeeded(seen));
    last.or_else(|| names.find(|(name, _)| changes(name))).map_or("path_open", |(name, _)| name)
}
