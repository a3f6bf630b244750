//! The runners of one runtime: a case takes one, and returns it if it still works.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use runner_kit::{Outcome, RunRequest};

use super::containment::Containment;
use super::limits::Limits;
use super::process::{Hello, Process, RunResult, Start};

/// The command that starts a runner.
#[derive(Clone, Debug)]
pub struct Program {
    pub program: PathBuf,
    pub args: Vec<OsString>,
}

/// After so many guests in a row that did not start in time, a runner is not used any more: a run
/// that waited for each would take days.
const ENOUGH: u32 = 3;

/// How long a runner may take to say hello, unless guests may take much longer than by default.
const HELLO_TIME: Duration = Duration::from_secs(30);

pub struct Pool {
    program: Program,
    containment: Containment,
    /// Where the directories of runners are.
    work: PathBuf,
    /// One process per case instead of long-lived ones.
    isolate: bool,
    /// How long a runner may take to say hello.
    hello_time: Duration,
    /// How long a guest may take to start.
    time: Duration,
    idle: Mutex<Vec<Process>>,
    /// How many runners are kept, whether idle or in use.
    most_kept: usize,
    in_use: AtomicUsize,
    /// How many guests in a row did not start in time.
    late: AtomicU32,
}

impl Pool {
    pub fn new(
        program: Program,
        containment: Containment,
        work: PathBuf,
        isolate: bool,
        most_kept: usize,
        limits: &Limits,
    ) -> Self {
        let hello_time = limits.start.min(HELLO_TIME).max(limits.start / 4);
        let (time, idle, late) = (limits.start, Mutex::default(), AtomicU32::new(0));
        let in_use = AtomicUsize::new(0);
        Pool {
            program,
            containment,
            work,
            isolate,
            hello_time,
            time,
            idle,
            most_kept,
            in_use,
            late,
        }
    }

    /// Starts a runner and returns its description of its runtime.
    pub fn greet(&self) -> Result<Hello> {
        let process = self.start()?;
        let hello = process.hello.clone();
        self.give_back(process);
        Ok(hello)
    }

    /// A runner for one guest; if `fresh`, one that has run nothing before.
    pub fn take(&self, fresh: bool) -> Result<Lease<'_>> {
        if self.late.load(Ordering::Relaxed) >= ENOUGH {
            bail!("not run, because {ENOUGH} guests in a row did not start in {:?}", self.time);
        }
        let idle = if fresh { None } else { self.take_idle() };
        let starting = Instant::now();
        let (process, reused) = match idle {
            Some(process) => (process, true),
            None => {
                let started = self.start();
                // A full disk, for example, costs no time, and says nothing about the next guest.
                if started.is_err() && starting.elapsed() >= self.hello_time {
                    self.count(true);
                }
                (started?, false)
            }
        };
        let start = if reused { Duration::ZERO } else { starting.elapsed() };
        self.in_use.fetch_add(1, Ordering::Relaxed);
        Ok(Lease { pool: self, process: Some(process), start, reused, fresh, is_usable: true })
    }

    fn count(&self, is_late: bool) {
        match is_late {
            true => drop(self.late.fetch_add(1, Ordering::Relaxed)),
            false => self.late.store(0, Ordering::Relaxed),
        }
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
        let Program { program, args } = self.program.clone();
        Process::start(&Start {
            program,
            args,
            work: self.work.clone(),
            containment: self.containment.clone(),
            time: self.hello_time,
        })
    }

    fn give_back(&self, process: Process) {
        let mut idle = self.lock();
        if idle.len() + self.in_use.load(Ordering::Relaxed) < self.most_kept {
            idle.push(process);
        } else {
            drop(idle);
            // Ending it takes a moment, in which others need the pool.
            drop(process);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        // A thread that panicked while holding the lock may have lost a runner, nothing worse.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A runner that is taken out of its pool for one guest. It goes back when this is dropped, if it can
/// take another one.
pub struct Lease<'a> {
    pool: &'a Pool,
    /// Always there, until it is dropped.
    process: Option<Process>,
    /// How long it took to start; zero if it ran other guests before.
    pub start: Duration,
    reused: bool,
    fresh: bool,
    is_usable: bool,
}

impl Lease<'_> {
    fn process(&mut self) -> &mut Process {
        self.process.as_mut().expect("it is there until this is dropped")
    }

    /// Where the directory of its case must be.
    pub fn directory(&mut self) -> PathBuf {
        self.process().directory().to_owned()
    }

    /// Runs the guest. Afterwards, nothing that cannot take another one is running.
    /// `case` is the directory of its case.
    pub fn run(
        &mut self,
        request: RunRequest,
        stdin: &[u8],
        limits: &Limits,
        case: &Path,
    ) -> Result<RunResult> {
        self.is_usable = false;
        let result = self.process().run(request, stdin, limits, case)?;
        self.pool.count(!result.started && result.outcome == Outcome::Timeout);
        // What earlier guests have left in its memory must not count as a later one's.
        let is_light = self.process().memory() < limits.memory / 2;
        self.is_usable = result.alive && !self.pool.isolate && is_light;
        if !self.is_usable {
            self.process().kill()?;
        }
        Ok(result)
    }

    /// Whether an earlier case may be the cause of a result: the runner ran one before, and this time
    /// the guest never started or the runner crashed. (An earlier guest may have corrupted the memory
    /// of the process.)
    pub fn makes_suspect(&self, result: &RunResult) -> bool {
        let crashed = matches!(result.outcome, Outcome::Crash { .. });
        self.reused && !result.alive && (crashed || !result.started)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.pool.in_use.fetch_sub(1, Ordering::Relaxed);
        // A fresh one beside others that are idle would be one too many.
        let is_spare = self.fresh && !self.pool.lock().is_empty();
        if let Some(process) = self.process.take()
            && self.is_usable
            && !is_spare
        {
            self.pool.give_back(process);
        }
    }
}
