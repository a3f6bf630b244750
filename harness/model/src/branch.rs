//! What may happen in a call, and the rules that say so.

use crate::call::{Fault, Fd, Given};
use crate::errno::{BADF, Errno};
use crate::files::Time;
use crate::flags::{DSYNC, OF_DIRECTORIES, RSYNC, SYNC, event_type, file_type};
use crate::listing::Listing;
use crate::state::{Descriptor, State};

/// The id of a rule in `expectations/`, which has its text, its level and its basis.
pub type Rule = &'static str;

/// One thing that may happen.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The rules that it rests on.
    pub rules: Vec<Rule>,
    pub outcome: Outcome,
    /// The state afterwards; none if it stays as it is.
    pub next: Option<State>,
}

/// What a call comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Succeeds(Value),
    Fails(Errno),
    /// The guest traps, and the call does not return.
    Traps,
    /// The guest ends with this code.
    Exits(u32),
    /// Nothing yet: the call waits until time has passed or data has arrived. The state holds both.
    Waits,
}

/// What a call that succeeds writes to memory.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nothing,
    Number(Number),
    /// A list, with a NUL after each element.
    Strings(Vec<Vec<u8>>),
    /// How many strings, and how long they are.
    Sizes {
        count: u64,
        size: u64,
    },
    Fdstat(Fdstat),
    Filestat(Filestat),
    /// The length of a preopen's name.
    Prestat(usize),
    /// Bytes without their number.
    Bytes(Vec<u8>),
    /// Bytes and how many there are.
    Counted(Vec<u8>),
    /// Directory entries. A host gives them as bytes.
    Entries(Listing),
    /// As many random bytes.
    Random(u32),
    Events(Vec<Event>),
}

/// A number that is known, or of which something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    Exactly(u64),
    /// The reading of a clock that showed this at the beginning of the call.
    Since(u64),
    Between(u64, u64),
    /// A number for a new descriptor.
    Unused(Fd),
}

impl Number {
    /// The one that the reference takes.
    pub fn first(self) -> u64 {
        match self {
            Number::Exactly(number) | Number::Since(number) | Number::Between(number, _) => number,
            Number::Unused(fd) => fd.into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fdstat {
    pub filetype: u8,
    pub flags: u64,
    pub rights: u64,
    pub inheriting: u64,
}

impl Fdstat {
    /// The flags that may be reported: a weaker kind of synchronization is part of a stronger one.
    pub fn all_flags(&self) -> impl Iterator<Item = u64> {
        let parts = match self.flags {
            flags if flags & RSYNC != 0 => 4,
            flags if flags & SYNC != 0 => 2,
            _ => 1,
        };
        let flags = self.flags;
        [0, DSYNC, SYNC, DSYNC | SYNC].into_iter().take(parts).map(move |part| flags | part)
    }

    /// Rights without those that do not apply to the type of the file, which may be left out.
    pub fn least_rights(&self) -> u64 {
        let is_file = self.filetype == file_type("regular_file");
        if is_file { self.rights & !OF_DIRECTORIES } else { self.rights }
    }

    /// Whether this may be reported as that.
    pub fn admits(&self, seen: &Fdstat) -> bool {
        self.filetype == seen.filetype
            && self.all_flags().any(|flags| flags == seen.flags)
            && seen.rights & !self.rights == 0
            && seen.rights & self.least_rights() == self.least_rights()
            && self.inheriting == seen.inheriting
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub links: u64,
    pub size: u64,
    pub accessed: Time,
    pub modified: Time,
    pub changed: Time,
}

/// Something that `poll_oneoff` waited for and that has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    pub userdata: u64,
    pub error: Option<Errno>,
    pub kind: u8,
    pub nbytes: u64,
}

impl Event {
    /// Whether this may be reported as that. Only what can be read has a number of bytes.
    pub fn admits(&self, seen: &Event) -> bool {
        let is_read = self.kind == event_type("fd_read") && self.error.is_none();
        let nbytes = if is_read { seen.nbytes } else { self.nbytes };
        *self == Event { nbytes, ..*seen }
    }
}

/// The branches of a call, while they are collected. If several errors apply, all are allowed.
pub(crate) struct Branches<'s> {
    pub state: &'s State,
    list: Vec<Branch>,
    /// Errors that the call can give as well: the reference takes another branch.
    also: Vec<Branch>,
    refused: bool,
}

impl<'s> Branches<'s> {
    pub fn new(state: &'s State) -> Branches<'s> {
        Branches { state, list: Vec::new(), also: Vec::new(), refused: false }
    }

    fn add(&mut self, rules: &[Rule], outcome: Outcome, next: Option<State>) {
        self.list.push(Branch { rules: rules.into(), outcome, next });
    }

    /// The call fails, with one of these.
    pub fn fail(&mut self, errnos: &[Errno], rule: Rule) {
        self.refused = true;
        for errno in errnos {
            self.add(&[rule], Outcome::Fails(*errno), None);
        }
    }

    pub fn fail_if(&mut self, condition: bool, errnos: &[Errno], rule: Rule) {
        if condition {
            self.fail(errnos, rule);
        }
    }

    /// The call can also fail with one of these.
    pub fn may_fail(&mut self, errnos: &[Errno], rule: Rule) {
        for errno in errnos {
            let outcome = Outcome::Fails(*errno);
            self.also.push(Branch { rules: vec![rule], outcome, next: None });
        }
    }

    /// Or it does what another reading of the call comes to.
    pub fn or(&mut self, other: Vec<Branch>) {
        self.also.extend(other);
    }

    /// Something in memory that the call needs.
    pub fn needs<T>(&mut self, given: Given<T>) -> Option<T> {
        let rule = match given {
            Ok(value) => return Some(value),
            Err(Fault::Outside) => "pointers.outside",
            Err(Fault::Misaligned) => "pointers.misaligned",
        };
        self.refused = true;
        self.add(&[rule], Outcome::Traps, None);
        None
    }

    /// An open descriptor; otherwise the call fails.
    pub fn open(&mut self, fd: Fd, rule: Rule) -> Option<&'s Descriptor> {
        let descriptor = self.state.descriptors.get(&fd);
        self.fail_if(descriptor.is_none(), &[BADF], rule);
        descriptor
    }

    /// Whether the call cannot succeed.
    pub fn refused(&self) -> bool {
        self.refused
    }

    pub fn outcome(mut self, rules: &[Rule], outcome: Outcome) -> Vec<Branch> {
        if !self.refused {
            self.add(rules, outcome, None);
        }
        self.all()
    }

    /// The reference takes the first.
    fn all(mut self) -> Vec<Branch> {
        self.list.append(&mut self.also);
        self.list
    }

    /// The call succeeds and changes nothing, unless it is refused.
    pub fn succeed(self, rules: &[Rule], value: Value) -> Vec<Branch> {
        self.outcome(rules, Outcome::Succeeds(value))
    }

    /// The call succeeds and changes the state, unless it is refused.
    pub fn change(
        mut self,
        rules: &[Rule],
        value: Value,
        change: impl FnOnce(&mut State),
    ) -> Vec<Branch> {
        self.also_change(rules, value, change);
        if !self.refused {
            self.list.rotate_right(1);
        }
        self.all()
    }

    /// The call can also succeed in this way, unless it is refused.
    pub fn also_change(&mut self, rules: &[Rule], value: Value, change: impl FnOnce(&mut State)) {
        if !self.refused {
            let mut next = self.state.clone();
            change(&mut next);
            self.add(rules, Outcome::Succeeds(value), Some(next));
        }
    }

    /// The call does not succeed.
    pub fn done(self) -> Vec<Branch> {
        debug_assert!(self.refused, "a call that does not succeed fails");
        self.all()
    }
}
