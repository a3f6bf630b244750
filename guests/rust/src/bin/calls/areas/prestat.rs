//! Calls on preopens.

use guests::block::Block;
use guests::imports as wasi;
use guests::{names, text};
use preview1::PREOPENTYPE;

use crate::operands::Operands;
use crate::outcome::{Outcome, check};
use crate::verbs::Verb;
use crate::world::{PRESTAT_NAME_LEN, PRESTAT_SIZE, World};

pub const VERBS: &[Verb] = &[
    Verb {
        name: "fd_prestat_get",
        form: "fd_prestat_get FD [result=ADDRESS]",
        run: fd_prestat_get,
    },
    Verb {
        name: "fd_prestat_dir_name",
        form: "fd_prestat_dir_name FD LEN [buffer=ADDRESS]",
        run: fd_prestat_dir_name,
    },
];

fn fd_prestat_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut result = operands.buffer("result", Block::new(PRESTAT_SIZE), world)?;
    operands.end()?;
    // SAFETY: there is space for the `prestat` that a runtime writes there.
    check(unsafe { wasi::fd_prestat_get(fd, result.at()) })?;
    let block = result.block();
    let tag = names::show(&PREOPENTYPE, block.bytes()[0].into());
    Ok(format!("{tag} {}", block.u32(PRESTAT_NAME_LEN)))
}

fn fd_prestat_dir_name(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let len = operands.number("the buffer's length", world)? as usize;
    let mut buffer = operands.buffer("buffer", Block::new(len), world)?;
    operands.end()?;
    let (at, len) = (buffer.at(), buffer.len());
    // SAFETY: the buffer has the length that the call is told.
    check(unsafe { wasi::fd_prestat_dir_name(fd, at, len) })?;
    Ok(text::show(buffer.block().bytes()))
}
