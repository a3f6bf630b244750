//! `random_get`.

use guests::block::Block;
use guests::imports as wasi;

use crate::operands::Operands;
use crate::outcome::{Outcome, check, usage};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[Verb {
    name: "random_get",
    form: "random_get LEN [versus=BYTES] [buffer=ADDRESS]",
    run: random_get,
}];

/// So many bytes in a row don't come out alike, or as they were, by chance.
const WINDOW: usize = 16;

/// Shows only what chance can't change: whether there is a stretch that was never written, whether
/// there is one of equal bytes, and whether the bytes are those of another call.
fn random_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let len = operands.number("the buffer's length", world)? as usize;
    let mut buffer = operands.buffer("buffer", Block::new(len), world)?;
    let versus = operands.value_option("versus", world)?;
    operands.end()?;
    let (at, len) = (buffer.at(), buffer.len());
    let before = buffer.block().bytes().to_vec();
    // SAFETY: the buffer has the length that the call is told.
    check(unsafe { wasi::random_get(at, len) })?;
    let bytes = buffer.block().bytes().to_vec();
    let mut seen = Vec::new();
    if bytes.chunks_exact(WINDOW).zip(before.chunks_exact(WINDOW)).any(|(new, old)| new == old) {
        seen.push("unwritten");
    } else if bytes.windows(WINDOW).any(|window| window.iter().all(|byte| *byte == window[0])) {
        seen.push("uniform");
    }
    match versus {
        None => {}
        Some(Value::Bytes(other)) => {
            seen.push(if other == bytes { "same" } else { "different" });
        }
        Some(_) => return Err(usage("bytes are compared with the bytes of another call".into())),
    }
    world.result = Some(Value::Bytes(bytes));
    Ok(seen.join(" "))
}
