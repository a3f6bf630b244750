//! `sock_accept`, `sock_recv`, `sock_send`, `sock_shutdown`.

use preview1::{FDFLAGS, RIFLAGS, SDFLAGS};

use crate::branch::{Branch, Branches, Number, Outcome, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::*;
use crate::flags::*;
use crate::state::{Descriptor, Object};
use crate::streams::{Stream, StreamKind};

impl<'s> Branches<'s> {
    /// A socket and its place among the streams.
    fn socket(
        &mut self,
        fd: Fd,
        right: u64,
        [badf, notsock]: [Rule; 2],
    ) -> Option<(&'s Descriptor, usize, &'s Stream)> {
        let descriptor = self.open(fd, badf)?;
        match self.state.stream(descriptor) {
            Some((place, stream)) if stream.is_socket() => {
                self.fail_if(!descriptor.has(right), &[NOTCAPABLE], notsock);
                Some((descriptor, place, stream))
            }
            _ => {
                self.fail(&[NOTSOCK], notsock);
                // The host chooses the rights of standard streams, and leaves out what does not apply.
                let is_file = match descriptor.object {
                    Object::Inode(ino) => self.state.files.get(ino).is_file(),
                    Object::Stream(_) => false,
                };
                let must_have = is_file && right & (SOCK_ACCEPT | SOCK_SHUTDOWN) == 0;
                self.fail_if(!must_have || !descriptor.has(right), &[NOTCAPABLE], notsock);
                None
            }
        }
    }
}

pub fn sock_accept(mut may: Branches, fd: Fd, flags: u64, to: Given<()>) -> Vec<Branch> {
    // It has a rule of its own.
    if to.is_err() {
        may.needs(to);
    }
    let rules = ["sock_accept.badf", "sock_accept.notsock"];
    let Some((descriptor, place, stream)) = may.socket(fd, SOCK_ACCEPT, rules) else {
        return may.done();
    };
    may.fail_if(flags & !FDFLAGS.all() != 0, &[INVAL], "path_open.unknown_fdflags");
    if stream.kind != StreamKind::Listener {
        may.fail(&[INVAL], "sock_accept.not_listening");
        return may.done();
    }
    if stream.waiting == 0 {
        if descriptor.flags & NONBLOCK != 0 {
            may.fail(&[AGAIN], "sock_accept.nonblock");
            return may.done();
        }
        return may.outcome(&["sock_accept.connection"], Outcome::Waits);
    }
    let new = may.state.unused();
    let rules =
        ["sock_accept.connection", "sock_accept.nonblock_listener", "path_open.new_descriptor"];
    may.change(&rules, Value::Number(Number::Unused(new)), |next| {
        next.streams[place].waiting -= 1;
        next.streams.push(Stream::new(StreamKind::Socket));
        let object = Object::Stream(next.streams.len() - 1);
        let mut descriptor = Descriptor::new(object, stdio_rights(true, true, true), 0);
        descriptor.flags = flags;
        next.descriptors.insert(new, descriptor);
    })
}

pub fn sock_recv(
    mut may: Branches,
    fd: Fd,
    room: Given<u64>,
    flags: u64,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let room = may.needs(room);
    let peeks = flags & RECV_PEEK != 0;
    let notsock = if peeks { "sock_recv.peek_notsock" } else { "sock_recv.notsock" };
    let Some((descriptor, place, stream)) = may.socket(fd, FD_READ, ["sock_recv.badf", notsock])
    else {
        return may.done();
    };
    may.fail_if(flags & !RIFLAGS.all() != 0, &[INVAL], "sock_recv.unknown_riflags");
    let Some(room) = room else { return may.done() };
    let waits_for = if flags & RECV_WAITALL != 0 { room } else { room.min(1) };
    let is_over = stream.ended || stream.shut_rd;
    if (stream.arrived.len() as u64) < waits_for && !is_over && !may.refused() {
        if descriptor.flags & NONBLOCK != 0 && stream.arrived.is_empty() {
            may.fail(&[AGAIN], "sock_accept.nonblock");
            return may.done();
        }
        if descriptor.flags & NONBLOCK == 0 {
            return may.outcome(&["sock_recv.waitall"], Outcome::Waits);
        }
    }
    let taken = if stream.shut_rd { 0 } else { stream.arrived.len().min(room as usize) };
    let bytes = stream.arrived[..taken].to_vec();
    let amount = match taken {
        0 if stream.shut_rd => "sock_shutdown.rd",
        0 => "sock_recv.end",
        _ if peeks => "sock_recv.peek",
        _ => "sock_recv.bytes",
    };
    let rules = [amount, "sock_recv.iovecs", "sock_recv.roflags", "sock_recv.fd_read"];
    may.change(&rules, Value::Counted(bytes), |next| {
        if !peeks {
            next.streams[place].arrived.drain(..taken);
        }
    })
}

pub fn sock_send(
    mut may: Branches,
    fd: Fd,
    data: &Given<Vec<u8>>,
    flags: u64,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let data = may.needs(data.as_ref().map_err(|fault| *fault));
    let rules = ["sock_send.badf", "sock_send.notsock"];
    let Some((_, place, stream)) = may.socket(fd, FD_WRITE, rules) else { return may.done() };
    may.fail_if(flags != 0, &[INVAL], "sock_send.siflags");
    let is_over = stream.shut_wr || stream.kind != StreamKind::Socket;
    may.fail_if(is_over, &[PIPE], "sock_send.after_shutdown");
    let Some(data) = data else { return may.done() };
    let rules = ["sock_send.bytes", "sock_send.iovecs", "sock_send.nothing"];
    let value = Value::Number(Number::Exactly(data.len() as u64));
    may.change(&rules, value, |next| next.streams[place].written.extend(data))
}

pub fn sock_shutdown(mut may: Branches, fd: Fd, how: u64) -> Vec<Branch> {
    let rules = ["sock_shutdown.badf", "sock_shutdown.notsock"];
    let socket = may.socket(fd, SOCK_SHUTDOWN, rules);
    if may.state.descriptors.contains_key(&fd) {
        may.fail_if(how == 0, &[INVAL], "sock_shutdown.nothing");
        let unknown = how & !SDFLAGS.all() != 0;
        may.fail_if(unknown, &[INVAL, NOTSUP], "sock_shutdown.unknown_bits");
    }
    let Some((_, place, _)) = socket else { return may.done() };
    let which: Rule = match (how & RD != 0, how & WR != 0) {
        (true, true) => "sock_shutdown.both",
        (true, false) => "sock_shutdown.rd",
        _ => "sock_shutdown.wr",
    };
    may.change(&[which, "sock_shutdown.again"], Value::Nothing, |next| {
        let stream = &mut next.streams[place];
        stream.shut_rd |= how & RD != 0;
        stream.shut_wr |= how & WR != 0;
    })
}
