//! `fd_readdir`, `path_create_directory`, `path_remove_directory`.

use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::*;
use crate::files::{Directory, Files, Ino, Kind, Time, Times};
use crate::flags::{FD_READDIR, PATH_CREATE_DIRECTORY, PATH_REMOVE_DIRECTORY, file_type};
use crate::listing::{Dirent, Listing};
use crate::state::State;
use crate::walk::{Ends, Last, Place};

pub fn fd_readdir(
    mut may: Branches,
    fd: Fd,
    room: Given<u32>,
    cookie: u64,
    to: Given<()>,
) -> Vec<Branch> {
    may.needs(to);
    let room = may.needs(room);
    let Some(descriptor) = may.open(fd, "fd_readdir.bad_descriptor") else { return may.done() };
    may.fail_if(!descriptor.has(FD_READDIR), &[NOTCAPABLE], "fd_readdir.without_right");
    let (ino, directory) = match may.state.inode(descriptor) {
        None => {
            may.fail(&[NOTDIR, NOTCAPABLE], "fd_readdir.stdin");
            return may.done();
        }
        Some((ino, inode)) => match inode.directory() {
            Some(directory) => (ino, directory),
            None => {
                may.fail(&[NOTDIR, NOTCAPABLE], "fd_readdir.file");
                return may.done();
            }
        },
    };
    let Some(room) = room else { return may.done() };
    if cookie >= directory.next() {
        may.may_fail(&[INVAL, OVERFLOW], "fd_readdir.cookie_of_no_entry");
    }
    let listing = Listing {
        directory: ino,
        entries: entries(&may.state.files, ino, directory),
        cookie,
        room,
    };
    let left = listing.entries.iter().filter(|entry| entry.next > cookie);
    let amount: Rule = match left.map(Dirent::size).sum() {
        _ if room == 0 => "fd_readdir.no_buffer",
        size if size >= room as usize => "fd_readdir.buffer_is_filled",
        0 => "fd_readdir.cookie_of_the_last",
        _ => "fd_readdir.cookie_0_again",
    };
    let rules = [
        amount,
        "fd_readdir.all",
        "fd_readdir.dots",
        "fd_readdir.cookie_goes_on",
        "fd_readdir.small_buffer",
        "fd_readdir.two_descriptors",
    ];
    may.succeed(&rules, Value::Entries(listing))
}

/// All entries, in the order of their cookies.
fn entries(files: &Files, ino: Ino, directory: &Directory) -> Vec<Dirent> {
    let dots = [(&b"."[..], ino, 1), (&b".."[..], directory.parent, 2)];
    let dots = dots.into_iter().map(|(name, ino, next)| (name.into(), ino, next));
    let named = directory.listing().into_iter().map(|(name, e)| (name.clone(), e.ino, e.cookie));
    let entry = |(name, ino, next)| Dirent {
        name,
        ino,
        filetype: file_type(files.get(ino).filetype()),
        next,
    };
    dots.chain(named).map(entry).collect()
}

pub fn path_create_directory(mut may: Branches, fd: Fd, path: &Given<Vec<u8>>) -> Vec<Branch> {
    let right = PATH_CREATE_DIRECTORY;
    let Some((descriptor, from)) = may.directory(fd, right) else { return may.done() };
    may.changes(descriptor);
    let Some(place) = may.walk(from, path, Last::Keep, "sandbox.create_directory") else {
        return may.done();
    };
    if let Some(ino) = place.ino {
        may.fail(&[EXIST], "path_create_directory.existing");
        if place.slash && may.state.files.get(ino).is_file() {
            may.fail(&[NOTDIR], "paths.slash_on_file");
        }
    }
    is_gone(&mut may, place.parent);
    let rules = ["path_create_directory.made", "paths.relative", "paths.slash_on_directory"];
    may.change(&rules, Value::Nothing, |next| {
        let now = Times::all(Time::Since(next.began.realtime));
        let dev = next.files.get(place.parent).dev;
        let kind = Kind::Directory(Directory::new(place.parent));
        let made = next.files.add(dev, now, kind);
        next.files.name(place.parent, &place.name, made);
        touch(next, place.parent);
    })
}

pub fn path_remove_directory(mut may: Branches, fd: Fd, path: &Given<Vec<u8>>) -> Vec<Branch> {
    let right = PATH_REMOVE_DIRECTORY;
    let Some((descriptor, from)) = may.directory(fd, right) else { return may.done() };
    may.changes(descriptor);
    let sandbox = "sandbox.remove_directory";
    let Some(place) = may.walk(from, path, Last::Keep, sandbox) else { return may.done() };
    let is_link = |ino| may.state.files.get(ino).target().is_some();
    if !place.slash || !place.ino.is_some_and(is_link) {
        return remove(may, &place);
    }
    if !may.refused() {
        let mut follows = Branches::new(may.state);
        may.or(match follows.walk(from, path, Last::FollowBeforeSlash, sandbox) {
            Some(place) => remove(follows, &place),
            None => follows.done(),
        });
    }
    may.fail(&[NOTDIR], "path_remove_directory.symlink_with_slash");
    may.done()
}

fn remove(mut may: Branches, place: &Place) -> Vec<Branch> {
    let Some(ino) = place.ino else {
        may.fail(&[NOENT], "paths.missing");
        return may.done();
    };
    match place.ends {
        Ends::Dot => may.fail(&[INVAL], "path_remove_directory.dot"),
        Ends::Dotdot => may.fail(&[NOTEMPTY, BUSY, INVAL], "path_remove_directory.dotdot"),
        Ends::Name => {}
    }
    let inode = may.state.files.get(ino);
    match &inode.kind {
        Kind::File(_) => may.fail(&[NOTDIR], "path_remove_directory.file"),
        Kind::Symlink(_) => may.fail(&[NOTDIR], "path_remove_directory.symlink"),
        Kind::Directory(_) => {
            let is_full = inode.is_full() && place.ends == Ends::Name;
            may.fail_if(is_full, &[NOTEMPTY], "path_remove_directory.not_empty");
        }
    }
    let rules = ["path_remove_directory.removed", "path_remove_directory.open", "paths.relative"];
    may.change(&rules, Value::Nothing, |next| {
        next.files.unname(place.parent, &place.name);
        touch(next, place.parent);
        touch(next, ino);
    })
}

/// Nothing can be created in a directory that was removed. (A preopen has no name of its own that the
/// guest could remove.)
pub fn is_gone(may: &mut Branches, directory: Ino) {
    let is_gone = may.state.files.get(directory).links == 0;
    may.fail_if(is_gone, &[NOENT], "path_remove_directory.open");
}

/// The status and the content of a directory, or the status of whatever else, have changed.
pub fn touch(next: &mut State, ino: Ino) {
    let now = Time::Since(next.began.realtime);
    let inode = next.files.get_mut(ino);
    if inode.is_directory() {
        inode.times.modified = now;
    }
    inode.times.changed = now;
}
