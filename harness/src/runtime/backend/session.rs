//! One request's conversation: wait for replies while feeding the guest's stdin and collecting
//! what it writes, within limits.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use runner_kit::protocol::Reply;
use runner_kit::{Globals, Outcome};

use super::process::{drain, open_reader, open_writer};
use crate::support::interrupt;
use crate::support::text::{readable, shorten};

/// How long compiling may take; the guest's own time is `Limits::time`.
const COMPILE_TIME: Duration = Duration::from_secs(120);
/// How often a waiting thread looks whether it was interrupted.
const GLANCE: Duration = Duration::from_millis(100);

/// What a guest may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub time: Duration,
    /// Bytes, for stdout and stderr each.
    pub output: usize,
}

/// Why a conversation ended early.
pub enum Stop {
    Late,
    OutputLimit,
    /// The runner closed its end.
    Gone,
    Garbage(String),
    Interrupted,
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Stop::Io(error)
    }
}

pub struct Done {
    pub outcome: Outcome,
    pub compile: Duration,
    pub execute: Duration,
    pub globals: Globals,
}

/// Our ends of the guest's standard streams.
pub struct Feed<'a> {
    stdin: Option<File>,
    to_write: &'a [u8],
    out: Option<File>,
    err: Option<File>,
    /// Whether the other ends were opened.
    pub started: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl<'a> Feed<'a> {
    /// Opens our ends of the named pipes, before the runner is told of them.
    pub fn open([stdin, stdout, stderr]: &[PathBuf; 3], to_write: &'a [u8]) -> Result<Self> {
        Ok(Feed {
            stdin: Some(open_writer(stdin)?),
            to_write,
            out: Some(open_reader(stdout)?),
            err: Some(open_reader(stderr)?),
            started: false,
            stdout: Vec::new(),
            stderr: Vec::new(),
        })
    }

    /// Moves what can be moved without waiting.
    pub fn pump(&mut self, limit: usize) -> Result<(), Stop> {
        if let Some(stdin) = &mut self.stdin {
            while !self.to_write.is_empty() {
                match stdin.write(self.to_write) {
                    Ok(n) => self.to_write = &self.to_write[n..],
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(e) => return Err(e.into()),
                }
            }
            // The guest sees the end of its stdin once we close our end. Before the runner has
            // opened its own, closing ours would throw away what the pipe holds.
            if self.to_write.is_empty() && self.started {
                self.stdin = None;
            }
        }
        for (stream, text) in [(&mut self.out, &mut self.stdout), (&mut self.err, &mut self.stderr)]
        {
            if let Some(file) = stream
                && !drain(file, text, limit)?
                && self.started
            {
                *stream = None;
            }
            if text.len() > limit {
                text.truncate(limit);
                return Err(Stop::OutputLimit);
            }
        }
        Ok(())
    }

    /// What to wait for before pumping again.
    pub fn poll_fds(&self) -> Vec<PollFd<'_>> {
        let writer = self.stdin.as_ref().filter(|_| !self.to_write.is_empty());
        let writer = writer.map(|f| PollFd::new(f.as_fd(), PollFlags::POLLOUT));
        let readers = [&self.out, &self.err].into_iter().flatten();
        writer
            .into_iter()
            .chain(readers.map(|f| PollFd::new(f.as_fd(), PollFlags::POLLIN)))
            .collect()
    }

    /// Whether the guest's ends of its output are closed.
    pub fn is_over(&self) -> bool {
        self.out.is_none() && self.err.is_none()
    }
}

/// Waits until one of the descriptors is ready, but not for long: an interrupt must be seen.
pub fn wait_for(fds: &mut [PollFd], at_most: Duration) -> Result<(), Stop> {
    let timeout = PollTimeout::try_from(at_most.min(GLANCE)).unwrap_or(PollTimeout::MAX);
    match poll(fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(e) => Err(Stop::Io(e.into())),
    }
}

/// The reading end of a runner's replies.
pub struct Exchange<'a> {
    replies: BorrowedFd<'a>,
    partial: &'a mut Vec<u8>,
}

impl<'a> Exchange<'a> {
    pub fn on(replies: BorrowedFd<'a>, partial: &'a mut Vec<u8>) -> Self {
        Exchange { replies, partial }
    }

    /// Waits for one reply, with no guest running.
    pub fn next_reply(mut self, until: Instant) -> Result<Reply, Stop> {
        loop {
            if let Some(reply) = self.take_line()? {
                return Ok(reply);
            }
            self.wait(None, until)?;
        }
    }

    /// Waits for the `done` of a request, feeding and collecting meanwhile.
    pub fn until_done<'f>(
        mut self,
        id: u64,
        mut feed: Feed<'f>,
        limits: &Limits,
    ) -> (Result<Done, Stop>, Feed<'f>) {
        let end = self.converse(id, &mut feed, limits);
        // Whatever ended the conversation, what the guest wrote before it is evidence.
        let left = feed.pump(limits.output);
        let end = match (end, left) {
            (Ok(_), Err(stop)) => Err(stop),
            (end, _) => end,
        };
        (end, feed)
    }

    fn converse(&mut self, id: u64, feed: &mut Feed, limits: &Limits) -> Result<Done, Stop> {
        let mut until = Instant::now() + COMPILE_TIME;
        loop {
            feed.pump(limits.output)?;
            while let Some(reply) = self.take_line()? {
                match reply {
                    Reply::Started { id: of } if of == id && !feed.started => {
                        feed.started = true;
                        until = Instant::now() + limits.time;
                        feed.pump(limits.output)?;
                    }
                    Reply::Done { id: of, outcome, compile_us, execute_us, globals }
                        if of == id =>
                    {
                        let compile = Duration::from_micros(compile_us);
                        let execute = Duration::from_micros(execute_us);
                        return Ok(Done { outcome, compile, execute, globals });
                    }
                    other => return Err(Stop::Garbage(format!("{other:?}"))),
                }
            }
            self.wait(Some(feed), until)?;
        }
    }

    /// Waits until something can be moved, and reads what has come of the next reply.
    fn wait(&mut self, feed: Option<&Feed>, until: Instant) -> Result<(), Stop> {
        if interrupt::requested() {
            return Err(Stop::Interrupted);
        }
        let left = until.checked_duration_since(Instant::now()).ok_or(Stop::Late)?;
        let mut fds = vec![PollFd::new(self.replies, PollFlags::POLLIN)];
        if let Some(feed) = feed {
            fds.extend(feed.poll_fds());
        }
        wait_for(&mut fds, left)?;
        if fds[0].any() == Some(true) {
            self.read_more()?;
        }
        Ok(())
    }

    fn read_more(&mut self) -> Result<(), Stop> {
        let mut buffer = [0; 4096];
        match nix::unistd::read(self.replies, &mut buffer) {
            Ok(0) => Err(Stop::Gone),
            Ok(n) => {
                self.partial.extend_from_slice(&buffer[..n]);
                Ok(())
            }
            Err(Errno::EINTR) => Ok(()),
            Err(e) => Err(Stop::Io(e.into())),
        }
    }

    fn take_line(&mut self) -> Result<Option<Reply>, Stop> {
        /// Replies are short; what goes on without a line's end is not one.
        const LONGEST: usize = 64 * 1024;
        let Some(end) = self.partial.iter().position(|&b| b == b'\n') else {
            if self.partial.len() > LONGEST {
                return Err(Stop::Garbage("an endless line".into()));
            }
            return Ok(None);
        };
        let line: Vec<u8> = self.partial.drain(..=end).collect();
        match serde_json::from_slice(&line) {
            Ok(reply) => Ok(Some(reply)),
            Err(_) => Err(Stop::Garbage(excerpt(&line))),
        }
    }
}

/// What a runner said, as much of it as fits into a message.
pub fn excerpt(said: &[u8]) -> String {
    const LONGEST: usize = 200;
    shorten(readable(said).trim(), LONGEST).trim_end().to_owned()
}
