//! From the bytes that a call gave back to a value of the model.

use model::{Errno, Event, Fdstat, Filestat, Number, Observation, Time, Value};
use preview1::{EVENT, EVENT_FD_READWRITE, FDSTAT, FILESTAT, IOVEC, PRESTAT, Record};

use crate::image::Image;
use crate::lower::GUARD;
use crate::machine::{FILL, Op, OpResult};

/// Something that no call may do, whatever it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Breach {
    /// It wrote behind its results.
    Overrun,
    /// It says that it gave more than there was room for.
    TooMany,
    /// It gave no number that is an errno.
    NoErrno,
    /// It did not come back within the time limit.
    Hangs,
    /// It came back, and may not.
    Returned,
}

/// What a call gave, whose arguments are these. The image is as it was before the call, and is
/// afterwards as the call left it.
pub fn lift(
    image: &mut Image,
    name: &str,
    op: &Op,
    args: &[u64],
    result: &OpResult,
) -> Result<Observation, Breach> {
    if result.errno != 0 {
        let errno = u16::try_from(result.errno).map_err(|_| Breach::NoErrno)?;
        return Ok(Observation::Failed(Errno(errno)));
    }
    let buffers = buffers(image, name, args);
    let overruns = overruns(image, op, &result.dumps);
    image.restore(op, &result.dumps);
    image.keep(op);
    if overruns {
        return Err(Breach::Overrun);
    }
    let memory = Memory(&image.memory);
    value(memory, name, args, &buffers).map(Observation::Succeeded)
}

/// Whether a byte behind a result has changed.
fn overruns(image: &Image, op: &Op, mut dumps: &[u8]) -> bool {
    let mut overruns = false;
    for (offset, length) in &op.dump {
        let (now, later) = dumps.split_at(*length as usize);
        let guard = (length - GUARD) as usize;
        let start = *offset as usize + guard;
        // Another result can be there, if they overlap.
        let is_shared = op.dump.iter().any(|(other, _)| {
            (*other as usize) > *offset as usize && (*other as usize) < start + GUARD as usize
        });
        overruns |= !is_shared && now[guard..] != image.memory[start..start + GUARD as usize];
        dumps = later;
    }
    overruns
}

/// The buffers that a call fills, with their lengths.
fn buffers(image: &Image, name: &str, args: &[u64]) -> Vec<(u64, u64)> {
    let memory = Memory(&image.memory);
    match name {
        "fd_read" | "fd_pread" | "sock_recv" => {
            let field = |place: u64, name| {
                let at = args[1] + place * IOVEC.size() as u64 + IOVEC.offset(name) as u64;
                memory.number(at, 4)
            };
            (0..args[2]).map(|place| (field(place, "buf"), field(place, "buf_len"))).collect()
        }
        "fd_readdir" => vec![(args[1], args[2])],
        "path_readlink" => vec![(args[3], args[4])],
        _ => Vec::new(),
    }
}

#[derive(Clone, Copy)]
struct Memory<'m>(&'m [u8]);

impl<'m> Memory<'m> {
    /// Bytes that may reach beyond the end: then they are fewer.
    fn bytes(self, at: u64, length: u64) -> &'m [u8] {
        let size = self.0.len() as u64;
        let start = at.min(size);
        &self.0[start as usize..start.saturating_add(length).min(size) as usize]
    }

    fn number(self, at: u64, size: usize) -> u64 {
        let mut bytes = [0; 8];
        let found = self.bytes(at, size as u64);
        bytes[..found.len()].copy_from_slice(found);
        u64::from_le_bytes(bytes)
    }
}

fn value(
    memory: Memory,
    name: &str,
    args: &[u64],
    buffers: &[(u64, u64)],
) -> Result<Value, Breach> {
    let last = args.last().copied().unwrap_or(0);
    let number = |size| Value::Number(Number::Exactly(memory.number(last, size)));
    let counted = |count: u64| counted(memory, buffers, memory.number(count, 4));
    Ok(match name {
        "args_get" | "environ_get" => Value::Strings(strings(memory, args[0], args[1])),
        "args_sizes_get" | "environ_sizes_get" => {
            Value::Sizes { count: memory.number(args[0], 4), size: memory.number(args[1], 4) }
        }
        "clock_res_get" | "clock_time_get" | "fd_seek" | "fd_tell" => number(8),
        "fd_write" | "fd_pwrite" | "sock_send" | "path_open" | "sock_accept" => number(4),
        "fd_fdstat_get" => Value::Fdstat(fdstat(memory, last)),
        "fd_filestat_get" | "path_filestat_get" => Value::Filestat(filestat(memory, last)),
        "fd_prestat_get" => {
            Value::Prestat(memory.number(last + PRESTAT.offset() as u64, 4) as usize)
        }
        "fd_prestat_dir_name" => Value::Bytes(written(memory.bytes(args[1], args[2]))),
        "random_get" => {
            let bytes = memory.bytes(args[0], args[1]);
            // That so many bytes are what they were is no chance.
            let is_kept = bytes.len() >= 8 && bytes.ends_with(&[FILL; 8]);
            Value::Random(if is_kept { written(bytes).len() as u32 } else { args[1] as u32 })
        }
        "fd_read" => counted(args[3])?,
        "fd_pread" | "fd_readdir" | "sock_recv" => counted(args[4])?,
        "path_readlink" => counted(args[5])?,
        "poll_oneoff" => {
            let count = memory.number(last, 4);
            if count > args[2] {
                return Err(Breach::TooMany);
            }
            let at = |place: u64| args[1] + place * EVENT.size() as u64;
            Value::Events((0..count).map(|place| event(memory, at(place))).collect())
        }
        _ => Value::Nothing,
    })
}

/// Without the bytes at the end that are as they were.
fn written(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.iter().rposition(|byte| *byte != FILL).map_or(0, |last| last + 1);
    bytes[..length].to_vec()
}

fn counted(memory: Memory, buffers: &[(u64, u64)], count: u64) -> Result<Value, Breach> {
    let mut bytes = Vec::new();
    let mut left = count;
    for (at, length) in buffers {
        let now = left.min(*length);
        bytes.extend(memory.bytes(*at, now));
        left -= now;
    }
    if left > 0 { Err(Breach::TooMany) } else { Ok(Value::Counted(bytes)) }
}

/// The strings that pointers point to. These are addresses of the guest: the first points to the
/// beginning of the buffer.
fn strings(memory: Memory, pointers: u64, buffer: u64) -> Vec<Vec<u8>> {
    let unused = u64::from(u32::from_le_bytes([FILL; 4]));
    let pointer = |place: u64| memory.number(pointers + 4 * place, 4);
    let is_there = |place: &u64| memory.bytes(pointers + 4 * place, 4).len() == 4;
    let all = (0u64..).take_while(is_there).map(pointer);
    let found = all.take_while(|pointer| *pointer != unused);
    let string = |address: u64| {
        let at = buffer.wrapping_add(address.wrapping_sub(pointer(0)));
        let text = memory.bytes(at, u64::MAX);
        text.iter().take_while(|byte| **byte != 0).copied().collect()
    };
    found.take(64).map(string).collect()
}

fn field(memory: Memory, at: u64, record: &Record, name: &str, size: usize) -> u64 {
    memory.number(at + record.offset(name) as u64, size)
}

fn fdstat(memory: Memory, at: u64) -> Fdstat {
    let field = |name, size| field(memory, at, &FDSTAT, name, size);
    Fdstat {
        filetype: field("fs_filetype", 1) as u8,
        flags: field("fs_flags", 2),
        rights: field("fs_rights_base", 8),
        inheriting: field("fs_rights_inheriting", 8),
    }
}

fn filestat(memory: Memory, at: u64) -> Filestat {
    let field = |name| field(memory, at, &FILESTAT, name, 8);
    Filestat {
        dev: field("dev"),
        ino: field("ino"),
        filetype: field("filetype") as u8,
        links: field("nlink"),
        size: field("size"),
        accessed: Time::Exactly(field("atim")),
        modified: Time::Exactly(field("mtim")),
        changed: Time::Exactly(field("ctim")),
    }
}

fn event(memory: Memory, at: u64) -> Event {
    let field = |name, size| field(memory, at, &EVENT, name, size);
    let error = field("error", 2) as u16;
    let nbytes = EVENT.offset("fd_readwrite") + EVENT_FD_READWRITE.offset("nbytes");
    Event {
        userdata: field("userdata", 8),
        error: (error != 0).then_some(Errno(error)),
        kind: field("type", 1) as u8,
        nbytes: memory.number(at + nbytes as u64, 8),
    }
}
