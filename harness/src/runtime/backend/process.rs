//! A runner's process: started once, fed one request at a time, killed when it misbehaves.

use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use command_fds::{CommandFdExt, FdMapping};
use nix::fcntl::OFlag;
use runner_kit::protocol::{
    MissingCapability, PROTOCOL_VERSION, REPLY_FD, REQUEST_FD, Reply, Request,
};
use runner_kit::{Globals, Outcome, RunRequest, WasiVersion};

use super::session::{Exchange, Feed, Limits, Stop, excerpt};

/// How long a runner may take to say hello.
const HELLO_TIME: Duration = Duration::from_secs(30);
/// How long it may take to die by itself once its end of the wire is gone, before it is killed.
const DYING_TIME: Duration = Duration::from_millis(500);

/// How to start a runner.
#[derive(Clone, Debug)]
pub struct Start {
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Where the runner's own words go, for when it fails to start.
    pub log: PathBuf,
}

/// What a runner said of its runtime.
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
    /// What was read of the reply that is still incomplete.
    partial: Vec<u8>,
    pub hello: Hello,
    last_id: u64,
}

/// What came of one request.
pub struct RunResult {
    pub outcome: Outcome,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub compile: Duration,
    pub execute: Duration,
    /// As the guest left them; none if it never came to an end.
    pub globals: Globals,
    /// Whether the guest had begun to run.
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
        // What it leaves among the temporary files goes when the run's own do: it is killed, not asked
        // to clean up.
        command.envs(start.log.parent().map(|folder| ("TMPDIR", folder)));
        // A group of its own: Ctrl-C in the terminal is for us to handle, not for the runner.
        command.process_group(0);
        command
            .fd_mappings(vec![
                FdMapping { parent_fd: OwnedFd::from(request_end), child_fd: REQUEST_FD },
                FdMapping { parent_fd: OwnedFd::from(reply_end), child_fd: REPLY_FD },
            ])
            .map_err(|e| anyhow!("map the runner's descriptors: {e}"))?;
        let child =
            command.spawn().with_context(|| format!("start {}", start.program.display()))?;
        // The command holds the child's ends of the pipes; while they live here, no end of file
        // would ever be seen.
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
        let exchange = Exchange::on(self.replies.as_fd(), &mut self.partial);
        let reply = match exchange.next_reply(Instant::now() + HELLO_TIME) {
            Ok(reply) => reply,
            Err(Stop::Garbage(line)) => bail!("the runner's hello is not a reply: {line}"),
            Err(Stop::Gone) => {
                bail!("the runner ended before its hello ({})", describe(self.reap()))
            }
            Err(Stop::Late) => bail!("the runner said nothing in {} s", HELLO_TIME.as_secs()),
            Err(Stop::Interrupted) => bail!("interrupted"),
            Err(Stop::OutputLimit | Stop::Io(_)) => bail!("the runner's wire broke"),
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
            other => bail!("the runner began with {other:?} instead of a hello"),
        }
    }

    /// Runs one guest to its end, whatever that is.
    pub fn run(&mut self, request: RunRequest, stdin: &[u8], limits: &Limits) -> Result<RunResult> {
        self.last_id += 1;
        let id = self.last_id;
        let feed = Feed::open(&request.stdio, stdin)?;
        let mut line =
            serde_json::to_vec(&Request { id, run: request }).context("encode a request")?;
        line.push(b'\n');
        let sent = self.requests.write_all(&line);
        let exchange = Exchange::on(self.replies.as_fd(), &mut self.partial);
        let (end, feed) = match sent {
            Ok(()) => exchange.until_done(id, feed, limits),
            // A dead runner's pipe is broken: let its end be found where all ends are.
            Err(_) => (Err(Stop::Gone), feed),
        };
        // A flood of what a guest writes may arrive before the word that it has begun.
        let started = feed.started || matches!(end, Err(Stop::OutputLimit));
        let mut answer = RunResult {
            outcome: Outcome::Timeout,
            stdout: feed.stdout,
            stderr: feed.stderr,
            compile: Duration::ZERO,
            execute: Duration::ZERO,
            globals: Globals::new(),
            started,
            alive: false,
        };
        match end {
            Ok(done) => {
                answer.outcome = done.outcome;
                answer.compile = done.compile;
                answer.execute = done.execute;
                answer.globals = done.globals;
                answer.alive = true;
            }
            Err(stop) => answer.outcome = self.outcome_of(stop, id)?,
        }
        Ok(answer)
    }

    fn outcome_of(&mut self, stop: Stop, id: u64) -> Result<Outcome> {
        Ok(match stop {
            // Cut off in the middle of a reply: what failed is the runner, at telling us.
            Stop::Late | Stop::Gone if !self.partial.is_empty() => Outcome::Error {
                message: format!(
                    "the runner left its answer to request {id} unfinished: {}",
                    excerpt(&self.partial)
                ),
            },
            Stop::Late => Outcome::Timeout,
            Stop::OutputLimit => Outcome::OutputLimit,
            Stop::Gone => Outcome::Crash { how: describe(self.reap()) },
            Stop::Garbage(line) => Outcome::Error {
                message: format!("the runner answered request {id} with something else: {line}"),
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

    /// Whether nothing was left over and the process still runs.
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

/// Kills a child together with what it may have started.
pub(super) fn kill_group(child: &Child) {
    let group = nix::unistd::Pid::from_raw(child.id() as i32);
    // It may be gone already.
    let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
}

/// How a process ended, in words that are the same wherever it runs.
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
        None => "closed its wire and hung".to_owned(),
    }
}

/// Opens a named pipe for reading without waiting for a writer.
pub(super) fn open_reader(path: &Path) -> Result<File> {
    open_fifo(path, false)
}

/// Opens a named pipe for writing without waiting for a reader. (Read and write, because opening
/// for writing alone fails until there is a reader.)
pub(super) fn open_writer(path: &Path) -> Result<File> {
    open_fifo(path, true)
}

fn open_fifo(path: &Path, write: bool) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .with_context(|| format!("open the pipe {}", path.display()))
}

/// Reads what a non-blocking pipe holds now. `false` at its end.
pub(super) fn drain(from: &mut File, into: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
    let mut buffer = [0; 64 * 1024];
    while into.len() <= limit {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(false),
            Ok(n) => into.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(true)
}
