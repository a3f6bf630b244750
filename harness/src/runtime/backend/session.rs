//! The session of one request: waits for replies while feeding the guest's stdin and collecting its
//! output, within limits.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use runner_kit::protocol::Reply;
use runner_kit::{Globals, Outcome};

use super::limits::Limits;
use super::log::Log;
use super::streams::{StreamError, Streams};
use super::watch::{Excess, Watch};
use crate::support::bytes;
use crate::support::interrupt;
use crate::support::slots;
use crate::support::text::shorten;

/// How long to wait for the end of a guest's output after the reply that it has ended.
const LAST_OUTPUT_TIME: Duration = Duration::from_millis(200);
/// How often a waiting thread checks whether it was interrupted.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Why a session ended early.
pub enum Stop {
    /// The time limit was reached.
    Late,
    /// The guest wrote more than it may, to its output or to files.
    OutputLimit,
    MemoryLimit,
    /// Nobody can work, because the disk is full.
    NoSpace(anyhow::Error),
    /// The runner closed its end.
    Gone,
    Garbage(String),
    /// The runner itself panicked, with this message.
    Panicked(String),
    /// The runner wrote more to its own stderr than it may.
    Flood,
    Interrupted,
    Io(io::Error),
}

impl From<StreamError> for Stop {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::OutputLimit => Stop::OutputLimit,
            StreamError::Io(e) => Stop::Io(e),
        }
    }
}

impl From<Excess> for Stop {
    fn from(excess: Excess) -> Self {
        match excess {
            Excess::Files => Stop::OutputLimit,
            Excess::Memory => Stop::MemoryLimit,
            Excess::NoSpace(error) => Stop::NoSpace(error),
        }
    }
}

/// The result of a session that was not stopped.
pub struct Done {
    pub outcome: Outcome,
    pub compile: Duration,
    pub execute: Duration,
    pub globals: Globals,
}

/// Waits until one of the descriptors is ready, but only briefly: interrupts must be noticed.
pub fn wait_for(fds: &mut [PollFd], at_most: Duration) -> Result<(), Stop> {
    let timeout = PollTimeout::try_from(at_most.min(CHECK_INTERVAL)).unwrap_or(PollTimeout::MAX);
    match poll(fds, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(e) => Err(Stop::Io(e.into())),
    }
}

/// The reading end of a runner's replies.
pub struct Session<'a> {
    replies: BorrowedFd<'a>,
    partial: &'a mut Vec<u8>,
    log: &'a mut Log,
    passes_slot_on: bool,
}

impl<'a> Session<'a> {
    /// `partial` is what was read of an incomplete reply, `log` what the runner itself prints.
    pub fn new(replies: BorrowedFd<'a>, partial: &'a mut Vec<u8>, log: &'a mut Log) -> Self {
        Session { replies, partial, log, passes_slot_on: false }
    }

    /// Lets another case run when the runner only waits. It must do all the guest's work itself.
    pub fn passing_slot_on(self, passes_slot_on: bool) -> Self {
        Session { passes_slot_on, ..self }
    }

    /// Waits for one reply, with no guest running.
    pub fn next_reply(mut self, until: Instant) -> Result<Reply, Stop> {
        loop {
            if let Some(reply) = self.take_line()? {
                return Ok(reply);
            }
            self.wait(None, until, CHECK_INTERVAL)?;
        }
    }

    /// Waits for the `done` of a request, moving the guest's input and output meanwhile.
    pub fn until_done<'f>(
        mut self,
        id: u64,
        mut streams: Streams<'f>,
        limits: &Limits,
        watch: &mut Watch,
    ) -> (Result<Done, Stop>, Streams<'f>) {
        let mut end = self.run(id, &mut streams, limits, watch);
        if end.is_ok()
            && let Err(stop) =
                read_to_end(&mut streams, limits).and_then(|()| Ok(watch.look_at_rest()?))
        {
            end = Err(stop);
        }
        // However the session ended, what the guest wrote before is evidence.
        let left = streams.pump(limits.output).map_err(Stop::from);
        let end = match (end, left) {
            (Ok(_), Err(stop)) => Err(stop),
            (end, _) => end,
        };
        (end, streams)
    }

    fn run(
        &mut self,
        id: u64,
        streams: &mut Streams,
        limits: &Limits,
        watch: &mut Watch,
    ) -> Result<Done, Stop> {
        let mut until = Instant::now() + limits.start;
        loop {
            streams.pump(limits.output)?;
            while let Some(reply) = self.take_line()? {
                match reply {
                    Reply::Started { id: of } if of == id && !streams.started => {
                        streams.started = true;
                        until = Instant::now() + limits.time;
                        streams.pump(limits.output)?;
                    }
                    Reply::Done { id: of, outcome, compile_us, execute_us, globals }
                        if of == id =>
                    {
                        // A guest that ran without its streams has shown nothing.
                        let ran = matches!(outcome, Outcome::Exit { .. } | Outcome::Trap { .. });
                        if ran && !streams.started {
                            return Err(Stop::Garbage("`done` without `started`".into()));
                        }
                        let compile = Duration::from_micros(compile_us);
                        let execute = Duration::from_micros(execute_us);
                        return Ok(Done { outcome, compile, execute, globals });
                    }
                    Reply::Panicked { message } => return Err(Stop::Panicked(message)),
                    other => return Err(Stop::Garbage(format!("{other:?}"))),
                }
            }
            // Compiling is the runtime's own work.
            if streams.started {
                watch.check()?;
                if self.passes_slot_on && watch.only_waits() {
                    slots::only_waits();
                }
            }
            let pause = if streams.started { watch.pause() } else { CHECK_INTERVAL };
            self.wait(Some(streams), until, pause)?;
        }
    }

    /// Waits until data can be moved, and reads the next reply as far as it has arrived.
    fn wait(
        &mut self,
        streams: Option<&Streams>,
        until: Instant,
        at_most: Duration,
    ) -> Result<(), Stop> {
        if interrupt::requested() {
            return Err(Stop::Interrupted);
        }
        let left = until.checked_duration_since(Instant::now()).ok_or(Stop::Late)?;
        let mut fds = vec![PollFd::new(self.replies, PollFlags::POLLIN)];
        fds.extend(self.log.poll_fd());
        if let Some(streams) = streams {
            fds.extend(streams.poll_fds());
        }
        wait_for(&mut fds, left.min(at_most))?;
        let replied = fds[0].any() == Some(true);
        if self.log.pump().map_err(Stop::Io)? {
            return Err(Stop::Flood);
        }
        if replied {
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
        /// Replies are short: more bytes than this without a newline are not one.
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

/// Reads what a guest wrote just before its end, which may arrive after the reply about that. Where a
/// runner keeps the guest's streams open, their end never comes.
fn read_to_end(streams: &mut Streams, limits: &Limits) -> Result<(), Stop> {
    let until = Instant::now() + LAST_OUTPUT_TIME;
    loop {
        streams.pump(limits.output)?;
        let left = until.saturating_duration_since(Instant::now());
        if streams.is_over() || !streams.started || left.is_zero() {
            return Ok(());
        }
        wait_for(&mut streams.poll_fds(), left)?;
    }
}

/// What a runner wrote, shortened to fit into a message.
pub fn excerpt(said: &[u8]) -> String {
    const LONGEST: usize = 200;
    shorten(bytes::output(said).trim(), LONGEST).trim_end().to_owned()
}
