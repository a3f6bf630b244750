//! Calls that wait or yield.

use guests::block::Block;
use guests::imports as wasi;
use guests::names;
use preview1::{
    CLOCKID, EVENT_FD_READWRITE, EVENTTYPE, SUBCLOCKFLAGS, SUBSCRIPTION_CLOCK,
    SUBSCRIPTION_FD_READWRITE, SUBSCRIPTION_U,
};

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
const SUBSCRIPTION: usize = preview1::SUBSCRIPTION.size();
const EVENT: usize = preview1::EVENT.size();

/// The offsets of the fields of a `subscription`. It begins with its userdata.
const TAG: usize = preview1::SUBSCRIPTION.offset("u");
const BODY: usize = TAG + SUBSCRIPTION_U.offset();
const CLOCK_ID: usize = BODY + SUBSCRIPTION_CLOCK.offset("id");
const CLOCK_TIMEOUT: usize = BODY + SUBSCRIPTION_CLOCK.offset("timeout");
const CLOCK_PRECISION: usize = BODY + SUBSCRIPTION_CLOCK.offset("precision");
const CLOCK_FLAGS: usize = BODY + SUBSCRIPTION_CLOCK.offset("flags");
const DESCRIPTOR: usize = BODY + SUBSCRIPTION_FD_READWRITE.offset("file_descriptor");

/// The offsets of the fields of an `event`. It begins with its userdata.
const ERROR: usize = preview1::EVENT.offset("error");
const TYPE: usize = preview1::EVENT.offset("type");
const FD_READWRITE: usize = preview1::EVENT.offset("fd_readwrite");
const NBYTES: usize = FD_READWRITE + EVENT_FD_READWRITE.offset("nbytes");
const FLAGS: usize = FD_READWRITE + EVENT_FD_READWRITE.offset("flags");

const ABSTIME: u64 = SUBCLOCKFLAGS.values(&["subscription_clock_abstime"]);

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
            let named = CLOCKID.number(clock);
            let clock = named.map_or_else(|| value(clock, world), |number| Ok(number.into()))?;
            put(CLOCK_ID, &(clock as u32).to_le_bytes());
            put(CLOCK_TIMEOUT, &sum(timeout, world)?.to_le_bytes());
            let flags = match rest.first() {
                None | Some(&"-") => 0,
                Some(&"abstime") => ABSTIME,
                Some(number) => value(number, world)?,
            };
            put(CLOCK_FLAGS, &(flags as u16).to_le_bytes());
            let precision = rest.get(1).map_or(Ok(0), |number| value(number, world))?;
            put(CLOCK_PRECISION, &precision.to_le_bytes());
        }
        [kind @ ("fd_read" | "fd_write"), name] => {
            put(TAG, &[EVENTTYPE.number(kind).unwrap_or_default() as u8]);
            put(DESCRIPTOR, &fd(&bare(name), world)?.to_le_bytes());
        }
        ["tag", tag] => put(TAG, &[value(tag, world)? as u8]),
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
        error: short(ERROR),
        kind: bytes[TYPE],
        nbytes: block.u64(NBYTES),
        flags: short(FLAGS),
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
        let mut text = format!("{}:{}", event.userdata, names::show(&EVENTTYPE, event.kind.into()));
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
