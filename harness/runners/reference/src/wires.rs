//! Moves data between the streams of the model and those of the process.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};

use anyhow::{Context, Result};
use model::{Object, State, Stream, StreamKind};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, ppoll};
use nix::sys::time::TimeSpec;

/// The host's ends, by the places of their streams.
pub struct Wires {
    ends: BTreeMap<usize, End>,
}

enum End {
    Input(File),
    Output(File),
    Socket(UnixStream),
    Listener { listener: UnixListener, accepted: Vec<UnixStream> },
}

impl End {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            End::Input(file) | End::Output(file) => file.as_fd(),
            End::Socket(stream) => stream.as_fd(),
            End::Listener { listener, .. } => listener.as_fd(),
        }
    }
}

impl Wires {
    pub fn connect(stdin: StreamKind) -> Result<Wires> {
        let fd = own(io::stdin())?;
        let input = match stdin {
            StreamKind::Socket => {
                let stream = UnixStream::from(fd);
                stream.set_nonblocking(true).context("make stdin non-blocking")?;
                End::Socket(stream)
            }
            StreamKind::Listener => {
                let listener = UnixListener::from(fd);
                listener.set_nonblocking(true).context("make stdin non-blocking")?;
                End::Listener { listener, accepted: Vec::new() }
            }
            _ => End::Input(fd.into()),
        };
        let stdout = End::Output(own(io::stdout())?.into());
        let stderr = End::Output(own(io::stderr())?.into());
        Ok(Wires { ends: BTreeMap::from([(0, input), (1, stdout), (2, stderr)]) })
    }

    /// Takes in all that has arrived.
    pub fn receive(&mut self, state: &mut State) -> Result<()> {
        for (place, end) in &mut self.ends {
            let stream = &mut state.streams[*place];
            while !stream.ended && receive_once(end, stream)? {}
        }
        Ok(())
    }

    /// Passes on all that was written, and looks after sockets that are new, shut down or closed.
    pub fn send(&mut self, state: &mut State) -> Result<()> {
        for place in 0..state.streams.len() {
            if !self.ends.contains_key(&place) {
                self.adopt(place);
            }
            let written = std::mem::take(&mut state.streams[place].written);
            if !written.is_empty() {
                self.send_all(place, &written, state)?;
            }
            if let Some(End::Socket(socket)) = self.ends.get(&place)
                && state.streams[place].shut_wr
            {
                // The peer may have gone.
                let _ = socket.shutdown(Shutdown::Write);
            }
        }
        let is_open = |place: &usize| {
            let object = Object::Stream(*place);
            *place < 3 || state.descriptors.values().any(|d| d.object == object)
        };
        for place in self.ends.keys().copied().filter(|place| !is_open(place)).collect::<Vec<_>>() {
            if let Some(End::Socket(socket)) = self.ends.get(&place) {
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
        Ok(())
    }

    /// The model has accepted a connection.
    fn adopt(&mut self, place: usize) {
        for end in self.ends.values_mut() {
            if let End::Listener { accepted, .. } = end
                && !accepted.is_empty()
            {
                let socket = accepted.remove(0);
                self.ends.insert(place, End::Socket(socket));
                return;
            }
        }
    }

    fn send_all(&mut self, place: usize, mut data: &[u8], state: &mut State) -> Result<()> {
        while !data.is_empty() {
            let sent = match self.ends.get_mut(&place) {
                Some(End::Output(file)) => file.write(data),
                Some(End::Socket(socket)) => socket.write(data),
                _ => return Ok(()),
            };
            match sent {
                Ok(count) => data = &data[count..],
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                // The peer may wait for us to take what it sends.
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    self.receive(state)?;
                    std::thread::yield_now();
                }
                // Nobody reads any more, and the model has no rule for that.
                Err(_) => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits until something arrives, at most so many nanoseconds.
    pub fn wait(&self, state: &State, limit: Option<u64>) -> Result<()> {
        let inputs = self
            .ends
            .iter()
            .filter(|(place, end)| !matches!(end, End::Output(_)) && !state.streams[**place].ended);
        let mut fds: Vec<_> =
            inputs.map(|(_, end)| PollFd::new(end.as_fd(), PollFlags::POLLIN)).collect();
        let limit = limit.map(|nanoseconds| {
            let seconds = (nanoseconds / 1_000_000_000).min(86_400);
            TimeSpec::new(seconds as i64, (nanoseconds % 1_000_000_000) as i64)
        });
        match ppoll(&mut fds, limit, None) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(e) => Err(e).context("wait"),
        }
    }
}

fn own(stream: impl AsFd) -> Result<OwnedFd> {
    stream.as_fd().try_clone_to_owned().context("take a standard stream")
}

/// Takes in some of what has arrived. False if there is nothing more.
fn receive_once(end: &mut End, stream: &mut Stream) -> Result<bool> {
    let mut buffer = [0; 1 << 16];
    let read = match end {
        End::Output(_) => return Ok(false),
        End::Input(file) => {
            let mut fds = [PollFd::new(file.as_fd(), PollFlags::POLLIN)];
            if nix::poll::poll(&mut fds, PollTimeout::ZERO).unwrap_or(0) == 0 {
                return Ok(false);
            }
            file.read(&mut buffer)
        }
        End::Socket(socket) => socket.read(&mut buffer),
        End::Listener { listener, accepted } => match listener.accept() {
            Ok((socket, _)) => {
                socket.set_nonblocking(true).context("make a socket non-blocking")?;
                accepted.push(socket);
                stream.waiting += 1;
                return Ok(true);
            }
            Err(_) => return Ok(false),
        },
    };
    match read {
        Ok(0) => stream.ended = true,
        Ok(count) => stream.arrived.extend(&buffer[..count]),
        Err(e) if e.kind() == ErrorKind::Interrupted => {}
        Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
        // A connection that broke has ended.
        Err(_) => stream.ended = true,
    }
    Ok(true)
}
