//! The process of a runner: started once, given one request at a time, killed when it misbehaves.

use std::ffi::OsString;
use std::fs::{self, File, Permissions};
use std::io::{self, PipeReader, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use command_fds::{CommandFdExt, FdMapping};
use runner_kit::protocol::{
    MissingCapability, PROTOCOL_VERSION, REPLY_FD, REQUEST_FD, Reply, Request,
};
use runner_kit::{Globals, Outcome, RunRequest, WasiVersion};
use tempfile::TempDir;

use super::containment::Containment;
use super::limits::Limits;
use super::log::Log;
use super::session::{Session, Stop, excerpt};
use super::streams::Streams;
use super::watch::{self, Watch};
use crate::support::process::Family;

/// How long it may take to end by itself after closing its pipe, before it is killed.
const DYING_TIME: Duration = Duration::from_millis(500);

/// How to start a runner.
#[derive(Clone, Debug)]
pub struct Start {
    pub program: PathBuf,
    pub args: Vec<OsString>,
    /// Where its directory is made. It is removed here, because a runner is killed and not asked to
    /// clean up.
    pub work: PathBuf,
    /// What it may reach beyond that directory.
    pub containment: Containment,
    /// How long it may take to say hello.
    pub time: Duration,
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
    /// First, so that it ends before its directory is removed.
    family: Family,
    /// For its temporary files, and for the directories of its cases.
    directory: TempDir,
    log: Log,
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
    /// The names of the processes that were left behind, and killed.
    pub left_running: Vec<String>,
    /// The exit status of a command that nothing killed.
    pub status: Option<u32>,
    /// Of a command that printed what a guest can print, and ended with a status that a guest can have:
    /// the result if that was the guest.
    pub as_exit: Option<Box<AsExit>>,
}

/// The end of a guest that imitates its runtime.
#[derive(Debug, PartialEq, Eq)]
pub struct AsExit {
    pub code: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Process {
    /// Starts a runner and waits for its hello.
    pub fn start(start: &Start) -> Result<Self> {
        let (request_end, requests) = io::pipe().context("make a pipe")?;
        let (replies, reply_end) = io::pipe().context("make a pipe")?;
        let (log, log_end) = io::pipe().context("make a pipe")?;
        let mut command = Command::new(&start.program);
        command.args(&start.args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_end);
        let directory = tempfile::Builder::new()
            .prefix("runner-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&start.work)
            .context("make a directory for the runner")?;
        let home = directory.path().join("home");
        fs::create_dir(&home).context("make a home directory for the runner")?;
        start.containment.apply(&mut command, &home, &[directory.path()])?;
        command
            .fd_mappings(vec![
                FdMapping { parent_fd: OwnedFd::from(request_end), child_fd: REQUEST_FD },
                FdMapping { parent_fd: OwnedFd::from(reply_end), child_fd: REPLY_FD },
            ])
            .map_err(|e| anyhow!("map the runner's descriptors: {e}"))?;
        // This closes the child's ends of the pipes here. While they are open, reading never reaches
        // the end of the file.
        let family =
            Family::spawn(command).with_context(|| format!("start {}", start.program.display()))?;
        let mut process = Process {
            family,
            directory,
            log: Log::new(log)?,
            requests: File::from(OwnedFd::from(requests)),
            replies,
            partial: vec![],
            hello: Hello::default(),
            last_id: 0,
        };
        process.hello = process.greet(start.time).map_err(|e| {
            let said = process.log.said();
            if said.is_empty() { e } else { e.context(format!("the runner said: {said}")) }
        })?;
        // A browser, for example. What comes later must go with its guest.
        process.family.accept_helpers();
        Ok(process)
    }

    fn greet(&mut self, time: Duration) -> Result<Hello> {
        let session = Session::new(self.replies.as_fd(), &mut self.partial, &mut self.log);
        let reply = match session.next_reply(Instant::now() + time) {
            Ok(reply) => reply,
            Err(Stop::Garbage(line)) => bail!("the runner's hello is not a reply: {line}"),
            Err(Stop::Gone) => {
                bail!("the runner ended before its hello ({})", describe(self.reap()))
            }
            Err(Stop::Late) => bail!("the runner sent nothing in {} s", time.as_secs()),
            Err(Stop::Interrupted) => bail!("interrupted"),
            Err(Stop::Flood) => bail!("{}", Log::too_long()),
            Err(Stop::Panicked(message)) => bail!("the runner panicked: {message}"),
            Err(Stop::OutputLimit | Stop::MemoryLimit | Stop::NoSpace(_) | Stop::Io(_)) => {
                bail!("the connection to the runner broke")
            }
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
            Reply::Panicked { message } => bail!("the runner panicked: {message}"),
            other => bail!("the runner sent {other:?} instead of a hello"),
        }
    }

    /// Where the directories of its cases must be.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Ends it, before anybody looks at what its guest has left.
    pub fn kill(&mut self) -> Result<()> {
        self.family.kill().context("end the runner").map(drop)
    }

    /// The memory that it takes, in bytes.
    pub fn memory(&self) -> u64 {
        watch::memory(self.family.child.id())
    }

    /// Runs one guest until it ends, in whatever way. `case` is the directory of its case.
    pub fn run(
        &mut self,
        request: RunRequest,
        stdin: &[u8],
        limits: &Limits,
        case: &Path,
    ) -> Result<RunResult> {
        self.last_id += 1;
        let id = self.last_id;
        let streams = Streams::open(&request.stdio, stdin)?;
        let mut line =
            serde_json::to_vec(&Request { id, run: request }).context("encode a request")?;
        line.push(b'\n');
        let sent = self.requests.write_all(&line);
        let mut watch = Watch::new(case, self.family.child.id(), limits);
        let session = Session::new(self.replies.as_fd(), &mut self.partial, &mut self.log)
            .passing_slot_on(!self.family.has_helpers());
        let (end, streams) = match sent {
            Ok(()) => session.until_done(id, streams, limits, &mut watch),
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
            left_running: vec![],
            status: None,
            as_exit: None,
        };
        match end {
            Ok(done) => {
                result.outcome = done.outcome;
                result.compile = done.compile;
                result.execute = done.execute;
                result.globals = done.globals;
                result.alive = true;
                let left = self.family.kill_left_behind();
                result.left_running = left.into_iter().map(|member| member.name).collect();
            }
            Err(Stop::MemoryLimit) => result.outcome = too_much_memory(limits),
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
            Stop::MemoryLimit => unreachable!("it is known to whoever knows the limit"),
            Stop::Gone => Outcome::Crash { how: describe(self.reap()) },
            Stop::Garbage(line) => Outcome::Error {
                message: format!("the runner's reply to request {id} is invalid: {line}"),
            },
            Stop::Flood => Outcome::Error { message: Log::too_long() },
            Stop::Panicked(message) => {
                Outcome::Error { message: format!("the runner panicked: {message}") }
            }
            Stop::Interrupted => bail!("interrupted"),
            Stop::NoSpace(e) => return Err(e),
            Stop::Io(e) => return Err(e).context("talk to the runner"),
        })
    }

    fn reap(&mut self) -> Option<ExitStatus> {
        self.family.wait_for(DYING_TIME).ok().flatten()
    }

    /// Whether it is running and has sent nothing unrequested.
    pub fn is_idle(&mut self) -> bool {
        self.partial.is_empty() && matches!(self.family.try_wait(), Ok(None))
    }
}

pub(super) fn too_much_memory(limits: &Limits) -> Outcome {
    Outcome::Crash { how: format!("used more than {} MiB of memory", limits.memory >> 20) }
}

/// How a process ended, in words that are the same on every machine.
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
