//! A socket in the place of the guest's stdin, and the peer at its other end.

use std::fs::{self, File};
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

use crate::protocol::Socket;

/// Sends what comes out of a named pipe, then sends back what it receives until that ends.
pub struct Peer {
    end: UnixStream,
    thread: JoinHandle<()>,
}

impl Peer {
    /// Starts a peer; the socket is for the guest.
    pub fn start(socket: Socket, stdin: &Path) -> Result<(OwnedFd, Peer)> {
        let input = File::open(stdin).with_context(|| format!("open {}", stdin.display()))?;
        let (guests, end): (OwnedFd, UnixStream) = match socket {
            Socket::Connected => {
                let (guests, end) = UnixStream::pair().context("make a pair of sockets")?;
                (guests.into(), end)
            }
            Socket::Listening => {
                let path = stdin.with_extension("socket");
                let listener = UnixListener::bind(&path)
                    .with_context(|| format!("listen at {}", path.display()))?;
                // It waits in the listener's queue until the guest accepts it.
                let end = UnixStream::connect(&path)
                    .with_context(|| format!("connect to {}", path.display()))?;
                fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?;
                (listener.into(), end)
            }
        };
        let theirs = end.try_clone().context("keep the peer's socket")?;
        let thread = thread::spawn(move || {
            // The guest may leave at any time; that it does is for its case to judge.
            let _ = converse(input, &theirs);
            let _ = theirs.shutdown(Shutdown::Write);
        });
        Ok((guests, Peer { end, thread }))
    }

    /// Ends the conversation, wherever it is.
    pub fn end(self) {
        let _ = self.end.shutdown(Shutdown::Both);
        // A peer that panicked has nothing left to say.
        let _ = self.thread.join();
    }
}

fn converse(mut input: File, mut socket: &UnixStream) -> io::Result<()> {
    io::copy(&mut input, &mut socket)?;
    let mut received = socket;
    io::copy(&mut received, &mut socket)?;
    Ok(())
}
