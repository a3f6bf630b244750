//! The model in the place of a runtime: it executes programs, and takes the first branch of each call.
//!
//! With it, everything between a scenario and its judgement is tested against itself, and a model with
//! a deliberate fault shows what exploration finds.

use model::{Branch, Call, Clocks, Ino, Object, Outcome, State, allowed, memory};

use crate::image::Image;
use crate::judge::{Ending, Ran, World};
use crate::machine::{Op, OpResult, Program, Record};
use crate::scenario::{Scenario, Tree};

/// The time of all scenarios.
const NOON: Clocks =
    Clocks { realtime: 1_700_000_000_000_000_000, monotonic: 1_000_000_000, process: 1, thread: 1 };

/// All that may happen in a call. The executor takes the first.
pub type Specification = fn(&State, &Call) -> Vec<Branch>;

/// A scenario that is being executed.
pub struct Session {
    pub state: State,
    /// The directory that is preopened.
    pub root: Ino,
    specification: Specification,
    image: Image,
}

/// A call that was not decided yet.
pub struct Pending {
    args: Vec<u64>,
    name: &'static str,
    pub branches: Vec<Branch>,
}

impl Session {
    pub fn new(specification: Specification) -> Session {
        let state = World::default().start(&Scenario::default(), 3);
        Session { state, root: 1, specification, image: Image::default() }
    }

    pub fn start(&mut self, world: &World, scenario: &Scenario, preopen: u32) {
        self.state = world.start(scenario, preopen);
        self.state.clocks = NOON;
        self.state.began = NOON;
        if let Some(Object::Inode(root)) = self.state.descriptors.get(&preopen).map(|d| d.object) {
            self.root = root;
        }
        self.image.start(preopen);
    }

    /// All that may happen in a call.
    pub fn call(&mut self, op: &Op) -> Pending {
        let name = preview1::FUNCTIONS[usize::from(op.function)].name;
        let args = self.image.prepare(op);
        let call = memory::decode(name, &args, &self.image.memory, &self.state.host);
        let call = call.expect("the model knows every function");
        let branches = (self.specification)(&self.state, &call);
        Pending { args, name, branches }
    }

    /// Lets the first branch happen. The image must be as the call has left it.
    pub fn take(&mut self, op: &Op, pending: Pending) -> Result<OpResult, Ending> {
        let branch = pending.branches.into_iter().next().expect("something is allowed");
        if let Some(next) = branch.next {
            self.state = next;
        }
        match branch.outcome {
            Outcome::Succeeds(value) => {
                let mut fill = |bytes: &mut [u8]| bytes.fill(1);
                let memory = &mut self.image.memory;
                memory::encode(pending.name, &pending.args, memory, &value, &mut fill);
                self.image.keep(op);
                Ok(OpResult { errno: 0, dumps: self.image.dump(op) })
            }
            Outcome::Fails(errno) => Ok(OpResult { errno: errno.0.into(), dumps: Vec::new() }),
            Outcome::Traps => Err(Ending::Trapped),
            Outcome::Exits(code) => Err(Ending::Exited(code)),
            Outcome::Waits => Err(Ending::Hung),
        }
    }

    /// The number of a slot.
    pub fn slot(&self, slot: u8) -> u32 {
        self.image.slot(slot)
    }

    pub fn tree(&self) -> Tree {
        Tree::below(&self.state.files, self.root)
    }
}

pub struct Executor {
    world: World,
    session: Session,
}

impl Executor {
    pub fn new(world: World) -> Executor {
        Executor::with(world, allowed)
    }

    pub fn with(world: World, specification: Specification) -> Executor {
        Executor { world, session: Session::new(specification) }
    }

    pub fn run(&mut self, scenario: &Scenario, program: &Program) -> Ran {
        self.session.start(&self.world, scenario, program.preopen);
        let Clocks { realtime, monotonic, .. } = NOON;
        let mut record = Record { realtime, monotonic, results: Vec::new() };
        let mut ending = Ending::Returned;
        for op in &program.ops {
            let pending = self.session.call(op);
            match self.session.take(op, pending) {
                Ok(result) => record.results.push(result),
                Err(end) => {
                    ending = end;
                    break;
                }
            }
        }
        Ran { record, ending, tree: Some(self.session.tree()) }
    }
}
