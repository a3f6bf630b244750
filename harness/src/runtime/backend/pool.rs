//! The runners of one runtime: taken for a case, and given back as long as they work.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use runner_kit::{Outcome, RunRequest};

use super::process::{Hello, Process, RunResult, Start};
use super::session::Limits;

/// How one guest ran in a runner.
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

/// After so many guests in a row that did not start in time, a runner is not used any more: a run
/// that waited for each would take days.
const ENOUGH: u32 = 3;

/// How long a runner may take to say hello, unless guests may take much longer than by default.
const HELLO_TIME: Duration = Duration::from_secs(30);

pub struct Pool {
    program: Program,
    /// Where runners put temporary files.
    work: PathBuf,
    /// One process per case instead of long-lived ones.
    isolate: bool,
    /// How long a runner may take to say hello.
    hello_time: Duration,
    idle: Mutex<Vec<Process>>,
    /// How many guests in a row did not start in time.
    late: AtomicU32,
}

impl Pool {
    pub fn new(program: Program, work: PathBuf, isolate: bool, limits: &Limits) -> Self {
        let hello_time = limits.start.min(HELLO_TIME).max(limits.start / 4);
        let (idle, late) = (Mutex::default(), AtomicU32::new(0));
        Pool { program, work, isolate, hello_time, idle, late }
    }

    /// Starts a runner and returns what it says about its runtime.
    pub fn greet(&self) -> Result<Hello> {
        let process = self.start()?;
        let hello = process.hello.clone();
        self.give_back(process);
        Ok(hello)
    }

    /// Runs one guest; if `fresh`, in a runner that has run nothing before.
    pub fn run(
        &self,
        request: RunRequest,
        stdin: &[u8],
        limits: &Limits,
        fresh: bool,
    ) -> Result<PooledRun> {
        if self.late.load(Ordering::Relaxed) >= ENOUGH {
            bail!("not run, because {ENOUGH} guests in a row did not start in {:?}", limits.start);
        }
        let idle = if fresh { None } else { self.take_idle() };
        let starting = Instant::now();
        let (mut process, reused) = match idle {
            Some(process) => (process, true),
            None => (self.start().inspect_err(|_| self.count(true))?, false),
        };
        let start = if reused { Duration::ZERO } else { starting.elapsed() };
        let result = process.run(request, stdin, limits)?;
        self.count(!result.started && result.outcome == Outcome::Timeout);
        if result.alive && !self.isolate {
            self.give_back(process);
        }
        Ok(PooledRun { result, start, reused })
    }

    fn count(&self, is_late: bool) {
        match is_late {
            true => drop(self.late.fetch_add(1, Ordering::Relaxed)),
            false => self.late.store(0, Ordering::Relaxed),
        }
    }

    fn take_idle(&self) -> Option<Process> {
        while let Some(mut process) = self.lock().pop() {
            // A runner that died after its last case is replaced: that costs this case nothing.
            if process.is_idle() {
                return Some(process);
            }
        }
        None
    }

    fn start(&self) -> Result<Process> {
        let Program { program, args } = self.program.clone();
        Process::start(&Start {
            program,
            args,
            temporary: self.work.clone(),
            time: self.hello_time,
        })
    }

    fn give_back(&self, process: Process) {
        self.lock().push(process);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        // At worst, a thread that panicked while holding it lost a runner.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
