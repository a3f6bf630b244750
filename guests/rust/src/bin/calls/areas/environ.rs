//! Calls on the environment. (Arguments have their own guest: those of this one are statements.)

use guests::block::Block;
use guests::imports as wasi;
use guests::strings;

use crate::operands::Operands;
use crate::outcome::{Outcome, Stop, check};
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "environ_sizes_get",
        form: "environ_sizes_get [count=ADDRESS] [size=ADDRESS]",
        run: environ_sizes_get,
    },
    Verb {
        name: "environ_get",
        form: "environ_get [list=ADDRESS] [buffer=ADDRESS]",
        run: environ_get,
    },
];

fn environ_sizes_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let mut count = operands.buffer("count", Block::new(4), world)?;
    let mut size = operands.buffer("size", Block::new(4), world)?;
    operands.end()?;
    // SAFETY: there is space for the two 32-bit numbers that a runtime writes there.
    check(unsafe { wasi::environ_sizes_get(count.at(), size.at()) })?;
    Ok(format!("count={} size={}", count.block().u32(0), size.block().u32(0)))
}

fn environ_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let (mut count, mut size) = (Block::new(4), Block::new(4));
    // SAFETY: there is space for the two 32-bit numbers that a runtime writes there.
    check(unsafe { wasi::environ_sizes_get(count.at(), size.at()) })?;
    let list = Block::new(count.u32(0) as usize * strings::POINTER_SIZE);
    let mut list = operands.buffer("list", list, world)?;
    let mut buffer = operands.buffer("buffer", Block::new(size.u32(0) as usize), world)?;
    operands.end()?;
    let (list_at, at) = (list.at(), buffer.at());
    // SAFETY: the blocks have the sizes that the runtime requested.
    check(unsafe { wasi::environ_get(list_at, at) })?;
    let strings = strings::split(list.block(), buffer.block(), at).map_err(Stop::Seen)?;
    Ok(strings::show(&strings))
}
