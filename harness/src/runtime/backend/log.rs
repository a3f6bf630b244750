//! What a runner prints on its own stderr, for when it fails. A runner cannot fill the disk with it.

use std::io::{self, PipeReader, Read};
use std::os::fd::AsFd;

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags};

use crate::support::bytes;
use crate::support::text::shorten;

/// What is kept of it: the beginning. The rest is read and thrown away.
const KEPT: usize = 1 << 20;
/// A runner that prints more than this is no longer waited for.
const LONGEST: u64 = 64 << 20;
/// How much of it fits into a message.
const SHOWN: usize = 2_000;

pub struct Log {
    /// Not there any more after its end.
    pipe: Option<PipeReader>,
    kept: Vec<u8>,
    length: u64,
}

impl Log {
    pub fn new(pipe: PipeReader) -> Result<Log> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("prepare a pipe")?;
        Ok(Log { pipe: Some(pipe), kept: vec![], length: 0 })
    }

    pub fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.pipe.as_ref().map(|pipe| PollFd::new(pipe.as_fd(), PollFlags::POLLIN))
    }

    /// Reads what is there now, and says whether it is too much.
    pub fn pump(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 64 * 1024];
        while let Some(pipe) = &mut self.pipe
            && self.length <= LONGEST
        {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    self.length += n as u64;
                    let room = KEPT.saturating_sub(self.kept.len());
                    self.kept.extend_from_slice(&buffer[..n.min(room)]);
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(self.length > LONGEST)
    }

    /// What the runner said, short enough for a message.
    pub fn said(&mut self) -> String {
        // Without what cannot be read now.
        let _ = self.pump();
        shorten(bytes::output(&self.kept).trim(), SHOWN).trim_end().to_owned()
    }

    pub fn too_long() -> String {
        format!("the runner wrote more than {} MiB to its stderr", LONGEST >> 20)
    }
}
