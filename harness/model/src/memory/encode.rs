//! From what a call gives to linear memory.

use preview1::{EVENT, EVENT_FD_READWRITE, FDSTAT, FILESTAT, PRESTAT, Record, function};

use super::View;
use crate::branch::{Event, Fdstat, Filestat, Value};

/// Writes what a call gives to the addresses in its arguments, which were good when the call was
/// decoded. `fill` gives random bytes.
pub fn encode(
    name: &str,
    args: &[u64],
    memory: &mut [u8],
    value: &Value,
    fill: &mut dyn FnMut(&mut [u8]),
) {
    let last = args.last().copied().unwrap_or(0);
    match value {
        Value::Nothing => {}
        Value::Number(number) => {
            let size = function(name).map_or(4, |function| function.results[0].ty.size());
            put(memory, last, &number.first().to_le_bytes()[..size]);
        }
        Value::Strings(strings) => put_strings(memory, args[0], args[1], strings),
        Value::Sizes { count, size } => {
            put(memory, args[0], &(*count as u32).to_le_bytes());
            put(memory, args[1], &(*size as u32).to_le_bytes());
        }
        Value::Fdstat(stat) => put_fdstat(memory, last, stat),
        Value::Filestat(stat) => put_filestat(memory, last, stat),
        Value::Prestat(length) => {
            put(memory, last, &[0; 4]);
            put(memory, last + PRESTAT.offset() as u64, &(*length as u32).to_le_bytes());
        }
        Value::Bytes(bytes) => put(memory, args[1], bytes),
        Value::Counted(bytes) => put_counted(name, args, memory, bytes),
        Value::Entries(listing) => put_counted(name, args, memory, &listing.bytes()),
        Value::Random(length) => {
            if *length > 0 {
                let start = args[0] as usize;
                fill(&mut memory[start..start + *length as usize]);
            }
        }
        Value::Events(events) => {
            for (place, event) in events.iter().enumerate() {
                put_event(memory, args[1] + (place * EVENT.size()) as u64, event);
            }
            put(memory, last, &(events.len() as u32).to_le_bytes());
        }
    }
}

fn put(memory: &mut [u8], address: u64, bytes: &[u8]) {
    if !bytes.is_empty() {
        memory[address as usize..address as usize + bytes.len()].copy_from_slice(bytes);
    }
}

fn put_strings(memory: &mut [u8], mut pointers: u64, mut buffer: u64, strings: &[Vec<u8>]) {
    for string in strings {
        put(memory, pointers, &(buffer as u32).to_le_bytes());
        put(memory, buffer, string);
        buffer += string.len() as u64;
        put(memory, buffer, &[0]);
        buffer += 1;
        pointers += 4;
    }
}

/// Bytes, and how many there are.
fn put_counted(name: &str, args: &[u64], memory: &mut [u8], bytes: &[u8]) {
    let count = match name {
        "fd_readdir" => {
            put(memory, args[1], bytes);
            args[4]
        }
        "path_readlink" => {
            put(memory, args[3], bytes);
            args[5]
        }
        _ => {
            let buffers = View(memory).buffers(args[1], args[2]).unwrap_or_default();
            let mut left = bytes;
            for (address, length) in buffers {
                let (now, later) = left.split_at(left.len().min(length as usize));
                put(memory, address, now);
                left = later;
            }
            if name == "sock_recv" {
                put(memory, args[5], &[0; 2]);
            }
            if name == "fd_read" { args[3] } else { args[4] }
        }
    };
    put(memory, count, &(bytes.len() as u32).to_le_bytes());
}

fn field(memory: &mut [u8], at: u64, record: &Record, name: &str, bytes: &[u8]) {
    put(memory, at + record.offset(name) as u64, bytes);
}

fn put_fdstat(memory: &mut [u8], at: u64, stat: &Fdstat) {
    put(memory, at, &[0; FDSTAT.size()]);
    let mut field = |name, bytes: &[u8]| field(memory, at, &FDSTAT, name, bytes);
    field("fs_filetype", &[stat.filetype]);
    field("fs_flags", &(stat.flags as u16).to_le_bytes());
    field("fs_rights_base", &stat.rights.to_le_bytes());
    field("fs_rights_inheriting", &stat.inheriting.to_le_bytes());
}

fn put_filestat(memory: &mut [u8], at: u64, stat: &Filestat) {
    put(memory, at, &[0; FILESTAT.size()]);
    let mut field = |name, number: u64| {
        field(memory, at, &FILESTAT, name, &number.to_le_bytes());
    };
    field("dev", stat.dev);
    field("ino", stat.ino);
    field("filetype", stat.filetype.into());
    field("nlink", stat.links);
    field("size", stat.size);
    field("atim", stat.accessed.earliest());
    field("mtim", stat.modified.earliest());
    field("ctim", stat.changed.earliest());
}

fn put_event(memory: &mut [u8], at: u64, event: &Event) {
    put(memory, at, &[0; EVENT.size()]);
    let errno = event.error.map_or(0, |errno| errno.0);
    field(memory, at, &EVENT, "userdata", &event.userdata.to_le_bytes());
    field(memory, at, &EVENT, "error", &errno.to_le_bytes());
    field(memory, at, &EVENT, "type", &[event.kind]);
    let nbytes = EVENT.offset("fd_readwrite") + EVENT_FD_READWRITE.offset("nbytes");
    put(memory, at + nbytes as u64, &event.nbytes.to_le_bytes());
}
