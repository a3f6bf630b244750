//! `path_link`, `path_readlink`, `path_symlink`, `path_unlink_file`.

use super::directories::{is_gone, touch};
use super::stat::{check_lookup, last};
use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::*;
use crate::files::{Kind, Time, Times};
use crate::flags::{
    PATH_LINK_SOURCE, PATH_LINK_TARGET, PATH_READLINK, PATH_SYMLINK, PATH_UNLINK_FILE,
};
use crate::walk::{Last, check_text};

pub fn path_link(
    mut may: Branches,
    (old_fd, old_path): (Fd, &Given<Vec<u8>>),
    lookup: u64,
    (new_fd, new_path): (Fd, &Given<Vec<u8>>),
) -> Vec<Branch> {
    check_lookup(&mut may, lookup);
    let source = may.directory(old_fd, PATH_LINK_SOURCE);
    let target = may.directory(new_fd, PATH_LINK_TARGET);
    for (descriptor, _) in [source, target].into_iter().flatten() {
        may.changes(descriptor);
    }
    let last = last(lookup);
    if let Some((_, from)) = source {
        may.may_refuse_link(from, old_path, "sandbox.link_in");
    }
    let found = source.and_then(|(_, from)| may.find(from, old_path, last, "sandbox.link_in"));
    let existing = "path_link.existing";
    let place =
        target.and_then(|(_, from)| may.find_new(from, new_path, existing, "sandbox.link_out"));
    if let Some((_, _, inode)) = &found {
        may.fail_if(inode.is_directory(), &[PERM], "path_link.directory");
    }
    let (Some((_, ino, inode)), Some(new)) = (found, place) else { return may.done() };
    is_gone(&mut may, new.parent);
    let is_other = may.state.files.get(new.parent).dev != inode.dev;
    may.fail_if(is_other, &[XDEV], "path_link.other_file_system");
    let of_kind: Rule = match (&inode.kind, last) {
        (Kind::Symlink(_), _) => "path_link.symlink",
        (_, Last::Follow) => "path_link.symlink_followed",
        _ => "path_link.file_with_follow",
    };
    let rules = [
        of_kind,
        "path_link.another_name",
        "path_link.no_first_name",
        "path_link.between_preopens",
    ];
    may.change(&rules, Value::Nothing, |next| {
        next.files.name(new.parent, &new.name, ino);
        touch(next, ino);
        touch(next, new.parent);
    })
}

pub fn path_readlink(
    mut may: Branches,
    fd: Fd,
    path: &Given<Vec<u8>>,
    room: Given<u32>,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let room = may.needs(room);
    let Some((_, from)) = may.directory(fd, PATH_READLINK) else { return may.done() };
    let last = Last::FollowBeforeSlash;
    let Some((place, _, inode)) = may.find(from, path, last, "sandbox.readlink") else {
        return may.done();
    };
    if place.slash && !inode.is_directory() {
        return may.done();
    }
    let Some(target) = inode.target() else {
        may.fail(&[INVAL], "path_readlink.not_a_link");
        return may.done();
    };
    let Some(room) = room else { return may.done() };
    let amount: Rule = match room as usize {
        0 => "path_readlink.empty_buffer",
        room if room < target.len() => "path_readlink.cut",
        _ => "path_readlink.whole",
    };
    let rules = [amount, "path_readlink.not_ended", "path_readlink.the_link_itself"];
    let bytes = target[..target.len().min(room as usize)].to_vec();
    if target.starts_with(b"/") {
        may.may_fail(&[NOTCAPABLE, PERM], "path_readlink.absolute_target");
    }
    may.succeed(&rules, Value::Counted(bytes))
}

pub fn path_symlink(
    mut may: Branches,
    target: &Given<Vec<u8>>,
    fd: Fd,
    path: &Given<Vec<u8>>,
) -> Vec<Branch> {
    let target = may.needs(target.as_ref().map_err(|fault| *fault));
    let directory = may.directory(fd, PATH_SYMLINK);
    if let Some((descriptor, _)) = directory {
        may.changes(descriptor);
    }
    if let Some(target) = target {
        if let Err((errnos, rule)) = check_text(target) {
            may.fail(errnos, rule);
        }
        may.fail_if(target.is_empty(), &[NOENT], "path_symlink.to_empty_path");
        let is_absolute = target.starts_with(b"/");
        may.fail_if(is_absolute, &[NOTCAPABLE, PERM], "path_symlink.to_absolute_path");
        if target.split(|byte| *byte == b'/').any(|name| name == b"..") {
            may.may_fail(&[NOTCAPABLE, PERM], "path_symlink.to_above_the_sandbox");
        }
        let is_long = target.len() >= may.state.host.limits.path;
        may.fail_if(is_long, &[NAMETOOLONG], "path_symlink.too_long_target");
    }
    let existing = "path_symlink.existing";
    let place =
        directory.and_then(|(_, from)| may.find_new(from, path, existing, "sandbox.symlink_out"));
    let (Some(target), Some(place)) = (target, place) else { return may.done() };
    is_gone(&mut may, place.parent);
    let rules = [
        "path_symlink.made",
        "path_symlink.any_target",
        "path_symlink.long_target",
        "path_symlink.to_above_the_sandbox",
    ];
    may.change(&rules, Value::Nothing, |next| {
        let now = Times::all(Time::Since(next.began.realtime));
        let dev = next.files.get(place.parent).dev;
        let made = next.files.add(dev, now, Kind::Symlink(target.clone()));
        next.files.name(place.parent, &place.name, made);
        touch(next, place.parent);
    })
}

pub fn path_unlink_file(mut may: Branches, fd: Fd, path: &Given<Vec<u8>>) -> Vec<Branch> {
    let Some((descriptor, from)) = may.directory(fd, PATH_UNLINK_FILE) else { return may.done() };
    may.changes(descriptor);
    let last = Last::FollowBeforeSlash;
    may.may_refuse_link(from, path, "sandbox.unlink_file");
    let Some((place, ino, inode)) = may.find(from, path, last, "sandbox.unlink_file") else {
        return may.done();
    };
    if inode.is_directory() {
        may.fail(&[ISDIR], "path_unlink_file.directory");
    }
    let of_kind: Rule = match inode.kind {
        Kind::Symlink(_) => "path_unlink_file.symlink",
        _ => "path_unlink_file.removed",
    };
    let rules = [of_kind, "path_unlink_file.hard_link", "path_unlink_file.open_file"];
    may.change(&rules, Value::Nothing, |next| {
        next.files.unname(place.parent, &place.name);
        touch(next, ino);
        touch(next, place.parent);
    })
}
