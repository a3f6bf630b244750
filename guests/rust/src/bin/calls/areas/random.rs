//! `random_get`.

use guests::block::Block;
use guests::imports as wasi;

use crate::buffer::Buffer;
use crate::operands::Operands;
use crate::outcome::{Outcome, Stop, check, usage};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[Verb {
    name: "random_get",
    form: "random_get LEN [versus=BYTES] [buffer=ADDRESS]",
    run: random_get,
}];

/// This many bytes in a row are not equal, or unchanged, by chance.
const WINDOW: usize = 16;
/// A byte keeps its value in one of 256 calls, but not in this many calls in a row.
const MOST_CALLS: usize = 16;
/// Searching more bytes than this for repetitions would take some runtimes too long.
const MOST_COMPARED: usize = 65_537;
/// If there are more bytes than this, only some of them are examined.
const MOST_LOOKED_AT: usize = 1 << 20;
/// The size of a page, of which the bytes at the start are then examined.
const PAGE: usize = 4096;

/// Shows only what does not depend on chance: whether a byte is never written, whether a stretch
/// has only equal bytes or occurs twice, and whether the bytes are those of another call.
fn random_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let len = operands.number("the buffer's length", world)? as usize;
    let mut buffer = operands.buffer("buffer", Block::new(len), world)?;
    let versus = operands.value_option("versus", world)?;
    operands.end()?;
    let (at, len) = (buffer.at(), buffer.len());
    let before = looked_at(&buffer);
    // SAFETY: the buffer has the length that the call is told.
    check(unsafe { wasi::random_get(at, len) })?;
    let bytes = looked_at(&buffer);
    let mut seen = Vec::new();
    if bytes.chunks_exact(WINDOW).zip(before.chunks_exact(WINDOW)).any(|(new, old)| new == old)
        || never_written(&mut buffer, &before, &bytes)?
    {
        seen.push("unwritten");
    } else if bytes.chunks_exact(WINDOW).any(|chunk| chunk.iter().all(|byte| *byte == chunk[0])) {
        seen.push("uniform");
    } else if repeats(&bytes) {
        seen.push("repeated");
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

/// The bytes of a buffer; for a large one, some of each page and all of the end.
fn looked_at(buffer: &Buffer) -> Vec<u8> {
    let bytes = buffer.block().bytes();
    if bytes.len() <= MOST_LOOKED_AT {
        return bytes.to_vec();
    }
    let (pages, end) = bytes.split_at(bytes.len() - PAGE);
    let starts = pages.chunks(PAGE).flat_map(|page| &page[..page.len().min(WINDOW)]);
    starts.chain(end).copied().collect()
}

/// Whether some byte stays unchanged, however often the call is made.
fn never_written(buffer: &mut Buffer, before: &[u8], after: &[u8]) -> Result<bool, Stop> {
    let mut left: Vec<usize> = (0..before.len()).filter(|i| before[*i] == after[*i]).collect();
    for _ in 1..MOST_CALLS {
        if left.is_empty() {
            break;
        }
        let (at, len) = (buffer.at(), buffer.len());
        // SAFETY: the buffer has the length that the call is told.
        check(unsafe { wasi::random_get(at, len) })?;
        let now = looked_at(buffer);
        left.retain(|i| before[*i] == now[*i]);
    }
    Ok(!left.is_empty())
}

/// Whether two of the sequences that the bytes consist of are equal.
fn repeats(bytes: &[u8]) -> bool {
    let compared = &bytes[..bytes.len().min(MOST_COMPARED)];
    let mut stretches: Vec<&[u8]> = compared.chunks_exact(WINDOW).collect();
    stretches.sort_unstable();
    stretches.windows(2).any(|pair| pair[0] == pair[1])
}
