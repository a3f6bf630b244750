//! The arena as the guest had it, from a program and what the guest gave back.

use preview1::{CoreType, FUNCTIONS};

use crate::machine::{ARENA, Arg, FILL, Op, Patch, UNOPENED};

/// The arena and the slots of one program, of which some calls were made.
///
/// Addresses in it are offsets in the arena. What was outside the guest's memory is outside the arena.
pub struct Image {
    pub memory: Vec<u8>,
    /// The numbers that are known.
    slots: Vec<u32>,
}

impl Default for Image {
    fn default() -> Image {
        Image { memory: vec![0; ARENA as usize], slots: Vec::new() }
    }
}

impl Image {
    /// To begin with a program.
    pub fn start(&mut self, preopen: u32) {
        self.slots.clear();
        self.slots.push(preopen);
    }

    pub fn slot(&self, slot: u8) -> u32 {
        self.slots.get(usize::from(slot)).copied().unwrap_or(UNOPENED)
    }

    /// Does all that comes before the call, and gives the arguments.
    pub fn prepare(&mut self, op: &Op) -> Vec<u64> {
        for (offset, length) in &op.dump {
            self.memory[*offset as usize..(offset + length) as usize].fill(FILL);
        }
        for patch in &op.patches {
            match patch {
                Patch::Bytes(offset, bytes) => self.put(*offset, bytes),
                Patch::Slot(offset, slot) => self.put(*offset, &self.slot(*slot).to_le_bytes()),
                Patch::Address(offset, to) => self.put(*offset, &to.to_le_bytes()),
            }
        }
        let types = FUNCTIONS[usize::from(op.function)].core_params();
        let args = op.args.iter().zip(types).map(|(arg, ty)| {
            let value = match *arg {
                Arg::Number(number) => number,
                Arg::Address(offset) => offset.into(),
                Arg::Slot(slot) => self.slot(slot).into(),
            };
            if ty == CoreType::I32 { value & u64::from(u32::MAX) } else { value }
        });
        args.collect()
    }

    fn put(&mut self, offset: u32, bytes: &[u8]) {
        self.memory[offset as usize..offset as usize + bytes.len()].copy_from_slice(bytes);
    }

    /// The bytes to give back after a call that succeeded.
    pub fn dump(&self, op: &Op) -> Vec<u8> {
        let range = |(offset, length): &(u32, u32)| {
            &self.memory[*offset as usize..(offset + length) as usize]
        };
        op.dump.iter().flat_map(range).copied().collect()
    }

    /// Takes over the bytes that a call gave back. They are as many as the call dumps.
    pub fn restore(&mut self, op: &Op, mut dumps: &[u8]) {
        for (offset, length) in &op.dump {
            let (now, later) = dumps.split_at(*length as usize);
            self.put(*offset, now);
            dumps = later;
        }
    }

    /// Keeps the new descriptor of a call that succeeded.
    pub fn keep(&mut self, op: &Op) {
        let Some((slot, offset)) = op.keep else { return };
        let bytes = &self.memory[offset as usize..offset as usize + 4];
        let number = u32::from_le_bytes(bytes.try_into().expect("these are 4 bytes"));
        if self.slots.len() <= usize::from(slot) {
            self.slots.resize(usize::from(slot) + 1, UNOPENED);
        }
        self.slots[usize::from(slot)] = number;
    }
}
