//! Calls that wait or yield.

use guests::block::Block;
use guests::imports as wasi;
use guests::names;

use crate::operands::{Operands, fd, number};
use crate::outcome::{Outcome, Stop, check, nothing, usage};
use crate::verbs::Verb;
use crate::word::Word;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "poll_oneoff",
        form: "poll_oneoff [SUBSCRIPTION...] [nbytes] [flags] [count=NUMBER] [in=ADDRESS] [out=ADDRESS] \
               [result=ADDRESS], each subscription [USERDATA@]clock:CLOCK:TIMEOUT[:FLAGS[:PRECISION]], \
               [USERDATA@]fd_read:FD, [USERDATA@]fd_write:FD or [USERDATA@]tag:NUMBER, or TIMES* one of those",
        run: poll_oneoff,
    },
    Verb { name: "sched_yield", form: "sched_yield", run: sched_yield },
];

/// The sizes of a `subscription` and of an `event`.
const SUBSCRIPTION: usize = 48;
const EVENT: usize = 32;
/// If there are more events than this, they are only counted.
const MOST_SHOWN: usize = 12;

/// An `event`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    userdata: u64,
    kind: u8,
    error: u16,
    nbytes: u64,
    flags: u16,
}

fn poll_oneoff(operands: &mut Operands, world: &mut World) -> Outcome {
    let (with_nbytes, with_flags) = (operands.switch("nbytes"), operands.switch("flags"));
    let count = operands.number_option("count", world)?;
    let mut result = operands.buffer("result", Block::new(4), world)?;
    let (from, to) = (operands.address("in", world)?, operands.address("out", world)?);
    let mut bytes = Vec::new();
    while !operands.is_at_end() {
        subscribe(&operands.bytes("a subscription")?, &mut bytes, world)?;
    }
    operands.end()?;
    let subscribed = bytes.len() / SUBSCRIPTION;
    let mut subscriptions = Block::holding(&bytes);
    let mut events = Block::new(subscribed * EVENT);
    let (from, to) =
        (from.unwrap_or_else(|| subscriptions.at()), to.unwrap_or_else(|| events.at()));
    let asked = count.unwrap_or(subscribed as u64) as i32;
    // SAFETY: there is space for as many events as there are subscriptions.
    check(unsafe { wasi::poll_oneoff(from, to, asked, result.at()) })?;
    let happened = result.block().u32(0) as usize;
    if happened > subscribed {
        return Err(Stop::Seen(format!("{happened} events of {subscribed} subscriptions")));
    }
    let mut all: Vec<Event> = events.bytes()[..happened * EVENT].chunks(EVENT).map(event).collect();
    // Nothing specifies their order.
    all.sort();
    Ok(show(&all, with_nbytes, with_flags))
}

/// Adds the subscription of a word, once or several times.
fn subscribe(word: &[u8], to: &mut Vec<u8>, world: &mut World) -> Result<(), Stop> {
    let text = String::from_utf8_lossy(word).into_owned();
    let (times, text) = match text.split_once('*') {
        Some((times, rest)) => (value(times, world)?, rest.to_owned()),
        None => (1, text),
    };
    let (userdata, text) = match text.split_once('@') {
        Some((userdata, rest)) => (Some(value(userdata, world)?), rest.to_owned()),
        None => (None, text),
    };
    let parts: Vec<&str> = text.split(':').collect();
    let mut body = [0u8; SUBSCRIPTION];
    let mut put = |at: usize, bytes: &[u8]| body[at..at + bytes.len()].copy_from_slice(bytes);
    match parts.as_slice() {
        ["clock", clock, timeout, rest @ ..] if rest.len() <= 2 => {
            let named = names::CLOCKS.iter().position(|name| name == clock);
            let clock = named.map_or_else(|| value(clock, world), |at| Ok(at as u64))?;
            put(16, &(clock as u32).to_le_bytes());
            put(24, &sum(timeout, world)?.to_le_bytes());
            let flags = match rest.first() {
                None | Some(&"-") => 0,
                Some(&"abstime") => 1,
                Some(number) => value(number, world)?,
            };
            put(40, &(flags as u16).to_le_bytes());
            let precision = rest.get(1).map_or(Ok(0), |number| value(number, world))?;
            put(32, &precision.to_le_bytes());
        }
        [kind @ ("fd_read" | "fd_write"), name] => {
            put(8, &[if *kind == "fd_read" { 1 } else { 2 }]);
            put(16, &fd(&bare(name), world)?.to_le_bytes());
        }
        ["tag", tag] => put(8, &[value(tag, world)? as u8]),
        _ => return Err(usage(format!("`{text}` is no subscription"))),
    }
    for _ in 0..times {
        let next = (to.len() / SUBSCRIPTION + 1) as u64;
        body[..8].copy_from_slice(&userdata.unwrap_or(next).to_le_bytes());
        to.extend_from_slice(&body);
    }
    Ok(())
}

/// `NUMBER`, `NUMBER+NUMBER` or `NUMBER-NUMBER`, each of which may be a name.
fn sum(text: &str, world: &World) -> Result<u64, Stop> {
    let later = text.split_once('+').map(|parts| (parts, u64::wrapping_add as fn(u64, u64) -> u64));
    let earlier =
        || text.split_once('-').map(|parts| (parts, u64::wrapping_sub as fn(u64, u64) -> u64));
    match later.or_else(earlier) {
        Some(((first, second), apply)) if !first.is_empty() => {
            Ok(apply(value(first, world)?, value(second, world)?))
        }
        _ => value(text, world),
    }
}

fn value(text: &str, world: &World) -> Result<u64, Stop> {
    number(&bare(text), world)
}

fn bare(text: &str) -> Word {
    Word { bytes: text.into(), bare: true }
}

fn event(bytes: &[u8]) -> Event {
    let block = Block::holding(bytes);
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    Event {
        userdata: block.u64(0),
        error: short(8),
        kind: bytes[10],
        nbytes: block.u64(16),
        flags: short(24),
    }
}

/// `USERDATA:TYPE`, and the error if there is one.
fn show(events: &[Event], with_nbytes: bool, with_flags: bool) -> String {
    match events {
        [] => return "nothing".into(),
        many if many.len() > MOST_SHOWN => return format!("{} events", many.len()),
        _ => {}
    }
    let show = |event: &Event| {
        let mut text =
            format!("{}:{}", event.userdata, names::show(names::EVENT_TYPES, event.kind.into()));
        if event.error != 0 {
            text.push_str(&format!("={}", names::errno(event.error.into())));
        } else if event.kind != 0 {
            if with_nbytes {
                text.push_str(&format!(" nbytes={}", event.nbytes));
            }
            if with_flags {
                text.push_str(&format!(" flags={}", event.flags));
            }
        }
        text
    };
    events.iter().map(show).collect::<Vec<_>>().join(" ")
}

fn sched_yield(operands: &mut Operands, _: &mut World) -> Outcome {
    operands.end()?;
    // SAFETY: the call touches no memory.
    nothing(unsafe { wasi::sched_yield() })
}
