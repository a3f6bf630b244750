//! The lists of strings that `args_get` and `environ_get` give.

use crate::block::Block;

/// In a guest.
pub const POINTER_SIZE: usize = 4;

/// The strings that a list of pointers into a buffer at `at` stands for; or what is wrong with it:
/// each must start and end with its terminator inside the buffer.
pub fn split<'a>(list: &Block, buffer: &'a Block, at: i32) -> Result<Vec<&'a [u8]>, String> {
    (0..list.len() / POINTER_SIZE)
        .map(|index| {
            let pointer = list.u32(index * POINTER_SIZE);
            let start = pointer.wrapping_sub(at as u32) as usize;
            let rest = buffer.bytes().get(start..);
            let rest = rest.ok_or_else(|| format!("pointer {index} is outside the buffer"))?;
            let end = rest.iter().position(|byte| *byte == 0);
            Ok(&rest[..end.ok_or_else(|| format!("string {index} doesn't end in the buffer"))?])
        })
        .collect()
}
