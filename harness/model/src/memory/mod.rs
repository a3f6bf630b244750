//! Between a guest's linear memory and the model: [`decode`] reads a call from it, and [`encode`] writes
//! what the call gives.

mod decode;
mod encode;

pub use decode::decode;
pub use encode::encode;

use preview1::IOVEC;

use crate::call::{Fault, Given};

/// Linear memory, to read.
struct View<'m>(&'m [u8]);

impl View<'_> {
    /// Whether something of this size can be at an address. Of nothing, the address may be any that is
    /// aligned.
    fn check(&self, address: u64, size: u64, align: u64) -> Given<()> {
        if !address.is_multiple_of(align) {
            return Err(Fault::Misaligned);
        }
        if size > 0 && address + size > self.0.len() as u64 {
            return Err(Fault::Outside);
        }
        Ok(())
    }

    fn bytes(&self, address: u64, size: u64) -> Given<&[u8]> {
        self.check(address, size, 1)?;
        Ok(if size == 0 { &[] } else { &self.0[address as usize..(address + size) as usize] })
    }

    /// A number of up to eight bytes, at an address that was checked.
    fn number(&self, address: u64, size: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&self.0[address as usize..address as usize + size]);
        u64::from_le_bytes(bytes)
    }

    /// The addresses and lengths of a list of buffers.
    fn buffers(&self, list: u64, count: u64) -> Given<Vec<(u64, u64)>> {
        let size = IOVEC.size() as u64;
        self.check(list, count * size, 4)?;
        let buffer = |i| {
            let at = list + i * size;
            let field = |name| self.number(at + IOVEC.offset(name) as u64, 4);
            (field("buf"), field("buf_len"))
        };
        let buffers: Vec<_> = (0..count).map(buffer).collect();
        for (address, length) in &buffers {
            self.check(*address, *length, 1)?;
        }
        Ok(buffers)
    }
}
