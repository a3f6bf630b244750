//! The lists of strings that `args_get` and `environ_get` return.

use crate::block::Block;
use crate::{names, text};

/// The size of a pointer in a guest.
pub const POINTER_SIZE: usize = 4;

/// One of the two pairs of calls: one for the sizes, one for the list and its strings.
pub struct Calls {
    pub name: &'static str,
    pub sizes_get: unsafe extern "C" fn(i32, i32) -> i32,
    pub get: unsafe extern "C" fn(i32, i32) -> i32,
}

/// What the calls returned.
pub struct Strings {
    /// Pointers into `buffer`.
    list: Block,
    buffer: Block,
    at: i32,
}

impl Calls {
    /// What `look` shows of the strings, or the line that says what failed.
    pub fn look(
        &self,
        look: impl Fn(&Strings) -> Result<String, String>,
    ) -> Result<String, String> {
        look(&self.make()?)
    }

    /// The strings, or the line that says what failed.
    pub fn make(&self) -> Result<Strings, String> {
        let (mut count, mut size) = (Block::new(4), Block::new(4));
        // SAFETY: there is space for the two 32-bit numbers that are written there.
        let errno = unsafe { (self.sizes_get)(count.at(), size.at()) };
        if errno != 0 {
            return Err(format!("{}_sizes_get -> {}", self.name, names::errno(errno)));
        }
        let mut list = Block::new(count.u32(0) as usize * POINTER_SIZE);
        let mut buffer = Block::new(size.u32(0) as usize);
        let (list_at, at) = (list.at(), buffer.at());
        // SAFETY: the blocks have the sizes that the runtime requested.
        let errno = unsafe { (self.get)(list_at, at) };
        if errno != 0 {
            return Err(format!("{}_get -> {}", self.name, names::errno(errno)));
        }
        if !list.intact() || !buffer.intact() {
            return Err(format!("{}_get -> success overrun", self.name));
        }
        Ok(Strings { list, buffer, at })
    }
}

impl Strings {
    /// The strings without their terminators, or what is wrong with them.
    pub fn split(&self) -> Result<Vec<&[u8]>, String> {
        split(&self.list, &self.buffer, self.at)
    }

    /// The number of bytes that belong neither to the strings nor to their terminators.
    pub fn spare(&self) -> Result<usize, String> {
        let used: usize = self.split()?.iter().map(|string| string.len() + 1).sum();
        self.buffer.len().checked_sub(used).ok_or_else(|| "strings overlap".into())
    }

    /// Whether each string starts where the previous one ends, from the start of the buffer on.
    pub fn is_packed(&self) -> Result<bool, String> {
        let mut next = self.at as u32;
        for (index, string) in self.split()?.iter().enumerate() {
            if self.list.u32(index * POINTER_SIZE) != next {
                return Ok(false);
            }
            next += string.len() as u32 + 1;
        }
        Ok(true)
    }
}

/// The strings that a list of pointers into a buffer at `at` refers to, or what is wrong with it:
/// each string must start, and end with its terminator, inside the buffer.
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

/// Each string in quotes.
pub fn show(strings: &[&[u8]]) -> String {
    match strings {
        [] => "nothing".into(),
        some => some.iter().map(|string| text::quote(string)).collect::<Vec<_>>().join(" "),
    }
}

/// All strings with their terminators as one text, shown only by its length and checksum.
pub fn join(strings: &[&[u8]]) -> String {
    let mut joined = Vec::new();
    for string in strings {
        joined.extend_from_slice(string);
        joined.push(0);
    }
    text::sum_up(&joined)
}
