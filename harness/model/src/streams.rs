//! What is no file: the pipes of stdin, stdout and stderr, and sockets.

/// One end of a pipe, or a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub kind: StreamKind,
    /// Data that has arrived, and was not read. Whoever keeps the state adds to it.
    pub arrived: Vec<u8>,
    /// Whether nothing more will arrive.
    pub ended: bool,
    /// Data that the guest has written. Whoever keeps the state takes it out.
    pub written: Vec<u8>,
    /// Whether receiving was shut down.
    pub shut_rd: bool,
    /// Whether sending was shut down.
    pub shut_wr: bool,
    /// Of a listening socket: how many connections can be accepted.
    pub waiting: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamKind {
    /// A pipe to read from.
    Input,
    /// A pipe to write to, and somebody reads from it.
    Output,
    /// A connected stream socket.
    Socket,
    /// A stream socket that connections can be accepted from.
    Listener,
}

impl Stream {
    pub fn new(kind: StreamKind) -> Stream {
        Stream {
            kind,
            arrived: Vec::new(),
            ended: false,
            written: Vec::new(),
            shut_rd: false,
            shut_wr: false,
            waiting: 0,
        }
    }

    pub fn is_socket(&self) -> bool {
        matches!(self.kind, StreamKind::Socket | StreamKind::Listener)
    }

    /// Whether a read would return at once.
    pub fn is_readable(&self) -> bool {
        !self.arrived.is_empty() || self.ended || self.shut_rd || self.waiting > 0
    }

    pub fn is_writable(&self) -> bool {
        matches!(self.kind, StreamKind::Output | StreamKind::Socket)
    }

    pub fn filetype(&self) -> &'static str {
        if self.is_socket() { "socket_stream" } else { "unknown" }
    }
}
