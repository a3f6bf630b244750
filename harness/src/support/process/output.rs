//! Runs a program to its end and returns what it printed, within limits: no question that this
//! program asks another may keep it for ever.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::Family;
use crate::support::interrupt;
use crate::support::output::warn;

/// How long a program may take that only prints something.
pub const QUESTION_TIME: Duration = Duration::from_secs(30);
/// How long a program may take that downloads something.
pub const DOWNLOAD_TIME: Duration = Duration::from_secs(10 * 60);
/// How long a program may take that compiles something.
pub const BUILD_TIME: Duration = Duration::from_secs(2 * 60 * 60);

/// How long a program may be silent before a word says that it is waited for.
const WORD_TIME: Duration = Duration::from_secs(10);
/// How often to check for an interrupt, and whether the program has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// What is kept of each stream. More is read and thrown away.
const LONGEST: usize = 8 << 20;

/// What a program printed, and how it ended.
pub struct Output {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Runs a program to its end. Whatever it leaves behind is killed.
pub fn of(command: Command, name: &str, at_most: Duration) -> Result<Output> {
    run(command, name, at_most, None)
}

/// The same; `line` gets each line of its stderr as it comes, and tells the user what is going on.
pub fn with_lines(
    command: Command,
    name: &str,
    at_most: Duration,
    line: &dyn Fn(&str),
) -> Result<Output> {
    run(command, name, at_most, Some(line))
}

fn run(
    mut command: Command,
    name: &str,
    at_most: Duration,
    line: Option<&dyn Fn(&str)>,
) -> Result<Output> {
    let (stdout, stdout_end) = io::pipe().context("make a pipe")?;
    let (stderr, stderr_end) = io::pipe().context("make a pipe")?;
    command.stdin(Stdio::null()).stdout(stdout_end).stderr(stderr_end);
    let mut family = Family::spawn(command).with_context(|| format!("start {name}"))?;
    let mut streams = [Stream::new(stdout)?, Stream::new(stderr)?];
    let began = Instant::now();
    let mut heard = began;
    let mut lines = 0;
    let status = loop {
        // Asked first, so that everything that it printed before its end is read below.
        let status = family.try_wait().with_context(|| format!("wait for {name}"))?;
        for stream in &mut streams {
            if stream.read().with_context(|| format!("read the output of {name}"))? {
                heard = Instant::now();
            }
        }
        if let Some(line) = line {
            lines = pass_on(&streams[1].text, lines, line);
        }
        if let Some(status) = status {
            break status;
        }
        if interrupt::requested() {
            bail!("interrupted");
        }
        if began.elapsed() >= at_most {
            bail!("{name} did not end within {} s", at_most.as_secs());
        }
        if line.is_none() && heard.elapsed() >= WORD_TIME {
            warn(&format!("waiting for {name}, for at most {} s", at_most.as_secs()));
            heard = began + at_most;
        }
        wait(&streams)?;
    };
    // Its output may be open still in a process that it left behind, which is not waited for.
    family.kill().with_context(|| format!("end {name}"))?;
    let [stdout, stderr] = streams.map(|stream| stream.text);
    Ok(Output { status, stdout, stderr })
}

/// Passes on the complete lines after the first `done` bytes, and returns up to where.
fn pass_on(text: &[u8], done: usize, line: &dyn Fn(&str)) -> usize {
    let Some(end) = text[done..].iter().rposition(|&byte| byte == b'\n') else { return done };
    String::from_utf8_lossy(&text[done..done + end]).lines().for_each(line);
    done + end + 1
}

struct Stream {
    pipe: Option<PipeReader>,
    text: Vec<u8>,
}

impl Stream {
    fn new(pipe: PipeReader) -> Result<Stream> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("prepare a pipe")?;
        Ok(Stream { pipe: Some(pipe), text: vec![] })
    }

    /// Reads what is there now. Says whether there was anything.
    fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 16 * 1024];
        let mut any = false;
        // A flood must not keep this loop from the clock.
        for _ in 0..64 {
            let Some(pipe) = &mut self.pipe else { break };
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    let room = LONGEST.saturating_sub(self.text.len());
                    self.text.extend_from_slice(&buffer[..n.min(room)]);
                    any = true;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(any)
    }
}

/// Waits for output, but not for long. A program that closed both streams is about to end.
fn wait(streams: &[Stream]) -> Result<()> {
    let pipes = streams.iter().filter_map(|stream| stream.pipe.as_ref());
    let mut fds: Vec<PollFd> =
        pipes.map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN)).collect();
    if fds.is_empty() {
        std::thread::sleep(super::CHECK_INTERVAL);
        return Ok(());
    }
    let timeout = PollTimeout::try_from(CHECK_INTERVAL).unwrap_or(PollTimeout::ZERO);
    match poll(&mut fds, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(e) => Err(e).context("wait for output"),
    }
}
