//! Reading directories.

use guests::block::Block;
use guests::imports as wasi;
use guests::{names, text};
use preview1::{DIRENT, FILETYPE};

use crate::operands::{self, Operands};
use crate::outcome::{Outcome, Stop, check, usage};
use crate::value::{Entry, Value};
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "fd_readdir",
        form: "fd_readdir FD LEN [COOKIE] [versus=ENTRIES.N] [buffer=ADDRESS] [result=ADDRESS]",
        run: fd_readdir,
    },
    Verb { name: "list", form: "list FD [LEN]", run: list },
];

/// The size of a `dirent` without its name, and the offsets of its fields.
const DIRENT_SIZE: usize = DIRENT.size();
const DIRENT_NEXT: usize = DIRENT.offset("d_next");
const DIRENT_INO: usize = DIRENT.offset("d_ino");
const DIRENT_NAME_LEN: usize = DIRENT.offset("d_namlen");
const DIRENT_FILETYPE: usize = DIRENT.offset("d_type");

/// No case has a directory that needs more calls than this, even with one entry per call.
const MAX_CALLS: usize = 1000;

/// One call. The runtime chooses which entries come first, so they are only shown if they are all
/// that follow the cookie; a list that is cut off at the end of the buffer is `full`.
fn fd_readdir(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut buffer = {
        let len = operands.number("the buffer's length", world)?;
        operands.buffer("buffer", Block::new(len as usize), world)?
    };
    let cookie = operands.optional_number(0, world)? as i64;
    let mut result = operands.buffer("result", Block::new(4), world)?;
    let versus = operands.option("versus");
    operands.end()?;
    let (at, len) = (buffer.at(), buffer.len());
    // SAFETY: the buffer has the length that the call is told.
    check(unsafe { wasi::fd_readdir(fd, at, len, cookie, result.at()) })?;
    let used = result.block().u32(0);
    if used as usize > buffer.block().len() {
        return Err(Stop::Seen(format!("success {used}: more than there is space for")));
    }
    let entries = parse(buffer.start(used));
    let shown = if let Some(versus) = versus {
        let other = operands::entries(&versus, world)?
            .ok_or_else(|| usage("after `versus=` comes a name and `.N`".into()))?;
        let rest = &other.0[other.1..];
        let same = entries.len() <= rest.len() && entries[..] == rest[..entries.len()];
        format!("{} {}", if same { "same" } else { "different" }, fullness(used, len))
    } else if used as i32 == len {
        "full".to_owned()
    } else {
        show(&entries)
    };
    world.result = Some(Value::Entries(entries));
    Ok(shown)
}

fn fullness(used: u32, len: i32) -> &'static str {
    if used as i32 == len { "full" } else { "end" }
}

/// All entries, by as many calls as that takes.
fn list(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let len = operands.optional_number(4096, world)? as usize;
    operands.end()?;
    let mut all: Vec<Entry> = Vec::new();
    for _ in 0..MAX_CALLS {
        let cookie = all.last().map_or(0, |entry| entry.next);
        let (mut buffer, mut result) = (Block::new(len), Block::new(4));
        let (at, out) = (buffer.at(), result.at());
        // SAFETY: the buffer has the length that the call is told.
        check(unsafe { wasi::fd_readdir(fd, at, len as i32, cookie as i64, out) })?;
        let used = (result.u32(0) as usize).min(len);
        let entries = parse(&buffer.bytes()[..used]);
        let none = entries.is_empty();
        all.extend(entries);
        if used < len {
            let shown = show(&all);
            world.result = Some(Value::Entries(all));
            return Ok(shown);
        }
        if none {
            return Err(Stop::Seen("an entry is longer than the buffer".into()));
        }
    }
    Err(Stop::Seen("it never ends".into()))
}

/// The entries that are complete.
fn parse(mut bytes: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    while bytes.len() >= DIRENT_SIZE {
        let head = Block::holding(&bytes[..DIRENT_SIZE]);
        let end = DIRENT_SIZE + head.u32(DIRENT_NAME_LEN) as usize;
        let Some(name) = bytes.get(DIRENT_SIZE..end) else { break };
        entries.push(Entry {
            next: head.u64(DIRENT_NEXT),
            ino: head.u64(DIRENT_INO),
            filetype: head.bytes()[DIRENT_FILETYPE],
            name: name.to_owned(),
        });
        bytes = &bytes[end..];
    }
    entries
}

/// Sorted by name, since the runtime chooses the order.
fn show(entries: &[Entry]) -> String {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let show = |entry: &&Entry| {
        let filetype = names::show(&FILETYPE, entry.filetype.into());
        format!("{}:{filetype}", text::show_name(&entry.name))
    };
    if sorted.is_empty() {
        return "nothing".into();
    }
    sorted.iter().map(show).collect::<Vec<_>>().join(" ")
}
