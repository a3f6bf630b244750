//! The harness's ends of a guest's standard streams, which are named pipes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags};

/// Why moving bytes may fail.
pub enum StreamError {
    /// The guest wrote more than its limit.
    OutputLimit,
    Io(io::Error),
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> Self {
        StreamError::Io(error)
    }
}

/// Feeds a guest's stdin and collects its output.
pub struct Streams<'a> {
    stdin: Option<File>,
    to_write: &'a [u8],
    out: Option<File>,
    err: Option<File>,
    /// Whether the guest's ends were opened.
    pub started: bool,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl<'a> Streams<'a> {
    /// Opens our ends of the named pipes, before the runner learns their names.
    pub fn open([stdin, stdout, stderr]: &[PathBuf; 3], to_write: &'a [u8]) -> Result<Self> {
        Ok(Streams {
            // A pipe opened for writing alone would fail until it has a reader.
            stdin: Some(open(stdin, true)?),
            to_write,
            out: Some(open(stdout, false)?),
            err: Some(open(stderr, false)?),
            started: false,
            stdout: Vec::new(),
            stderr: Vec::new(),
        })
    }

    /// Moves all bytes that can be moved without waiting. `limit` is in bytes, for stdout and
    /// stderr each.
    pub fn pump(&mut self, limit: usize) -> Result<(), StreamError> {
        if let Some(stdin) = &mut self.stdin {
            while !self.to_write.is_empty() {
                match stdin.write(self.to_write) {
                    Ok(n) => self.to_write = &self.to_write[n..],
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                    Err(e) => return Err(e.into()),
                }
            }
            // The guest sees the end of its stdin once we close our end. If we closed it before the
            // runner has opened its own, the bytes in the pipe would be lost.
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
                return Err(StreamError::OutputLimit);
            }
        }
        Ok(())
    }

    /// The descriptors to wait for before pumping again.
    pub fn poll_fds(&self) -> Vec<PollFd<'_>> {
        let writer = self.stdin.as_ref().filter(|_| !self.to_write.is_empty());
        let writer = writer.map(|f| PollFd::new(f.as_fd(), PollFlags::POLLOUT));
        let readers = [&self.out, &self.err].into_iter().flatten();
        writer
            .into_iter()
            .chain(readers.map(|f| PollFd::new(f.as_fd(), PollFlags::POLLIN)))
            .collect()
    }

    /// Whether the guest has closed its stdout and stderr.
    pub fn is_over(&self) -> bool {
        self.out.is_none() && self.err.is_none()
    }
}

/// Opens a named pipe without waiting for its other end.
fn open(path: &Path, write: bool) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(write)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .with_context(|| format!("open the pipe {}", path.display()))
}

/// Reads the bytes that a non-blocking pipe holds now. `false` at its end.
fn drain(from: &mut File, into: &mut Vec<u8>, limit: usize) -> io::Result<bool> {
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
