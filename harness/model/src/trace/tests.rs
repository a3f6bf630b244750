//! Traces that are allowed, and the same traces with one thing changed.

use super::*;
use crate::content::Content;
use crate::errno::*;
use crate::files::{Directory, Kind, Times};
use crate::flags::{APPEND, FD_READ, FD_SEEK, FD_WRITE};
use crate::listing::{Dirent, Listing};
use crate::state::Host;
use crate::streams::StreamKind;

/// A preopen at 3, in which there is `a.txt`, which says `hello`.
fn start() -> State {
    let host = Host { args: Vec::new(), environ: Vec::new(), limits: Default::default() };
    let mut state = State::new(host, StreamKind::Input);
    let times = Times::all(Time::Exactly(7));
    let root = state.files.add(1, times, Kind::Directory(Directory::new(1)));
    let file = state.files.add(1, times, Kind::File(Content::new(b"hello")));
    state.files.get_mut(root).links = 1;
    state.files.name(root, b"a.txt", file);
    state.preopen(b"/data", root, false);
    state
}

fn step(call: Call, observed: Observation) -> Step {
    Step { clocks: Clocks::default(), call, observed }
}

fn open(rights: u64, fdflags: u64, as_number: Fd) -> Step {
    let call = Call::PathOpen {
        fd: 3,
        lookup: 0,
        path: Ok(b"a.txt".to_vec()),
        oflags: 0,
        base: rights,
        inheriting: 0,
        fdflags,
        to: Ok(()),
    };
    step(call, number(as_number.into()))
}

fn number(number: u64) -> Observation {
    Observation::Succeeded(Value::Number(Number::Exactly(number)))
}

fn read(fd: Fd, text: &[u8]) -> Step {
    let observed = Observation::Succeeded(Value::Counted(text.to_vec()));
    step(Call::FdRead { fd, room: Ok(16), to: Ok(()) }, observed)
}

fn pread(fd: Fd, text: &[u8]) -> Step {
    let observed = Observation::Succeeded(Value::Counted(text.to_vec()));
    step(Call::FdPread { fd, room: Ok(16), offset: 0, to: Ok(()) }, observed)
}

#[test]
fn a_host_chooses_the_numbers_of_descriptors() {
    for fd in [4, 1000] {
        check(start(), &[open(FD_READ, 0, fd), read(fd, b"hello"), read(fd, b"")]).unwrap();
    }
    for fd in [3, 1 << 31] {
        let refusal = check(start(), &[open(FD_READ, 0, fd)]).unwrap_err();
        assert_eq!(refusal.allowed[0].1.last(), Some(&"path_open.own_offset"));
    }
}

#[test]
fn a_wrong_result_is_reported_with_what_is_allowed() {
    let trace = [open(FD_READ, 0, 4), read(4, b"hello"), read(4, b"hello")];
    let refusal = check(start(), &trace).unwrap_err();
    assert_eq!(refusal.step, 2);
    let [(Outcome::Succeeds(Value::Counted(bytes)), rules)] = &refusal.allowed[..] else {
        panic!("{refusal}");
    };
    assert!(bytes.is_empty() && rules.contains(&"fd_read.past_the_end"), "{refusal}");
    assert!(refusal.to_string().contains("step 3: FdRead"), "{refusal}");
}

#[test]
fn each_error_that_applies_is_allowed_and_no_other() {
    let seek = |observed| step(Call::FdSeek { fd: 4, offset: -1, whence: 0, to: Ok(()) }, observed);
    for errno in [NOTCAPABLE, INVAL] {
        check(start(), &[open(FD_READ, 0, 4), seek(Observation::Failed(errno))]).unwrap();
    }
    for observed in [Observation::Failed(BADF), Observation::Trapped, number(0)] {
        check(start(), &[open(FD_READ, 0, 4), seek(observed)]).unwrap_err();
    }
}

#[test]
fn a_later_call_decides_between_the_states_that_were_possible() {
    let data = Ok(b"HE".to_vec());
    let write = step(Call::FdPwrite { fd: 4, data, offset: 0, to: Ok(()) }, number(2));
    let opened = open(FD_READ | FD_WRITE | FD_SEEK, APPEND, 4);
    let both = [opened, write];
    assert_eq!(check(start(), &both).unwrap().len(), 2);
    for (text, is_allowed) in [(b"helloHE", true), (b"HEllo\0\0", false)] {
        let trace = [&both[..], &[pread(4, text)]].concat();
        assert_eq!(check(start(), &trace).is_ok(), is_allowed, "{text:?}");
    }
    let trace = [&both[..], &[pread(4, b"HEllo")]].concat();
    assert_eq!(check(start(), &trace).unwrap().len(), 1);
}

#[test]
fn a_bad_address_traps() {
    let call = Call::FdTell { fd: 0, to: Err(crate::call::Fault::Outside) };
    check(start(), &[step(call.clone(), Observation::Trapped)]).unwrap();
    let refusal = check(start(), &[step(call, number(0))]).unwrap_err();
    assert!(refusal.allowed.iter().any(|(_, rules)| rules == &["pointers.outside"]));
}

/// Directory entries as a host gives them: names with their cookies.
fn entries(names: &[(&str, u64)]) -> Vec<u8> {
    let entry = |(name, cookie): &(&str, u64)| {
        let filetype = if name.starts_with('.') { "directory" } else { "regular_file" };
        let filetype = crate::flags::file_type(filetype);
        let listing = Listing {
            directory: 1,
            entries: vec![Dirent {
                name: name.as_bytes().into(),
                ino: 77,
                filetype,
                next: *cookie,
            }],
            cookie: 0,
            room: 100,
        };
        listing.bytes()
    };
    names.iter().flat_map(entry).collect()
}

fn list(room: u32, cookie: u64, bytes: &[u8]) -> Step {
    let observed =
        Observation::Succeeded(Value::Counted(bytes[..bytes.len().min(room as usize)].into()));
    step(Call::FdReaddir { fd: 3, room: Ok(room), cookie, to: Ok(()) }, observed)
}

#[test]
fn a_host_chooses_the_order_of_a_directory_and_its_cookies() {
    let all = entries(&[("a.txt", 900), ("..", 17), (".", u64::MAX)]);
    let [first, rest] = [&all[..29], &all[29..]];
    let last = list(512, u64::MAX, &[]);
    for trace in [
        [list(512, 0, &all), list(512, 900, rest), last.clone()],
        [list(40, 0, &all), list(512, 900, rest), last.clone()],
        [list(29, 0, &all), list(0, 900, rest), list(512, 900, rest)],
        [list(512, 0, first), list(512, 900, &[]), list(512, 0, &all)],
    ] {
        check(start(), &trace).unwrap();
    }
}

#[test]
fn each_entry_is_listed_once_and_none_is_missing() {
    let twice = entries(&[("a.txt", 900), (".", 17), ("a.txt", 18)]);
    let other = entries(&[("b.txt", 900)]);
    let all = entries(&[(".", 17), ("a.txt", 900)]);
    let fails = step(
        Call::FdReaddir { fd: 3, room: Ok(512), cookie: 17, to: Ok(()) },
        Observation::Failed(INVAL),
    );
    for trace in [
        vec![list(512, 0, &twice)],
        vec![list(512, 0, &other)],
        vec![list(512, 0, &[])],
        vec![list(512, 0, &all[..40])],
        vec![list(40, 0, &all), list(512, 17, &[])],
        vec![list(512, 0, &all), list(512, 900, &all[25..])],
        vec![list(512, 0, &all), fails.clone()],
    ] {
        check(start(), &trace).unwrap_err();
    }
    check(start(), &[fails]).unwrap();
}
