//! Calls that read, write and move the offset.

use guests::block::Block;
use guests::imports as wasi;
use preview1::WHENCE;

use crate::buffer::Buffer;
use crate::iovecs::Iovecs;
use crate::operands::Operands;
use crate::outcome::{Outcome, check};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "fd_pread",
        form: "fd_pread FD OFFSET LEN... [buffer=ADDRESS] [iovs=ADDRESS] [result=ADDRESS]",
        run: fd_pread,
    },
    Verb {
        name: "fd_pwrite",
        form: "fd_pwrite FD OFFSET TEXT... [buffer=ADDRESS] [iovs=ADDRESS] [result=ADDRESS]",
        run: fd_pwrite,
    },
    Verb {
        name: "fd_read",
        form: "fd_read FD LEN... [buffer=ADDRESS] [iovs=ADDRESS] [result=ADDRESS]",
        run: fd_read,
    },
    Verb {
        name: "fd_write",
        form: "fd_write FD TEXT... [buffer=ADDRESS] [iovs=ADDRESS] [result=ADDRESS]",
        run: fd_write,
    },
    Verb { name: "fd_seek", form: "fd_seek FD DELTA set|cur|end [result=ADDRESS]", run: fd_seek },
    Verb { name: "fd_tell", form: "fd_tell FD [result=ADDRESS]", run: fd_tell },
];

fn fd_pread(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let offset = operands.number("the offset", world)? as i64;
    let mut to = Iovecs::to_read(operands, world)?;
    let (list, result) = (to.list.at(), to.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths.
    check(unsafe { wasi::fd_pread(fd, list, to.count(), offset, result) })?;
    Ok(to.show_read())
}

fn fd_pwrite(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let offset = operands.number("the offset", world)? as i64;
    let mut from = Iovecs::to_write(operands, world)?;
    let (list, result) = (from.list.at(), from.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths.
    check(unsafe { wasi::fd_pwrite(fd, list, from.count(), offset, result) })?;
    Ok(from.result.block().u32(0).to_string())
}

fn fd_read(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut to = Iovecs::to_read(operands, world)?;
    let (list, result) = (to.list.at(), to.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths.
    check(unsafe { wasi::fd_read(fd, list, to.count(), result) })?;
    Ok(to.show_read())
}

fn fd_write(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut from = Iovecs::to_write(operands, world)?;
    let (list, result) = (from.list.at(), from.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths.
    check(unsafe { wasi::fd_write(fd, list, from.count(), result) })?;
    Ok(from.result.block().u32(0).to_string())
}

fn fd_seek(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let delta = operands.number("the delta", world)? as i64;
    let whence = operands.choice("whence", &WHENCE, world)?;
    let mut result = operands.buffer("result", Block::new(8), world)?;
    operands.end()?;
    // SAFETY: there is space for the 64-bit number that a runtime writes there.
    check(unsafe { wasi::fd_seek(fd, delta, whence, result.at()) })?;
    Ok(show_offset(&result, world))
}

fn fd_tell(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut result = operands.buffer("result", Block::new(8), world)?;
    operands.end()?;
    // SAFETY: there is space for the 64-bit number that a runtime writes there.
    check(unsafe { wasi::fd_tell(fd, result.at()) })?;
    Ok(show_offset(&result, world))
}

fn show_offset(result: &Buffer, world: &mut World) -> String {
    let offset = result.block().u64(0);
    world.result = Some(Value::Number(offset));
    offset.to_string()
}
