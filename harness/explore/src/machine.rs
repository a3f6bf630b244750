//! What the guest `explore` executes. It knows nothing of WASI but the 46 imports: which bytes go where
//! before a call, the arguments, and which bytes to give back are all said here.
//!
//! For each [`Op`] the guest
//!
//! 1. fills the ranges in `dump` with [`FILL`],
//! 2. makes the patches,
//! 3. makes the call,
//! 4. appends the errno to its results, and if that is 0 (`success`)
//! 5. keeps the number at `keep` as that of a slot,
//! 6. and appends the bytes in `dump`.
//!
//! Slot 0 is the preopen of the program, and slot n is what the n-th call opened, or [`UNOPENED`].
//! All offsets are relative to the *arena*: the last [`ARENA`] bytes of linear memory, so that what
//! begins in it and reaches beyond it is outside memory. Numbers are little-endian.
//!
//! This file uses nothing but `core` and `alloc`.

/// The size of the arena: one page.
pub const ARENA: u32 = 0x1_0000;
/// A descriptor that is never open.
pub const UNOPENED: u32 = 1 << 20;
/// What is in memory that a call has not written to.
pub const FILL: u8 = 0xa5;

/// The calls of one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The descriptor of its preopen.
    pub preopen: u32,
    pub ops: Vec<Op>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// The function's place in `preview1::FUNCTIONS`.
    pub function: u8,
    pub patches: Vec<Patch>,
    /// The arguments of WebAssembly.
    pub args: Vec<Arg>,
    /// The slot and the offset of its new number.
    pub keep: Option<(u8, u32)>,
    /// Offsets and lengths.
    pub dump: Vec<(u32, u32)>,
}

/// Something to put into the arena before a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch {
    Bytes(u32, Vec<u8>),
    /// The number of a slot, in 32 bits.
    Slot(u32, u8),
    /// The address of an offset in the arena, or behind it.
    Address(u32, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// Cut off to 32 bits where the function takes that many.
    Number(u64),
    /// The address of an offset in the arena, or behind it.
    Address(u32),
    /// The number of a slot.
    Slot(u8),
}

/// What the guest saw of one program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The clocks before the first call.
    pub realtime: u64,
    pub monotonic: u64,
    /// Of the calls that came back. If the guest ended in a call, this and those after it are missing.
    pub results: Vec<OpResult>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpResult {
    pub errno: u32,
    /// All ranges in `dump`, one after the other; nothing unless the errno is 0.
    pub dumps: Vec<u8>,
}

/// The bytes of a batch.
pub fn encode(programs: &[Program]) -> Vec<u8> {
    let mut out = Vec::new();
    put_u32(&mut out, programs.len() as u32);
    for program in programs {
        put_u32(&mut out, program.preopen);
        out.push(program.ops.len() as u8);
        for op in &program.ops {
            op.encode(&mut out);
        }
    }
    out
}

/// The batch of these bytes, or nothing if they are none.
pub fn decode(bytes: &[u8]) -> Option<Vec<Program>> {
    let mut reader = Reader(bytes);
    let programs = reader.u32()?;
    (0..programs).map(|_| reader.program()).collect()
}

/// The bytes of what a guest saw.
pub fn encode_records(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    for record in records {
        out.extend(record.realtime.to_le_bytes());
        out.extend(record.monotonic.to_le_bytes());
        for result in &record.results {
            put_u32(&mut out, result.errno);
            out.extend(&result.dumps);
        }
    }
    out
}

/// What a guest saw of a batch, one record for each program that it has begun. If the bytes end early
/// so does the last record: the guest did not come back from the next call.
pub fn decode_records(batch: &[Program], bytes: &[u8]) -> Vec<Record> {
    let mut reader = Reader(bytes);
    let mut records = Vec::new();
    for program in batch {
        let (Some(realtime), Some(monotonic)) = (reader.u64(), reader.u64()) else { break };
        let results = program.ops.iter().map_while(|op| reader.result(op)).collect();
        records.push(Record { realtime, monotonic, results });
    }
    records
}

impl Op {
    /// How many bytes it gives back.
    pub fn dumped(&self) -> usize {
        self.dump.iter().map(|(_, length)| *length as usize).sum()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let (slot, offset) = self.keep.unwrap_or((0, 0));
        let counts = [self.patches.len(), self.args.len(), self.dump.len()];
        out.push(self.function);
        out.extend(counts.map(|count| count as u8));
        out.push(slot);
        put_u32(out, offset);
        for patch in &self.patches {
            match patch {
                Patch::Bytes(offset, bytes) => {
                    out.push(0);
                    put_u32(out, *offset);
                    put_u32(out, bytes.len() as u32);
                    out.extend(bytes);
                }
                Patch::Slot(offset, slot) => {
                    out.push(1);
                    put_u32(out, *offset);
                    out.push(*slot);
                }
                Patch::Address(offset, to) => {
                    out.push(2);
                    put_u32(out, *offset);
                    put_u32(out, *to);
                }
            }
        }
        for arg in &self.args {
            let (kind, value) = match *arg {
                Arg::Number(number) => (0, number),
                Arg::Address(offset) => (1, offset.into()),
                Arg::Slot(slot) => (2, slot.into()),
            };
            out.push(kind);
            out.extend(value.to_le_bytes());
        }
        for (offset, length) in &self.dump {
            put_u32(out, *offset);
            put_u32(out, *length);
        }
    }
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend(number.to_le_bytes());
}

/// Bytes that are not read yet. Everything is nothing if too few are left.
pub struct Reader<'b>(pub &'b [u8]);

impl Reader<'_> {
    pub fn program(&mut self) -> Option<Program> {
        let preopen = self.u32()?;
        let ops = self.u8()?;
        let ops = (0..ops).map(|_| self.op()).collect::<Option<_>>()?;
        Some(Program { preopen, ops })
    }

    pub fn op(&mut self) -> Option<Op> {
        let function = self.u8()?;
        let (patches, args, dumps) = (self.u8()?, self.u8()?, self.u8()?);
        // Slot 0 is the preopen, which no call opens.
        let keep = Some((self.u8()?, self.u32()?)).filter(|(slot, _)| *slot != 0);
        Some(Op {
            function,
            patches: (0..patches).map(|_| self.patch()).collect::<Option<_>>()?,
            args: (0..args).map(|_| self.arg()).collect::<Option<_>>()?,
            keep,
            dump: (0..dumps).map(|_| Some((self.u32()?, self.u32()?))).collect::<Option<_>>()?,
        })
    }

    fn patch(&mut self) -> Option<Patch> {
        match self.u8()? {
            0 => {
                let (offset, length) = (self.u32()?, self.u32()?);
                Some(Patch::Bytes(offset, self.bytes(length as usize)?.to_vec()))
            }
            1 => Some(Patch::Slot(self.u32()?, self.u8()?)),
            2 => Some(Patch::Address(self.u32()?, self.u32()?)),
            _ => None,
        }
    }

    fn arg(&mut self) -> Option<Arg> {
        let (kind, value) = (self.u8()?, self.u64()?);
        match kind {
            0 => Some(Arg::Number(value)),
            1 => Some(Arg::Address(value as u32)),
            2 => Some(Arg::Slot(value as u8)),
            _ => None,
        }
    }

    fn result(&mut self, op: &Op) -> Option<OpResult> {
        let errno = self.u32()?;
        let length = if errno == 0 { op.dumped() } else { 0 };
        Some(OpResult { errno, dumps: self.bytes(length)?.to_vec() })
    }

    pub fn u8(&mut self) -> Option<u8> {
        Some(self.bytes(1)?[0])
    }

    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }

    fn bytes(&mut self, length: usize) -> Option<&[u8]> {
        let (now, later) = self.0.split_at_checked(length)?;
        self.0 = later;
        Some(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Vec<Program> {
        let open = Op {
            function: 31,
            patches: vec![Patch::Bytes(0, b"a".to_vec()), Patch::Slot(8, 0), Patch::Address(12, 0)],
            args: vec![Arg::Slot(0), Arg::Number(u64::MAX), Arg::Address(ARENA + 4)],
            keep: Some((1, 16)),
            dump: vec![(16, 4), (32, 0), (40, 3)],
        };
        let close = Op {
            function: 8,
            patches: Vec::new(),
            args: vec![Arg::Slot(1)],
            keep: None,
            dump: Vec::new(),
        };
        let first = Program { preopen: 3, ops: vec![open.clone(), close] };
        vec![first, Program { preopen: 4, ops: vec![open] }]
    }

    #[test]
    fn a_batch_survives_its_bytes() {
        let bytes = encode(&batch());
        assert_eq!(decode(&bytes), Some(batch()));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut off at {end}");
        }
    }

    #[test]
    fn records_survive_their_bytes_and_end_where_these_end() {
        let opened = OpResult { errno: 0, dumps: vec![7; 7] };
        let closed = OpResult { errno: 0, dumps: Vec::new() };
        let failed = OpResult { errno: 8, dumps: Vec::new() };
        let records = [
            Record { realtime: 1, monotonic: 2, results: vec![opened, closed] },
            Record { realtime: 3, monotonic: 4, results: vec![failed] },
        ];
        let bytes = encode_records(&records);
        assert_eq!(decode_records(&batch(), &bytes), records);
        let cut = decode_records(&batch(), &bytes[..bytes.len() - 1]);
        assert_eq!(cut[1], Record { results: Vec::new(), ..records[1].clone() });
        assert_eq!(decode_records(&batch(), &bytes[..31]).len(), 1);
    }
}
