//! Memory for a call: a block of our own, or an address that the statement gives in its place.

use guests::block::Block;

pub struct Buffer {
    block: Block,
    elsewhere: Option<i32>,
}

impl Buffer {
    pub fn new(block: Block, elsewhere: Option<i32>) -> Buffer {
        Buffer { block, elsewhere }
    }

    /// The address to pass to a runtime.
    pub fn at(&mut self) -> i32 {
        self.elsewhere.unwrap_or_else(|| self.block.at())
    }

    pub fn len(&self) -> i32 {
        self.block.len() as i32
    }

    pub fn block(&self) -> &Block {
        &self.block
    }

    /// As many bytes of the block as a call reports to have written.
    pub fn start(&self, len: u32) -> &[u8] {
        &self.block.bytes()[..self.block.len().min(len as usize)]
    }
}
