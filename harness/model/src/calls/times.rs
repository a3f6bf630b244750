//! `fd_filestat_set_times`, `path_filestat_set_times`.

use preview1::FSTFLAGS;

use super::stat::{check_lookup, last};
use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::{INVAL, NOTCAPABLE};
use crate::files::{Ino, Kind, Time};
use crate::flags::{
    ATIM, ATIM_NOW, FD_FILESTAT_SET_TIMES, MTIM, MTIM_NOW, PATH_FILESTAT_SET_TIMES,
};
use crate::state::State;
use crate::walk::Last;

pub fn fd_filestat_set_times(
    mut may: Branches,
    fd: Fd,
    atim: u64,
    mtim: u64,
    flags: u64,
) -> Vec<Branch> {
    let rule = "fd_filestat_set_times.bad_descriptor";
    let Some(descriptor) = may.open(fd, rule) else { return may.done() };
    let lacks = !descriptor.has(FD_FILESTAT_SET_TIMES);
    may.fail_if(lacks, &[NOTCAPABLE], "fd_filestat_set_times.without_right");
    check_flags(&mut may, flags, "fd_filestat_set_times.given_and_now");
    may.changes(descriptor);
    let Some((ino, inode)) = may.state.inode(descriptor) else {
        // A pipe has no times to set.
        may.fail(&[INVAL, NOTCAPABLE], "fd_filestat_set_times.without_right");
        return may.done();
    };
    let kind: Rule = match inode.kind {
        Kind::Directory(_) => "fd_filestat_set_times.directory",
        _ => "fd_filestat_set_times.read_only",
    };
    let which: [Rule; 2] = match (flags & (ATIM | ATIM_NOW) != 0, flags & (MTIM | MTIM_NOW) != 0) {
        (true, true) => {
            ["fd_filestat_set_times.both", "fd_filestat_set_times.one_given_and_one_now"]
        }
        (true, false) => ["fd_filestat_set_times.atim_only", "fd_filestat_set_times.now"],
        (false, true) => ["fd_filestat_set_times.mtim_only", "fd_filestat_set_times.now"],
        (false, false) => ["fd_filestat_set_times.none", "fd_filestat_set_times.ctim"],
    };
    let exact = ["fd_filestat_set_times.nanoseconds", "fd_filestat_set_times.after_2038"];
    may.change(&[&[kind], &which[..], &exact].concat(), Value::Nothing, |next| {
        set(next, ino, atim, mtim, flags);
    })
}

pub fn path_filestat_set_times(
    mut may: Branches,
    fd: Fd,
    lookup: u64,
    path: &Given<Vec<u8>>,
    atim: u64,
    mtim: u64,
    flags: u64,
) -> Vec<Branch> {
    check_lookup(&mut may, lookup);
    check_flags(&mut may, flags, "path_filestat_set_times.given_and_now");
    let Some((descriptor, from)) = may.directory(fd, PATH_FILESTAT_SET_TIMES) else {
        return may.done();
    };
    may.changes(descriptor);
    let last = last(lookup);
    let Some((_, ino, inode)) = may.find(from, path, last, "sandbox.filestat_set_times") else {
        return may.done();
    };
    let kind: Rule = match (&inode.kind, last) {
        (Kind::Directory(_), _) => "path_filestat_set_times.directory",
        (Kind::Symlink(_), _) => "path_filestat_set_times.symlink",
        (_, Last::Follow) => "path_filestat_set_times.symlink_followed",
        _ => "path_filestat_set_times.of_the_file",
    };
    let which = ["path_filestat_set_times.kept", "path_filestat_set_times.each_its_own"];
    let what = if flags & (ATIM_NOW | MTIM_NOW) != 0 {
        "path_filestat_set_times.now"
    } else {
        "path_filestat_set_times.given"
    };
    // A file system that cannot store so late a time may refuse it.
    if atim.max(mtim) > i64::MAX as u64 {
        may.may_fail(&[INVAL], "path_filestat_set_times.latest");
    }
    let rules = [&[kind, what, "path_filestat_set_times.late"], &which[..]].concat();
    may.change(&rules, Value::Nothing, |next| set(next, ino, atim, mtim, flags))
}

fn check_flags(may: &mut Branches, flags: u64, both: Rule) {
    let unknown = flags & !FSTFLAGS.all() != 0;
    may.fail_if(unknown, &[INVAL], "path_filestat_set_times.unknown_fstflags");
    let has_both = [ATIM | ATIM_NOW, MTIM | MTIM_NOW].iter().any(|both| flags & both == *both);
    may.fail_if(has_both, &[INVAL], both);
}

fn set(next: &mut State, ino: Ino, atim: u64, mtim: u64, flags: u64) {
    let now = Time::Since(next.began.realtime);
    let times = &mut next.files.get_mut(ino).times;
    let time = |given, given_flag, now_flag, old| match () {
        () if flags & given_flag != 0 => Time::Exactly(given),
        () if flags & now_flag != 0 => now,
        () => old,
    };
    times.accessed = time(atim, ATIM, ATIM_NOW, times.accessed);
    times.modified = time(mtim, MTIM, MTIM_NOW, times.modified);
    if flags != 0 {
        times.changed = now;
    }
}
