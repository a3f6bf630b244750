//! Calls that read, write and move the offset.

use model::{Call, Given};
use preview1::WHENCE;

use super::{Verb, counted, number, plain, shown};
use crate::operands::{Operands, Place, memory};
use crate::shown::Shown;
use crate::world::Stop;

pub const VERBS: &[(&str, Verb)] = &[
    ("fd_pread", |operands, place| {
        let fd = operands.fd(place)?;
        let offset = operands.number("the offset", place)?;
        let (room, to) = rooms(operands, place)?;
        let call = Call::FdPread { fd, room, offset, to };
        Ok(shown(call, |success| (counted(success.value), None)))
    }),
    ("fd_pwrite", |operands, place| {
        let fd = operands.fd(place)?;
        let offset = operands.number("the offset", place)?;
        let (data, to) = texts(operands, place)?;
        Ok(unnamed(number(Call::FdPwrite { fd, data, offset, to })))
    }),
    ("fd_read", |operands, place| {
        let fd = operands.fd(place)?;
        let (room, to) = rooms(operands, place)?;
        let call = Call::FdRead { fd, room, to };
        Ok(shown(call, |success| (counted(success.value), None)))
    }),
    ("fd_write", |operands, place| {
        let fd = operands.fd(place)?;
        let (data, to) = texts(operands, place)?;
        Ok(unnamed(number(Call::FdWrite { fd, data, to })))
    }),
    ("fd_seek", |operands, place| {
        let fd = operands.fd(place)?;
        let offset = operands.number("the delta", place)? as i64;
        let whence = operands.choice("whence", &WHENCE, place)?;
        let to = operands.memory("result", 8, 8, place)?;
        operands.end()?;
        Ok(number(Call::FdSeek { fd, offset, whence, to }))
    }),
    ("fd_tell", |operands, place| {
        let fd = operands.fd(place)?;
        let to = operands.memory("result", 8, 8, place)?;
        operands.end()?;
        Ok(number(Call::FdTell { fd, to }))
    }),
    ("sock_recv", |operands, place| {
        let fd = operands.fd(place)?;
        let flags = operands.flags_option("riflags", &preview1::RIFLAGS, 0, place)?;
        let roflags = operands.memory("flags", 2, 2, place)?;
        let (room, to) = rooms(operands, place)?;
        let call = Call::SockRecv { fd, room, flags, to: to.and(roflags) };
        Ok(shown(call, |success| (counted(success.value).and(" roflags=-"), None)))
    }),
    ("sock_send", |operands, place| {
        let fd = operands.fd(place)?;
        let flags = operands.flags_option("siflags", &preview1::SIFLAGS, 0, place)?;
        let (data, to) = texts(operands, place)?;
        Ok(unnamed(number(Call::SockSend { fd, data, flags, to })))
    }),
    ("sock_accept", |operands, place| {
        let fd = operands.fd(place)?;
        let flags = operands.optional_flags(&preview1::FDFLAGS, place)?;
        let to = operands.memory("result", 4, 4, place)?;
        operands.end()?;
        let call = Call::SockAccept { fd, flags, to };
        Ok(shown(call, |success| {
            let fd = super::exact(success.value) as u32;
            (Shown::default(), Some(crate::world::Value::Fd(fd)))
        }))
    }),
    ("sock_shutdown", |operands, place| {
        let fd = operands.fd(place)?;
        let how = operands.flags(&preview1::SDFLAGS, place)?;
        operands.end()?;
        Ok(plain(Call::SockShutdown { fd, how }))
    }),
];

/// The guest gives the number no name.
fn unnamed(made: super::Made) -> super::Made {
    let show = made.show;
    super::Made { show: Box::new(move |success| (show(success).0, None)), ..made }
}

/// A buffer for each remaining length, and the address of the result.
fn rooms(operands: &mut Operands, place: &Place) -> Result<(Given<u64>, Given<()>), Stop> {
    let mut lengths = Vec::new();
    while !operands.is_at_end() {
        lengths.push(operands.number("a length", place)? as usize);
    }
    let (buffers, to) = iovecs(&lengths, operands, place)?;
    Ok((buffers.map(|()| lengths.iter().sum::<usize>() as u64), to))
}

/// A buffer for each remaining text, and the address of the result.
fn texts(operands: &mut Operands, place: &Place) -> Result<(Given<Vec<u8>>, Given<()>), Stop> {
    let mut texts = Vec::new();
    while !operands.is_at_end() {
        texts.push(operands.bytes("a text")?);
    }
    let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
    let (buffers, to) = iovecs(&lengths, operands, place)?;
    Ok((buffers.map(|()| texts.concat()), to))
}

fn iovecs(
    lengths: &[usize],
    operands: &mut Operands,
    place: &Place,
) -> Result<(Given<()>, Given<()>), Stop> {
    let at = operands.address("buffer", place)?;
    let list = operands.memory("iovs", lengths.len() * preview1::IOVEC.size(), 4, place)?;
    let each = lengths.iter().map(|length| memory(at, *length, 1));
    let buffers = each.fold(list, |all, one| all.and(one));
    let to = operands.memory("result", 4, 4, place)?;
    operands.end()?;
    Ok((buffers, to))
}
