//! `fd_advise`, `fd_close`, `fd_datasync`, `fd_fdstat_set_flags`, `fd_renumber`, `fd_sync`: descriptors
//! themselves, and what leaves their files as they are.

use preview1::{ADVICE, FDFLAGS};

use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::Fd;
use crate::errno::{BADF, INVAL, NOTCAPABLE, NOTSUP, SPIPE};
use crate::flags::{APPEND, FD_ADVISE, FD_DATASYNC, FD_FDSTAT_SET_FLAGS, FD_SYNC, NONBLOCK};

/// The offset and the length are advice too: none is wrong, and none changes the file.
pub fn fd_advise(mut may: Branches, fd: Fd, advice: u32) -> Vec<Branch> {
    let Some(descriptor) = may.open(fd, "fd_advise.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_ADVISE), &[NOTCAPABLE], "fd_advise.without_right");
    match may.state.inode(descriptor) {
        None => may.fail(&[SPIPE, NOTCAPABLE], "fd_advise.stdin"),
        Some((_, inode)) => {
            may.fail_if(inode.is_directory(), &[BADF], "fd_advise.directory");
        }
    }
    may.fail_if(ADVICE.case(advice).is_none(), &[INVAL], "fd_advise.unknown_advice");
    let ranges = ["fd_advise.past_the_end", "fd_advise.zero_length"];
    may.succeed(
        &[&["fd_advise.every_advice", "fd_advise.read_only"], &ranges[..]].concat(),
        Value::Nothing,
    )
}

pub fn fd_datasync(mut may: Branches, fd: Fd) -> Vec<Branch> {
    let Some(descriptor) = may.open(fd, "fd_datasync.bad_descriptor") else { return may.done() };
    let may_sync = descriptor.has(FD_DATASYNC) || descriptor.has(FD_SYNC);
    may.fail_if(!may_sync, &[NOTCAPABLE], "fd_datasync.without_right");
    if may.state.inode(descriptor).is_none() {
        may.fail(&[INVAL, NOTCAPABLE], "fd_datasync.stdin");
    }
    let rules = ["fd_datasync.written_file", "fd_datasync.unchanged_file", "fd_datasync.read_only"];
    may.succeed(&rules, Value::Nothing)
}

pub fn fd_sync(mut may: Branches, fd: Fd) -> Vec<Branch> {
    let Some(descriptor) = may.open(fd, "fd_sync.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_SYNC), &[NOTCAPABLE], "fd_sync.without_right");
    let rules: &[Rule] = match may.state.inode(descriptor) {
        None => {
            may.fail(&[INVAL, NOTCAPABLE], "fd_sync.stdin");
            &[]
        }
        Some((_, inode)) if inode.is_directory() => &["fd_sync.directory"],
        Some(_) => &["fd_sync.written_file", "fd_sync.unchanged_file", "fd_sync.read_only"],
    };
    may.succeed(rules, Value::Nothing)
}

pub fn fd_close(mut may: Branches, fd: Fd) -> Vec<Branch> {
    let Some(descriptor) = may.open(fd, "fd_close.never_opened") else { return may.done() };
    let of_kind = match fd {
        0 => "fd_close.stdin",
        1 => "fd_close.stdout",
        2 => "fd_close.stderr",
        _ if descriptor.preopen.is_some() => "preopens.closed",
        _ => "fd_close.file",
    };
    let rules = [of_kind, "fd_close.one_of_two", "fd_close.without_rights"];
    may.change(&rules, Value::Nothing, |next| {
        next.descriptors.remove(&fd);
    })
}

pub fn fd_renumber(mut may: Branches, fd: Fd, onto: Fd) -> Vec<Branch> {
    let from = may.open(fd, "fd_renumber.never_opened");
    let target = may.open(onto, "fd_renumber.onto_never_opened");
    if from.is_none() || target.is_none() {
        return may.done();
    }
    if fd == onto {
        return may.succeed(&["fd_renumber.onto_itself"], Value::Nothing);
    }
    let kept = ["fd_renumber.offset_moves_along", "fd_renumber.flags_move_along"];
    let rules = [&kept[..], &["fd_renumber.onto_open_file", "fd_renumber.rights_move_along"]];
    may.change(&rules.concat(), Value::Nothing, |next| {
        if let Some(descriptor) = next.descriptors.remove(&fd) {
            next.descriptors.insert(onto, descriptor);
        }
    })
}

pub fn fd_fdstat_set_flags(mut may: Branches, fd: Fd, flags: u64) -> Vec<Branch> {
    let rule = "fd_fdstat_set_flags.bad_descriptor";
    let Some(descriptor) = may.open(fd, rule) else { return may.done() };
    let lacks = !descriptor.has(FD_FDSTAT_SET_FLAGS);
    may.fail_if(lacks, &[NOTCAPABLE], "fd_fdstat_set_flags.without_right");
    may.fail_if(flags & !FDFLAGS.all() != 0, &[INVAL], "path_open.unknown_fdflags");
    if flags & !(APPEND | NONBLOCK) != 0 {
        may.may_fail(&[NOTSUP], "fd_fdstat_set_flags.dsync");
    }
    let is_directory = may.state.inode(descriptor).is_some_and(|(_, inode)| inode.is_directory());
    let of_kind = if is_directory {
        "fd_fdstat_set_flags.directory"
    } else {
        "fd_fdstat_set_flags.of_one_descriptor"
    };
    let rules = [of_kind, "fd_fdstat_set_flags.shown", "fd_fdstat_set_flags.leaves_the_offset"];
    may.change(&rules, Value::Nothing, |next| {
        if let Some(descriptor) = next.descriptors.get_mut(&fd) {
            descriptor.flags = flags;
        }
    })
}
