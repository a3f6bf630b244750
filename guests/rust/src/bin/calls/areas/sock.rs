//! Calls on sockets.

use guests::block::Block;
use guests::imports as wasi;
use guests::names;
use preview1::{FDFLAGS, RIFLAGS, ROFLAGS, SDFLAGS, SIFLAGS};

use crate::iovecs::Iovecs;
use crate::operands::Operands;
use crate::outcome::{Outcome, check, nothing};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "sock_accept",
        form: "sock_accept FD [FDFLAGS] [result=ADDRESS]",
        run: sock_accept,
    },
    Verb {
        name: "sock_recv",
        form: "sock_recv FD LEN... [riflags=FLAGS] [buffer=ADDRESS] [iovs=ADDRESS] \
               [result=ADDRESS] [flags=ADDRESS]",
        run: sock_recv,
    },
    Verb {
        name: "sock_send",
        form: "sock_send FD TEXT... [siflags=FLAGS] [buffer=ADDRESS] [iovs=ADDRESS] \
               [result=ADDRESS]",
        run: sock_send,
    },
    Verb { name: "sock_shutdown", form: "sock_shutdown FD SDFLAGS", run: sock_shutdown },
];

fn sock_accept(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let flags = operands.optional_flags(&FDFLAGS, world)? as i32;
    let mut result = operands.buffer("result", Block::new(4), world)?;
    operands.end()?;
    // SAFETY: there is space for the descriptor that a runtime writes there.
    check(unsafe { wasi::sock_accept(fd, flags, result.at()) })?;
    world.result = Some(Value::Fd(result.block().u32(0) as i32));
    Ok(String::new())
}

/// Shows the received bytes, then the `roflags`.
fn sock_recv(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let flags = operands.flags_option("riflags", &RIFLAGS, 0, world)? as i32;
    let mut roflags = operands.buffer("flags", Block::new(2), world)?;
    let mut to = Iovecs::to_read(operands, world)?;
    let (list, result) = (to.list.at(), to.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths; there is space
    // for the length and the flags.
    check(unsafe { wasi::sock_recv(fd, list, to.count(), flags, result, roflags.at()) })?;
    let seen = names::show_flags(&ROFLAGS, roflags.block().u16(0).into());
    Ok(format!("{} roflags={seen}", to.show_read()))
}

fn sock_send(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let flags = operands.flags_option("siflags", &SIFLAGS, 0, world)? as i32;
    let mut from = Iovecs::to_write(operands, world)?;
    let (list, result) = (from.list.at(), from.result.at());
    // SAFETY: the list contains buffers that outlive the call, with their lengths.
    check(unsafe { wasi::sock_send(fd, list, from.count(), flags, result) })?;
    Ok(from.result.block().u32(0).to_string())
}

fn sock_shutdown(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let how = operands.flags(&SDFLAGS, world)? as i32;
    operands.end()?;
    // SAFETY: the call takes no address.
    nothing(unsafe { wasi::sock_shutdown(fd, how) })
}
