//! The runners of one runtime: taken for a case, given back while they are well.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use runner_kit::{Outcome, RunRequest};

use super::process::{Hello, Process, RunResult, Start};
use super::session::Limits;

/// How one guest ran.
pub struct Ran {
    pub answer: RunResult,
    /// How long its runner took to start; zero for one that had run others before.
    pub start: Duration,
    pub reused: bool,
}

impl Ran {
    /// Whether what came out may be the doing of another case: the runner had run one, and this
    /// one's guest never started or the runner crashed. (A guest may have left the process's memory
    /// in ruins, for a later one to fall over.)
    pub fn is_suspect(&self) -> bool {
        let crashed = matches!(self.answer.outcome, Outcome::Crash { .. });
        self.reused && !self.answer.alive && (crashed || !self.answer.started)
    }
}

/// What starts a runner.
#[derive(Clone, Debug)]
pub struct Program {
    pub program: PathBuf,
    pub args: Vec<String>,
}

pub struct Pool {
    program: Program,
    /// Where the logs of runners go.
    work: PathBuf,
    /// One process per case instead of long-lived ones.
    isolate: bool,
    idle: Mutex<Vec<Process>>,
    started: AtomicUsize,
}

impl Pool {
    pub fn new(program: Program, work: PathBuf, isolate: bool) -> Self {
        Pool { program, work, isolate, idle: Mutex::default(), started: AtomicUsize::new(0) }
    }

    /// Starts a runner to hear what its runtime is.
    pub fn greet(&self) -> Result<Hello> {
        let process = self.start()?;
        let hello = process.hello.clone();
        self.give_back(process);
        Ok(hello)
    }

    /// Runs one guest, in a runner that has run nothing before if `fresh`.
    pub fn run(
        &self,
        request: RunRequest,
        stdin: &[u8],
        limits: &Limits,
        fresh: bool,
    ) -> Result<Ran> {
        let idle = if fresh { None } else { self.take_idle() };
        let starting = Instant::now();
        let (mut process, reused) = match idle {
            Some(process) => (process, true),
            None => (self.start()?, false),
        };
        let start = if reused { Duration::ZERO } else { starting.elapsed() };
        let answer = process.run(request, stdin, limits)?;
        if answer.alive && !self.isolate {
            self.give_back(process);
        }
        Ok(Ran { answer, start, reused })
    }

    fn take_idle(&self) -> Option<Process> {
        while let Some(mut process) = self.lock().pop() {
            // One that died since its last case is replaced without costing this case anything.
            if process.is_idle() {
                return Some(process);
            }
        }
        None
    }

    fn start(&self) -> Result<Process> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let Program { program, args } = self.program.clone();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let log = self.work.join(format!("{name}-{}-{number}.log", std::process::id()));
        Process::start(&Start { program, args, log })
    }

    fn give_back(&self, process: Process) {
        self.lock().push(process);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        // A thread that panicked while holding it has at worst lost a runner.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
