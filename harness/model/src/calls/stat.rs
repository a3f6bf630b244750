//! `fd_fdstat_get`, `fd_filestat_get`, `path_filestat_get`.

use preview1::LOOKUPFLAGS;

use crate::branch::{Branch, Branches, Fdstat, Filestat, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::{INVAL, NOTCAPABLE};
use crate::files::{Files, Ino, Kind, Time, Times};
use crate::flags::{FD_FILESTAT_GET, PATH_FILESTAT_GET, SYMLINK_FOLLOW, file_type};
use crate::walk::Last;

pub fn fd_fdstat_get(mut may: Branches, fd: Fd, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(descriptor) = may.open(fd, "fd_fdstat_get.bad_descriptor") else { return may.done() };
    let (filetype, rules): (_, &[Rule]) = match may.state.stream(descriptor) {
        Some((_, stream)) if stream.is_socket() => (stream.filetype(), &["sock_accept.filetype"]),
        Some((_, stream)) => {
            (stream.filetype(), &["fd_fdstat_get.stdio", "fd_fdstat_get.stdio_rights"])
        }
        None => match may.state.inode(descriptor) {
            Some((_, inode)) if inode.is_directory() => {
                (inode.filetype(), &["fd_fdstat_get.directory", "fd_fdstat_get.inheriting"])
            }
            _ => ("regular_file", &["fd_fdstat_get.file", "path_open.rights", "path_open.fdflags"]),
        },
    };
    let value = Fdstat {
        filetype: file_type(filetype),
        flags: descriptor.flags,
        rights: descriptor.rights,
        inheriting: descriptor.inheriting,
    };
    may.succeed(rules, Value::Fdstat(value))
}

pub fn fd_filestat_get(mut may: Branches, fd: Fd, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(descriptor) = may.open(fd, "fd_filestat_get.bad_descriptor") else {
        return may.done();
    };
    may.fail_if(!descriptor.has(FD_FILESTAT_GET), &[NOTCAPABLE], "fd_filestat_get.without_right");
    let Some((ino, inode)) = may.state.inode(descriptor) else {
        let filetype = may.state.stream(descriptor).map_or("unknown", |(_, s)| s.filetype());
        let times = Times::all(Time::Exactly(0));
        let stat = filestat(0, 0, filetype, 1, 0, times);
        return may.succeed(&["fd_filestat_get.stdin"], Value::Filestat(stat));
    };
    let rules: &[Rule] = match inode.kind {
        Kind::Directory(_) => &["fd_filestat_get.directory"],
        _ => &[
            "fd_filestat_get.file",
            "fd_filestat_get.size_after_write",
            "fd_filestat_get.links_come_and_go",
            "fd_filestat_get.large_size",
        ],
    };
    let same = ["fd_filestat_get.same_file", "fd_filestat_get.other_file", "fd_filestat_get.times"];
    let stat = filestat_of(&may.state.files, ino);
    may.succeed(&[rules, &same].concat(), Value::Filestat(stat))
}

pub fn path_filestat_get(
    mut may: Branches,
    fd: Fd,
    lookup: u64,
    path: &Given<Vec<u8>>,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    check_lookup(&mut may, lookup);
    let Some((_, from)) = may.directory(fd, PATH_FILESTAT_GET) else { return may.done() };
    let last = last(lookup);
    let Some((_, ino, inode)) = may.find(from, path, last, "sandbox.filestat_get") else {
        return may.done();
    };
    let of_kind: Rule = match (&inode.kind, last) {
        (Kind::Directory(_), _) => "path_filestat_get.directory",
        (Kind::Symlink(_), _) => "path_filestat_get.symlink",
        (_, Last::Follow) => "path_filestat_get.symlink_followed",
        _ => "path_filestat_get.file",
    };
    let all = ["path_filestat_get.same_as_of_descriptor", "path_filestat_get.identity"];
    let each = ["path_filestat_get.size", "path_filestat_get.nlink", "path_filestat_get.times"];
    let stat = filestat_of(&may.state.files, ino);
    may.succeed(&[&[of_kind], &all[..], &each].concat(), Value::Filestat(stat))
}

fn filestat_of(files: &Files, ino: Ino) -> Filestat {
    let inode = files.get(ino);
    filestat(inode.dev, ino, inode.filetype(), inode.links, inode.size(), inode.times)
}

fn filestat(dev: u64, ino: Ino, filetype: &str, links: u64, size: u64, times: Times) -> Filestat {
    Filestat {
        dev,
        ino,
        filetype: file_type(filetype),
        links,
        size,
        accessed: times.accessed,
        modified: times.modified,
        changed: times.changed,
    }
}

/// What to do with a symbolic link at the end of a path that names something to look at.
pub fn last(lookup: u64) -> Last {
    if lookup & SYMLINK_FOLLOW != 0 { Last::Follow } else { Last::FollowBeforeSlash }
}

pub fn check_lookup(may: &mut Branches, lookup: u64) {
    may.fail_if(lookup & !LOOKUPFLAGS.all() != 0, &[INVAL], "paths.unknown_lookupflags");
}
