//! `poll_oneoff`.

use preview1::SUBCLOCKFLAGS;

use crate::branch::{Branch, Branches, Event, Outcome, Rule, Value};
use crate::call::{Fd, Given, Interest, Subscription};
use crate::errno::{BADF, Errno, INVAL, NOTCAPABLE};
use crate::files::Kind;
use crate::flags::{ABSTIME, POLL_FD_READWRITE, event_type};
use crate::state::{Object, State};

pub fn poll_oneoff(
    mut may: Branches,
    subscriptions: &Given<Vec<Subscription>>,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let subscriptions = may.needs(subscriptions.as_ref().map_err(|fault| *fault));
    let Some(subscriptions) = subscriptions else { return may.done() };
    may.fail_if(subscriptions.is_empty(), &[INVAL], "poll_oneoff.no_subscriptions");
    let mut events = Vec::new();
    let mut rules: Vec<Rule> = vec![
        "poll_oneoff.what_has_happened",
        "poll_oneoff.all_that_has_happened",
        "poll_oneoff.userdata",
        "poll_oneoff.count",
    ];
    for subscription in subscriptions {
        let Some(Happened { kind, rule, result }) = happened(may.state, subscription.interest)
        else {
            continue;
        };
        // Whether the call fails or its event does is left open.
        if let Err(errno) = result
            && errno != NOTCAPABLE
        {
            may.may_fail(&[errno], rule);
        }
        rules.push(rule);
        events.push(Event {
            userdata: subscription.userdata,
            error: result.err(),
            kind,
            nbytes: result.unwrap_or(0),
        });
    }
    rules.dedup();
    if events.is_empty() {
        return may.outcome(&["poll_oneoff.relative"], Outcome::Waits);
    }
    may.succeed(&rules, Value::Events(events))
}

/// An event, and why it is one.
struct Happened {
    kind: u8,
    rule: Rule,
    result: Result<u64, Errno>,
}

fn happened(state: &State, interest: Interest) -> Option<Happened> {
    let (kind, (rule, result)) = match interest {
        Interest::Clock { clock, timeout, flags } => {
            (event_type("clock"), has_passed(state, clock, timeout, flags)?)
        }
        Interest::Read(fd) => (event_type("fd_read"), is_ready(state, fd, true)?),
        Interest::Write(fd) => (event_type("fd_write"), is_ready(state, fd, false)?),
        Interest::Unknown(tag) => (tag, ("poll_oneoff.unknown_type", Err(INVAL))),
    };
    Some(Happened { kind, rule, result })
}

type Reason = (Rule, Result<u64, Errno>);

fn has_passed(state: &State, clock: u32, timeout: u64, flags: u64) -> Option<Reason> {
    if flags & !SUBCLOCKFLAGS.all() != 0 {
        return Some(("poll_oneoff.unknown_flags", Err(INVAL)));
    }
    let (Some(began), Some(now)) = (state.began.get(clock), state.clocks.get(clock)) else {
        return Some(("poll_oneoff.unknown_clock", Err(INVAL)));
    };
    let (rule, deadline) = match flags & ABSTIME {
        0 => ("poll_oneoff.relative", began.checked_add(timeout)),
        _ => ("poll_oneoff.absolute", Some(timeout)),
    };
    // A time that the clock cannot count to does not pass.
    let has_passed = deadline.is_some_and(|deadline| deadline <= now);
    has_passed.then_some((rule, Ok(0)))
}

fn is_ready(state: &State, fd: Fd, to_read: bool) -> Option<Reason> {
    let Some(descriptor) = state.descriptors.get(&fd) else {
        return Some(("poll_oneoff.not_open", Err(BADF)));
    };
    if !descriptor.has(POLL_FD_READWRITE) {
        return Some(("poll_oneoff.no_right", Err(NOTCAPABLE)));
    }
    match descriptor.object {
        Object::Inode(ino) => match &state.files.get(ino).kind {
            Kind::File(content) => {
                let left = content.size().saturating_sub(descriptor.offset);
                Some(("poll_oneoff.regular_files", Ok(if to_read { left } else { 0 })))
            }
            _ => Some(("poll_oneoff.directories", Ok(0))),
        },
        Object::Stream(place) => {
            let stream = &state.streams[place];
            let rule = match stream.ended && stream.arrived.is_empty() {
                true => "poll_oneoff.end_of_file",
                false => "poll_oneoff.data",
            };
            if to_read {
                let left = stream.arrived.len() as u64;
                stream.is_readable().then_some((rule, Ok(left)))
            } else {
                stream.is_writable().then_some((rule, Ok(0)))
            }
        }
    }
}
