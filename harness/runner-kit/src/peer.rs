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

/// Sends the contents of a named pipe, then echoes what it receives until the end of the stream.
pub struct Peer {
    end: UnixStream,
    thread: JoinHandle<()>,
}

impl Peer {
    /// Starts a peer, and returns the guest's socket.
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
            // The guest may close its end at any time: the case judges that.
            let _ = converse(input, &theirs);
            let _ = theirs.shutdown(Shutdown::Write);
        });
        Ok((guests, Peer { end, thread }))
    }

    /// Ends the conversation, wherever it is.
    pub fn end(self) {
        let _ = self.end.shutdown(Shutdown::Both);
        // A panic of the peer has no effect on the runner.
        let _ = self.thread.join();
    }
}

fn converse(mut input: File, mut socket: &UnixStream) -> io::Result<()> {
    io::copy(&mut input, &mut socket)?;
    let mut received = socket;
    io::copy(&mut received, &mut socket)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::time::Duration;

    use super::*;

    /// The guest's end of a conversation in which the peer first says `text`.
    fn start(socket: Socket, text: &str) -> (UnixStream, Peer, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        let stdin = directory.path().join("stdin");
        fs::write(&stdin, text).unwrap();
        let (fd, peer) = Peer::start(socket, &stdin).unwrap();
        let guest = match socket {
            Socket::Connected => UnixStream::from(fd),
            Socket::Listening => UnixListener::from(fd).accept().unwrap().0,
        };
        guest.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        (guest, peer, directory)
    }

    #[test]
    fn the_peer_sends_its_text_and_then_what_it_receives() {
        for socket in [Socket::Connected, Socket::Listening] {
            let (mut guest, peer, _directory) = start(socket, "hello");
            guest.write_all(b" and goodbye").unwrap();
            guest.shutdown(Shutdown::Write).unwrap();
            let mut received = String::new();
            guest.read_to_string(&mut received).unwrap();
            assert_eq!(received, "hello and goodbye");
            peer.end();
        }
    }

    #[test]
    fn a_listening_socket_leaves_no_file() {
        let (_guest, peer, directory) = start(Socket::Listening, "");
        let names: Vec<_> = fs::read_dir(directory.path()).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "{names:?}");
        peer.end();
    }

    #[test]
    fn a_peer_ends_while_the_guest_still_holds_its_socket() {
        let (mut guest, peer, _directory) = start(Socket::Connected, "");
        peer.end();
        assert_eq!(guest.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn a_peer_ends_although_the_guest_reads_nothing() {
        // More than the socket holds, so the peer is still sending.
        let (_guest, peer, _directory) = start(Socket::Connected, &"x".repeat(4 << 20));
        peer.end();
    }

    #[test]
    fn a_missing_text_is_an_error_that_names_its_file() {
        let error = Peer::start(Socket::Connected, Path::new("/nowhere")).err().unwrap();
        assert_eq!(error.to_string(), "open /nowhere");
    }
}
