//! Calls that wait or yield.

use model::{Call, Event, Fault, Interest, Subscription};
use preview1::{CLOCKID, EVENT, EVENTTYPE, SUBCLOCKFLAGS, SUBSCRIPTION};

use super::{Made, Verb, plain, shown};
use crate::names;
use crate::operands::{Operands, Place, bare, fd, memory, number};
use crate::shown::Shown;
use crate::world::{Stop, World};

pub const VERBS: &[(&str, Verb)] = &[
    ("poll_oneoff", poll_oneoff),
    ("sched_yield", |operands, _| {
        operands.end()?;
        Ok(plain(Call::SchedYield))
    }),
];

const ABSTIME: u64 = SUBCLOCKFLAGS.values(&["subscription_clock_abstime"]);

/// If there are more events than this, they are only counted.
const MOST_SHOWN: usize = 12;

fn poll_oneoff(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let (with_nbytes, with_flags) = (operands.switch("nbytes"), operands.switch("flags"));
    let count = operands.number_option("count", place)?;
    let result = operands.memory("result", 4, 4, place)?;
    let (from, to) = (operands.address("in", place)?, operands.address("out", place)?);
    let mut all = Vec::new();
    while !operands.is_at_end() {
        subscribe(&operands.bytes("a subscription")?, &mut all, place)?;
    }
    operands.end()?;
    let asked = count.unwrap_or(all.len() as u64) as u32 as usize;
    let of = |size: usize| asked.saturating_mul(size);
    // So many reach beyond the end of memory, wherever they are.
    let given = |address, size| match memory(Some(0), of(size), 8) {
        Err(_) => Err(Fault::Outside),
        Ok(()) => memory(address, of(size), 8),
    };
    let events = given(to, EVENT.size()).and(result);
    let subscriptions = given(from, SUBSCRIPTION.size()).map(|()| {
        all.truncate(asked);
        all
    });
    let call = Call::PollOneoff { subscriptions, to: events };
    Ok(shown(call, move |success| match success.value {
        model::Value::Events(events) => (show(events, with_nbytes, with_flags), None),
        _ => (Shown::anything(), None),
    }))
}

/// Adds the subscription of a word, once or several times.
fn subscribe(word: &[u8], to: &mut Vec<Subscription>, place: &mut Place) -> Result<(), Stop> {
    let text = String::from_utf8_lossy(word).into_owned();
    let (times, text) = match text.split_once('*') {
        Some((times, rest)) => (value(times, place.world)?, rest.to_owned()),
        None => (1, text),
    };
    let (userdata, text) = match text.split_once('@') {
        Some((userdata, rest)) => (Some(value(userdata, place.world)?), rest.to_owned()),
        None => (None, text),
    };
    let parts: Vec<&str> = text.split(':').collect();
    let interest = match parts.as_slice() {
        ["clock", clock, timeout, rest @ ..] if rest.len() <= 2 => {
            let named = CLOCKID.number(clock).map(u64::from);
            let clock = named.map_or_else(|| value(clock, place.world), Ok)? as u32;
            let flags = match rest.first() {
                None | Some(&"-") => 0,
                Some(&"abstime") => ABSTIME,
                Some(number) => value(number, place.world)?,
            };
            Interest::Clock { clock, timeout: sum(timeout, place.world)?, flags }
        }
        ["fd_read", name] => Interest::Read(fd(&bare(name), place)?),
        ["fd_write", name] => Interest::Write(fd(&bare(name), place)?),
        ["tag", tag] => Interest::Unknown(value(tag, place.world)? as u8),
        _ => return Err(Stop::Usage(format!("`{text}` is no subscription"))),
    };
    for _ in 0..times {
        let next = to.len() as u64 + 1;
        to.push(Subscription { userdata: userdata.unwrap_or(next), interest });
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

/// `USERDATA:TYPE`, and the error if there is one, sorted, since nothing specifies the order.
fn show(events: &[Event], with_nbytes: bool, with_flags: bool) -> Shown {
    match events {
        [] => return Shown::text("nothing"),
        many if many.len() > MOST_SHOWN => return Shown::text(format!("{} events", many.len())),
        _ => {}
    }
    let mut sorted = events.to_vec();
    sorted.sort_by_key(|event| (event.userdata, event.kind, event.error, event.nbytes));
    let mut all = Shown::default();
    for (at, event) in sorted.iter().enumerate() {
        let kind = names::show(&EVENTTYPE, event.kind.into());
        all = all.and(if at > 0 { " " } else { "" }).and(format!("{}:{kind}", event.userdata));
        if let Some(errno) = event.error {
            all = all.and(format!("={}", errno.name()));
        } else if event.kind != 0 {
            if with_nbytes {
                all = all.and(format!(" nbytes={}", event.nbytes));
            }
            if with_flags {
                all = all.and(" flags=").and_one_of(&["0", "1"]);
            }
        }
    }
    all
}
