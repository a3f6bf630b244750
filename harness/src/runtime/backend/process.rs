//! The process of a runner: started once, given one request at a time, killed when it misbehaves.

use std::fs::File;
use std::io::{self, PipeReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use command_fds::{CommandFdExt, FdMapping};
use runner_kit::protocol::{
    MissingCapability, PROTOCOL_VERSION, REPLY_FD, REQUEST_FD, Reply, Request,
};
use runner_kit::{Globals, Outcome, RunRequest, WasiVersion};

use super::session::{Limits, Session, Stop, excerpt};
use super::streams::Streams;

/// How long a runner may take to send its hello.
const HELLO_TIME: Duration = Duration::from_secs(30);
/// How long it may take to exit after closing its pipe, before it is killed.
const DYING_TIME: Duration = Duration::from_millis(500);

/// How to start a runner.
#[derive(Clone, Debug)]
pub struct Start {
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The file for the runner's own stderr, in case it fails to start.
    pub log: PathBuf,
}

/// A runner's description of its runtime.
#[derive(Clone, Debug, Default)]
pub struct Hello {
    pub version: String,
    pub details: String,
    pub missing_capabilities: Vec<MissingCapability>,
    pub wasi_versions: Vec<WasiVersion>,
}

pub struct Process {
    child: Child,
    requests: File,
    replies: PipeReader,
    /// The bytes of an incomplete reply.
    partial: Vec<u8>,
    pub hello: Hello,
    last_id: u64,
}

/// The result of one request.
pub struct RunResult {
    pub outcome: Outcome,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub compile: Duration,
    pub execute: Duration,
    /// Their values when the guest ended; empty if it never did.
    pub globals: Globals,
    /// Whether the guest started.
    pub started: bool,
    /// Whether the process can take another request.
    pub alive: bool,
}

impl Process {
    /// Starts a runner and waits for its hello.
    pub fn start(start: &Start) -> Result<Self> {
        let (request_end, requests) = io::pipe().context("make a pipe")?;
        let (replies, reply_end) = io::pipe().context("make a pipe")?;
        let log =
            File::create(&start.log).with_context(|| format!("write {}", start.log.display()))?;
        let mut command = Command::new(&start.program);
        command.args(&start.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        // A runner is killed without a chance to clean up: its temporary files are removed with
        // those of the run.
        command.envs(start.log.parent().map(|directory| ("TMPDIR", directory)));
        // A process group of its own: Ctrl-C in the terminal is handled here, not by the runner.
        command.process_group(0);
        command
            .fd_mappings(vec![
                FdMapping { parent_fd: OwnedFd::from(request_end), child_fd: REQUEST_FD },
                FdMapping { parent_fd: OwnedFd::from(reply_end), child_fd: REPLY_FD },
            ])
            .map_err(|e| anyhow!("map the runner's descriptors: {e}"))?;
        let child =
            command.spawn().with_context(|| format!("start {}", start.program.display()))?;
        // The command holds the child's ends of the pipes. While they are open here, reading never
        // reaches the end of the file.
        drop(command);
        let hello = Hello::default();
        let requests = File::from(OwnedFd::from(requests));
        let mut process = Process { child, requests, replies, partial: vec![], hello, last_id: 0 };
        process.hello = process.greet().map_err(|e| {
            let said = std::fs::read_to_string(&start.log).unwrap_or_default();
            let said = said.trim();
            if said.is_empty() { e } else { e.context(format!("the runner said: {said}")) }
        })?;
        Ok(process)
    }

    fn greet(&mut self) -> Result<Hello> {
        let session = Session::new(self.replies.as_fd(), &mut self.partial);
        let reply = match session.next_reply(Instant::now() + HELLO_TIME) {
            Ok(reply) => reply,
            Err(Stop::Garbage(line)) => bail!("the runner's hello is not a reply: {line}"),
            Err(Stop::Gone) => {
                bail!("the runner ended before its hello ({})", describe(self.reap()))
            }
            Err(Stop::Late) => bail!("the runner sent nothing in {} s", HELLO_TIME.as_secs()),
            Err(Stop::Interrupted) => bail!("interrupted"),
            Err(Stop::OutputLimit | Stop::Io(_)) => bail!("the connection to the runner broke"),
        };
        match reply {
            Reply::Hello {
                protocol: PROTOCOL_VERSION,
                version,
                details,
                missing_capabilities,
                wasi_versions,
                ..
            } => Ok(Hello { version, details, missing_capabilities, wasi_versions }),
            Reply::Hello { protocol, .. } => {
                bail!(
                    "the runner speaks protocol {protocol}, this harness {PROTOCOL_VERSION}: rebuild it"
                )
            }
            other => bail!("the runner sent {other:?} instead of a hello"),
        }
    }

    /// Runs one guest until it ends, in whatever way.
    pub fn run(&mut self, request: RunRequest, stdin: &[u8], limits: &Limits) -> Result<RunResult> {
        self.last_id += 1;
        let id = self.last_id;
        let streams = Streams::open(&request.stdio, stdin)?;
        let mut line =
            serde_json::to_vec(&Request { id, run: request }).context("encode a request")?;
        line.push(b'\n');
        let sent = self.requests.write_all(&line);
        let session = Session::new(self.replies.as_fd(), &mut self.partial);
        let (end, streams) = match sent {
            Ok(()) => session.until_done(id, streams, limits),
            // The pipe of a dead runner is broken. How it ended is determined below, as for any other.
            Err(_) => (Err(Stop::Gone), streams),
        };
        // A flood of output may arrive before the reply that the guest has started.
        let started = streams.started || matches!(end, Err(Stop::OutputLimit));
        let mut result = RunResult {
            outcome: Outcome::Timeout,
            stdout: streams.stdout,
            stderr: streams.stderr,
            compile: Duration::ZERO,
            execute: Duration::ZERO,
            globals: Globals::new(),
            started,
            alive: false,
        };
        match end {
            Ok(done) => {
                result.outcome = done.outcome;
                result.compile = done.compile;
                result.execute = done.execute;
                result.globals = done.globals;
                result.alive = true;
            }
            Err(stop) => result.outcome = self.outcome_of(stop, id)?,
        }
        Ok(result)
    }

    fn outcome_of(&mut self, stop: Stop, id: u64) -> Result<Outcome> {
        Ok(match stop {
            // Cut off in the middle of a reply: the runner failed, not the guest.
            Stop::Late | Stop::Gone if !self.partial.is_empty() => Outcome::Error {
                message: format!(
                    "the runner's reply to request {id} is incomplete: {}",
                    excerpt(&self.partial)
                ),
            },
            Stop::Late => Outcome::Timeout,
            Stop::OutputLimit => Outcome::OutputLimit,
            Stop::Gone => Outcome::Crash { how: describe(self.reap()) },
            Stop::Garbage(line) => Outcome::Error {
                message: format!("the runner's reply to request {id} is invalid: {line}"),
            },
            Stop::Interrupted => bail!("interrupted"),
            Stop::Io(e) => return Err(e).context("talk to the runner"),
        })
    }

    fn reap(&mut self) -> Option<ExitStatus> {
        let until = Instant::now() + DYING_TIME;
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        None
    }

    /// Whether it is running and has sent nothing unrequested.
    pub fn is_idle(&mut self) -> bool {
        self.partial.is_empty() && matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill_group(&self.child);
        let _ = self.child.wait();
    }
}

/// Kills a child together with its own children.
pub(super) fn kill_group(child: &Child) {
    let group = nix::unistd::Pid::from_raw(child.id() as i32);
    // It may have ended already.
    let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
}

/// How a process ended, in words that do not depend on the machine.
pub(super) fn describe(status: Option<ExitStatus>) -> String {
    match status {
        Some(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exited with {code}"),
            (_, Some(signal)) => match nix::sys::signal::Signal::try_from(signal) {
                Ok(signal) => format!("killed by {signal}"),
                Err(_) => format!("killed by signal {signal}"),
            },
            _ => "ended".to_owned(),
        },
        None => "closed its connection and hung".to_owned(),
    }
}
