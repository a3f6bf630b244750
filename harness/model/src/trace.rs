//! Whether a trace of calls, with what each of them gave, is one that the model allows.
//!
//! Since a call may have several branches, several states are possible after it. A trace is allowed as
//! long as one of them is left.

use std::collections::BTreeMap;
use std::fmt;

use crate::branch::{Branch, Filestat, Number, Outcome, Rule, Value};
use crate::call::{Call, Fd};
use crate::calls::allowed;
use crate::errno::Errno;
use crate::files::{Ino, Time};
use crate::listing::Cookies;
use crate::shared::Shared;
use crate::state::{Clocks, State};

/// File systems take the time from a clock that is up to a tick behind.
const TICK: u64 = 20_000_000;

/// The rule that lets a call fail because of its cookie.
const NO_COOKIE: Rule = "fd_readdir.cookie_of_no_entry";

/// New descriptors have numbers below this one.
const DESCRIPTORS: Fd = 1 << 31;

/// A call and what it gave.
#[derive(Clone, Debug)]
pub struct Step {
    /// What the clocks showed when the call began.
    pub clocks: Clocks,
    pub call: Call,
    pub observed: Observation,
}

/// What a call gave. Numbers and times in values are exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    Succeeded(Value),
    Failed(Errno),
    Trapped,
    Exited(u32),
}

/// The first step that the model does not allow.
#[derive(Debug)]
pub struct Refusal {
    /// Its place in the trace.
    pub step: usize,
    pub call: Call,
    pub observed: Observation,
    /// What is allowed, and by which rules.
    pub allowed: Vec<Allowed>,
}

/// An outcome, and the rules that allow it.
pub type Allowed = (Outcome, Vec<Rule>);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "step {}: {:?}", self.step + 1, self.call)?;
        writeln!(f, "  gave {:?}", self.observed)?;
        for (outcome, rules) in &self.allowed {
            writeln!(f, "  allowed by {}: {outcome:?}", rules.join(", "))?;
        }
        Ok(())
    }
}

/// A state that is possible, and the numbers that its inodes were seen to have.
#[derive(Clone)]
struct Possible {
    state: State,
    seen: Shared<BTreeMap<Ino, (u64, u64)>>,
    cookies: Shared<Cookies>,
}

/// The states that are possible after a trace.
pub fn check(start: State, trace: &[Step]) -> Result<Vec<State>, Box<Refusal>> {
    let mut possible =
        vec![Possible { state: start, seen: Shared::default(), cookies: Shared::default() }];
    for (place, step) in trace.iter().enumerate() {
        let mut next: Vec<Possible> = Vec::new();
        let mut outcomes = Vec::new();
        for mut before in possible {
            before.state.clocks = step.clocks;
            before.state.began = step.clocks;
            for branch in allowed(&before.state, &step.call) {
                match before.after(&step.call, branch, &step.observed) {
                    Ok(after) if next.iter().any(|other| other.state == after.state) => {}
                    Ok(after) => next.push(after),
                    Err(outcome) => outcomes.push(outcome),
                }
            }
        }
        if next.is_empty() {
            let (call, observed) = (step.call.clone(), step.observed.clone());
            return Err(Box::new(Refusal { step: place, call, observed, allowed: outcomes }));
        }
        possible = next;
    }
    Ok(possible.into_iter().map(|possible| possible.state).collect())
}

impl Possible {
    /// What is possible after a branch, if this was it.
    fn after(
        &self,
        call: &Call,
        branch: Branch,
        observed: &Observation,
    ) -> Result<Possible, Allowed> {
        let may_be = match (&branch.outcome, observed) {
            (Outcome::Succeeds(_), Observation::Succeeded(_))
            | (Outcome::Traps, Observation::Trapped) => true,
            (Outcome::Fails(errno), Observation::Failed(seen)) => {
                errno == seen && !(branch.rules == [NO_COOKIE] && self.knows_cookie(call))
            }
            (Outcome::Exits(code), Observation::Exited(seen)) => code == seen,
            _ => false,
        };
        if may_be {
            let state = branch.next.unwrap_or_else(|| self.state.clone());
            let (seen, cookies) = (self.seen.clone(), self.cookies.clone());
            let mut after = Possible { state, seen, cookies };
            let (Outcome::Succeeds(value), Observation::Succeeded(seen)) =
                (&branch.outcome, observed)
            else {
                return Ok(after);
            };
            if after.admits(&self.state, value, seen) {
                return Ok(after);
            }
        }
        Err((branch.outcome, branch.rules))
    }

    /// Whether the host has given the cookie of a call. The model knows its own only.
    fn knows_cookie(&self, call: &Call) -> bool {
        let Call::FdReaddir { fd, cookie, .. } = call else { return false };
        let descriptor = self.state.descriptors.get(fd);
        let directory = descriptor.and_then(|descriptor| self.state.inode(descriptor));
        directory.is_some_and(|(ino, _)| self.cookies.know(ino, *cookie))
    }

    /// Whether a value is as allowed. Takes over what the host was free to choose.
    fn admits(&mut self, before: &State, allowed: &Value, seen: &Value) -> bool {
        match (allowed, seen) {
            (Value::Number(allowed), Value::Number(seen)) => {
                let seen = seen.first();
                match *allowed {
                    Number::Exactly(number) => number == seen,
                    Number::Since(reading) => seen >= reading,
                    Number::Between(least, most) => (least..=most).contains(&seen),
                    Number::Unused(fd) => self.is_numbered(before, fd, seen),
                }
            }
            (Value::Filestat(allowed), Value::Filestat(seen)) => self.admits_stat(allowed, seen),
            (Value::Fdstat(allowed), Value::Fdstat(seen)) => allowed.admits(seen),
            (Value::Events(allowed), Value::Events(seen)) => {
                allowed.len() == seen.len()
                    && allowed.iter().zip(seen).all(|(allowed, seen)| allowed.admits(seen))
            }
            (Value::Entries(listing), Value::Counted(bytes)) => {
                let seen = &self.seen;
                let is_number = |ino, number| seen.get(&ino).is_none_or(|id| id.1 == number);
                self.cookies.admit(listing, bytes, is_number)
            }
            _ => allowed == seen,
        }
    }

    /// The host chose another number for a new descriptor.
    fn is_numbered(&mut self, before: &State, expected: Fd, seen: u64) -> bool {
        let Some(seen) = Fd::try_from(seen).ok().filter(|fd| *fd < DESCRIPTORS) else {
            return false;
        };
        if before.descriptors.contains_key(&seen) {
            return false;
        }
        if let Some(descriptor) = self.state.descriptors.remove(&expected) {
            self.state.descriptors.insert(seen, descriptor);
        }
        true
    }

    fn admits_stat(&mut self, allowed: &Filestat, seen: &Filestat) -> bool {
        let identity = (seen.dev, seen.ino);
        let known = match self.seen.get(&allowed.ino) {
            Some(known) => *known,
            None => *self.seen.entry(allowed.ino).or_insert(identity),
        };
        let is_shared = self.seen.iter().any(|(ino, id)| *ino != allowed.ino && *id == identity);
        let is_directory = allowed.filetype == crate::flags::file_type("directory");
        let time = |allowed: Time, seen: Time| match allowed {
            Time::Exactly(time) => seen.earliest() == time,
            Time::Since(time) => seen.earliest() >= time.saturating_sub(TICK),
        };
        known == identity
            && !is_shared
            && allowed.filetype == seen.filetype
            // File systems do not agree on these numbers of a directory.
            && (is_directory || (allowed.size, allowed.links) == (seen.size, seen.links))
            && time(allowed.modified, seen.modified)
            && time(allowed.changed, seen.changed)
    }
}

#[cfg(test)]
mod tests;
