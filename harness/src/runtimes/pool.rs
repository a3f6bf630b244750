//! The runners of one runtime: taken for a case, given back while they are well.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use runner_kit::Launch;

use super::exchange::Limits;
use super::process::{Answer, Hello, Process, Start};

pub struct Pool {
    program: PathBuf,
    args: Vec<String>,
    /// Where the logs of runners go.
    work: PathBuf,
    /// One process per case instead of long-lived ones.
    isolate: bool,
    idle: Mutex<Vec<Process>>,
    started: AtomicUsize,
}

impl Pool {
    pub fn new(program: PathBuf, args: Vec<String>, work: PathBuf, isolate: bool) -> Self {
        Pool { program, args, work, isolate, idle: Mutex::default(), started: AtomicUsize::new(0) }
    }

    /// Starts a runner to hear what its runtime is.
    pub fn greet(&self) -> Result<Hello> {
        let process = self.start()?;
        let hello = process.hello.clone();
        self.give_back(process);
        Ok(hello)
    }

    /// Runs one guest; also says how long a runner took to start, if one had to.
    pub fn run(&self, launch: Launch, stdin: &[u8], limits: &Limits) -> Result<(Answer, Duration)> {
        let (mut process, mut starting) = self.take()?;
        let reused = starting.is_zero();
        let mut answer = process.run(launch.clone(), stdin, limits)?;
        if reused && !answer.started && !answer.alive {
            // It ended of something before this case, or answered with what was left over from
            // there. The guest never ran, so it may run elsewhere.
            let again = Instant::now();
            process = self.start()?;
            starting = again.elapsed();
            answer = process.run(launch, stdin, limits)?;
        }
        if answer.alive && !self.isolate {
            self.give_back(process);
        }
        Ok((answer, starting))
    }

    fn take(&self) -> Result<(Process, Duration)> {
        while let Some(mut process) = self.lock().pop() {
            // One that died since its last case is replaced without costing this case anything.
            if process.is_idle() {
                return Ok((process, Duration::ZERO));
            }
        }
        let starting = Instant::now();
        Ok((self.start()?, starting.elapsed()))
    }

    fn start(&self) -> Result<Process> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let name = self.program.file_name().unwrap_or_default().to_string_lossy();
        Process::start(&Start {
            program: self.program.clone(),
            args: self.args.clone(),
            log: self.work.join(format!("{name}-{}-{number}.log", std::process::id())),
        })
    }

    fn give_back(&self, process: Process) {
        self.lock().push(process);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        // A thread that panicked while holding it has at worst lost a runner.
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
