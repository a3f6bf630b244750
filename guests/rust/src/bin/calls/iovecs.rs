//! Lists of buffers, as the calls that read and write take them.

use guests::block::Block;
use guests::text;

use crate::buffer::Buffer;
use crate::operands::Operands;
use crate::outcome::Stop;
use crate::world::World;

/// A list of iovecs and the buffers that they point to.
pub struct Iovecs {
    buffers: Vec<Buffer>,
    /// The list itself.
    pub list: Buffer,
    /// Where a call stores the number of bytes that it has read or written.
    pub result: Buffer,
}

impl Iovecs {
    fn take(blocks: Vec<Block>, operands: &mut Operands, world: &World) -> Result<Iovecs, Stop> {
        let elsewhere = operands.address("buffer", world)?;
        let mut buffers: Vec<Buffer> =
            blocks.into_iter().map(|block| Buffer::new(block, elsewhere)).collect();
        let pairs = buffers.iter_mut().flat_map(|buffer| [buffer.at() as u32, buffer.len() as u32]);
        let list = operands.buffer("iovs", Block::of_numbers(&pairs.collect::<Vec<_>>()), world)?;
        let result = operands.buffer("result", Block::new(4), world)?;
        operands.end()?;
        Ok(Iovecs { buffers, list, result })
    }

    /// One empty buffer for each remaining length.
    pub fn to_read(operands: &mut Operands, world: &World) -> Result<Iovecs, Stop> {
        let mut blocks = Vec::new();
        while !operands.is_at_end() {
            blocks.push(Block::new(operands.number("a length", world)? as usize));
        }
        Iovecs::take(blocks, operands, world)
    }

    /// One buffer for each remaining text.
    pub fn to_write(operands: &mut Operands, world: &World) -> Result<Iovecs, Stop> {
        let mut blocks = Vec::new();
        while !operands.is_at_end() {
            blocks.push(Block::holding(&operands.bytes("a text")?));
        }
        Iovecs::take(blocks, operands, world)
    }

    pub fn count(&self) -> i32 {
        self.buffers.len() as i32
    }

    /// What was read, and whether a byte after it was touched.
    pub fn show_read(&self) -> String {
        let count = self.result.block().u32(0);
        let all: Vec<u8> =
            self.buffers.iter().flat_map(|buffer| buffer.block().bytes()).copied().collect();
        let Some(read) = all.get(..count as usize) else {
            return format!("{count}: more than there is space for");
        };
        format!("{count} {}", text::show(read))
    }
}
