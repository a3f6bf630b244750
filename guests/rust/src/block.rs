//! Memory that is passed to a runtime, with guards before and after it, which show if a runtime
//! writes outside the memory that it was given.

use std::sync::atomic::{AtomicBool, Ordering};

/// In eight-byte words, so that blocks are aligned for every type of the interface.
const GUARD_WORDS: usize = 4;
const GUARD: usize = GUARD_WORDS * 8;
const GUARD_BYTE: u8 = 0xA5;
const GUARD_WORD: u64 = u64::from_ne_bytes([GUARD_BYTE; 8]);

static OVERRUN: AtomicBool = AtomicBool::new(false);

/// Whether a guard of a block dropped since the last call was touched.
pub fn overrun() -> bool {
    OVERRUN.swap(false, Ordering::Relaxed)
}

/// Bytes between two guards.
pub struct Block {
    words: Vec<u64>,
    len: usize,
}

impl Block {
    /// Filled with the guard byte, so that bytes that were not written can be recognized.
    pub fn new(len: usize) -> Block {
        Block { words: vec![GUARD_WORD; len.div_ceil(8) + 2 * GUARD_WORDS], len }
    }

    pub fn holding(bytes: &[u8]) -> Block {
        let mut block = Block::new(bytes.len());
        block.bytes_mut().copy_from_slice(bytes);
        block
    }

    /// An array of little-endian 32-bit numbers, such as pointers and lengths.
    pub fn of_numbers(numbers: &[u32]) -> Block {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        Block::holding(&bytes)
    }

    /// The address to pass to a runtime.
    pub fn at(&mut self) -> i32 {
        self.bytes_mut().as_mut_ptr() as usize as i32
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn bytes(&self) -> &[u8] {
        &self.whole()[GUARD..GUARD + self.len]
    }

    pub fn u16(&self, offset: usize) -> u16 {
        u16::from_le_bytes(self.array(offset))
    }

    pub fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(self.array(offset))
    }

    pub fn u64(&self, offset: usize) -> u64 {
        u64::from_le_bytes(self.array(offset))
    }

    /// Whether everything around the bytes is unchanged.
    pub fn intact(&self) -> bool {
        let (before, rest) = self.whole().split_at(GUARD);
        before.iter().chain(&rest[self.len..]).all(|byte| *byte == GUARD_BYTE)
    }

    fn array<const N: usize>(&self, offset: usize) -> [u8; N] {
        let mut array = [0; N];
        array.copy_from_slice(&self.bytes()[offset..offset + N]);
        array
    }

    fn whole(&self) -> &[u8] {
        // SAFETY: every byte of an initialized word is an initialized byte.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast(), self.words.len() * 8) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.words.len() * 8;
        // SAFETY: as in `whole`, and any byte may be written to a word.
        let whole = unsafe { std::slice::from_raw_parts_mut(self.words.as_mut_ptr().cast(), len) };
        &mut whole[GUARD..GUARD + self.len]
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if !self.intact() {
            OVERRUN.store(true, Ordering::Relaxed);
        }
    }
}
