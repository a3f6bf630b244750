//! `fd_allocate`, `fd_filestat_set_size`.

use crate::branch::{Branch, Branches, Value};
use crate::call::Fd;
use crate::errno::{BADF, FBIG, INVAL, NODEV, NOTCAPABLE};
use crate::files::{Ino, Kind, Time};
use crate::flags::{FD_ALLOCATE, FD_FILESTAT_SET_SIZE, FD_WRITE};
use crate::state::State;

pub fn fd_allocate(mut may: Branches, fd: Fd, offset: u64, len: u64) -> Vec<Branch> {
    let Some(descriptor) = may.open(fd, "fd_allocate.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_ALLOCATE), &[NOTCAPABLE], "fd_allocate.without_right");
    may.fail_if(!descriptor.has(FD_WRITE), &[BADF], "fd_allocate.read_only");
    may.changes(descriptor);
    let (ino, size) = match may.state.inode(descriptor) {
        Some((ino, inode)) if inode.is_file() => (ino, inode.size()),
        _ => {
            may.fail(&[BADF, NODEV, NOTCAPABLE], "fd_allocate.directory");
            return may.done();
        }
    };
    let end = offset.checked_add(len).filter(|end| *end <= may.state.host.limits.offset);
    let Some(end) = end else {
        may.fail(&[FBIG, INVAL], "fd_allocate.overflow");
        return may.done();
    };
    if len == 0 {
        may.may_fail(&[INVAL], "fd_allocate.zero_length");
        return may.succeed(&["fd_allocate.zero_length"], Value::Nothing);
    }
    if end <= size {
        return may.succeed(&["fd_allocate.inside"], Value::Nothing);
    }
    let rules = ["fd_allocate.grows", "fd_allocate.past_the_end", "fd_allocate.leaves_the_offset"];
    may.change(&rules, Value::Nothing, |next| resize(next, ino, end))
}

pub fn fd_filestat_set_size(mut may: Branches, fd: Fd, size: u64) -> Vec<Branch> {
    let rule = "fd_filestat_set_size.bad_descriptor";
    let Some(descriptor) = may.open(fd, rule) else { return may.done() };
    if !descriptor.has(FD_FILESTAT_SET_SIZE) {
        may.fail(&[NOTCAPABLE], "fd_filestat_set_size.without_right");
        let is_read_only = !descriptor.has(FD_WRITE);
        may.fail_if(is_read_only, &[INVAL, BADF], "fd_filestat_set_size.read_only");
    }
    may.changes(descriptor);
    let (ino, old) = match may.state.inode(descriptor) {
        Some((ino, inode)) if inode.is_file() => (ino, inode.size()),
        _ => {
            may.fail(&[INVAL, BADF, NOTCAPABLE], "fd_filestat_set_size.directory");
            return may.done();
        }
    };
    let is_large = size > may.state.host.limits.offset;
    may.fail_if(is_large, &[INVAL, FBIG], "fd_filestat_set_size.beyond_i64");
    let how = match size {
        0 => "fd_filestat_set_size.to_zero",
        _ if size < old => "fd_filestat_set_size.shrinks",
        _ => "fd_filestat_set_size.grows",
    };
    let right = if descriptor.has(FD_WRITE) {
        "fd_filestat_set_size.with_append"
    } else {
        "fd_filestat_set_size.right_without_fd_write"
    };
    let rules =
        [how, right, "fd_filestat_set_size.leaves_the_offset", "fd_filestat_set_size.large"];
    may.change(&rules, Value::Nothing, |next| resize(next, ino, size))
}

/// Cuts a file off, or fills it with zeros.
pub fn resize(next: &mut State, ino: Ino, size: u64) {
    let now = Time::Since(next.began.realtime);
    let inode = next.files.get_mut(ino);
    if let Kind::File(content) = &mut inode.kind {
        content.resize(size);
    }
    inode.times.modified = now;
    inode.times.changed = now;
}
