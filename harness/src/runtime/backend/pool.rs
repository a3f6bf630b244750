//! The runners of one runtime: a case takes one, and returns it if it still works.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use runner_kit::{Outcome, RunRequest};

use super::process::{Hello, Process, RunResult, Start};
use super::session::Limits;

/// The result of running one guest in a runner.
pub struct PooledRun {
    pub result: RunResult,
    /// How long its runner took to start; zero if it ran other guests before.
    pub start: Duration,
    pub reused: bool,
}

impl PooledRun {
    /// Whether an earlier case may be the cause: the runner ran one before, and this time the guest
    /// never started or the runner crashed. (An earlier guest may have corrupted the memory of the
    /// process.)
    pub fn is_suspect(&self) -> bool {
        let crashed = matches!(self.result.outcome, Outcome::Crash { .. });
        self.reused && !self.result.alive && (crashed || !self.result.started)
    }
}

/// The command that starts a runner.
#[derive(Clone, Debug)]
pub struct Program {
    pub program: PathBuf,
    pub args: Vec<String>,
}

pub struct Pool {
    program: Program,
    /// The directory for the logs of runners.
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

    /// Starts a runner and returns its description of its runtime.
    pub fn greet(&self) -> Result<Hello> {
        let process = self.start()?;
        let hello = process.hello.clone();
        self.give_back(process);
        Ok(hello)
    }

    /// Runs one guest; if `fresh`, in a new runner.
    pub fn run(
        &self,
        request: RunRequest,
        stdin: &[u8],
        limits: &Limits,
        fresh: bool,
    ) -> Result<PooledRun> {
        let idle = if fresh { None } else { self.take_idle() };
        let starting = Instant::now();
        let (mut process, reused) = match idle {
            Some(process) => (process, true),
            None => (self.start()?, false),
        };
        let start = if reused { Duration::ZERO } else { starting.elapsed() };
        let result = process.run(request, stdin, limits)?;
        // A fresh one beside others that are idle would be one too many.
        let is_spare = fresh && !self.lock().is_empty();
        if result.alive && !self.isolate && !is_spare {
            self.give_back(process);
        }
        Ok(PooledRun { result, start, reused })
    }

    fn take_idle(&self) -> Option<Process> {
        while let Some(mut process) = self.lock().pop() {
            // A runner that died after its last case is replaced without affecting this case.
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
        // A thread that panicked while holding the lock may have lost a runner, nothing worse.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
