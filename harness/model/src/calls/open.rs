//! `path_open`.

use preview1::{FDFLAGS, OFLAGS};

use super::directories::{is_gone, touch};
use super::sizes::resize;
use super::stat::check_lookup;
use crate::branch::{Branch, Branches, Number, Rule, Value};
use crate::call::Call;
use crate::content::Content;
use crate::errno::*;
use crate::files::{Ino, Inode, Kind, Time, Times};
use crate::flags::*;
use crate::state::{Descriptor, Object, State};
use crate::walk::{Last, Place};

pub fn path_open(mut may: Branches, call: &Call) -> Vec<Branch> {
    let Call::PathOpen { fd, lookup, path, oflags, base, inheriting, fdflags, to } = call else {
        unreachable!("called for `path_open` only");
    };
    let (oflags, base, inheriting, fdflags) = (*oflags, *base, *inheriting, *fdflags);
    may.needs(*to);
    check_lookup(&mut may, *lookup);
    may.fail_if(oflags & !OFLAGS.all() != 0, &[INVAL], "path_open.unknown_oflags");
    may.fail_if(fdflags & !FDFLAGS.all() != 0, &[INVAL], "path_open.unknown_fdflags");
    let both = CREAT | DIRECTORY;
    may.fail_if(oflags & both == both, &[INVAL], "path_open.directory_creat");
    let Some((descriptor, from)) = may.directory(*fd, rights_needed(oflags)) else {
        return may.done();
    };
    let beyond = (base | inheriting) & !descriptor.inheriting != 0;
    may.fail_if(beyond, &[NOTCAPABLE], "path_open.rights_inheriting");
    if base & WRITING != 0 || oflags & (CREAT | TRUNC) != 0 {
        may.changes(descriptor);
    }
    let is_full = may.state.descriptors.len() >= may.state.host.limits.descriptors;
    may.fail_if(is_full, &[MFILE, NFILE], "path_open.too_many");
    if fdflags & !(APPEND | NONBLOCK) != 0 {
        may.may_fail(&[NOTSUP], "path_open.synchronized");
    }
    let exclusive = oflags & CREAT != 0 && oflags & EXCL != 0;
    let last = match () {
        () if exclusive => Last::Keep,
        () if lookup & SYMLINK_FOLLOW != 0 => Last::Follow,
        () => Last::FollowBeforeSlash,
    };
    let Some(place) = may.walk(from, path, last, "sandbox.open_above") else { return may.done() };
    let mut opened = Descriptor::new(Object::Inode(from), base, inheriting);
    opened.flags = fdflags;
    opened.read_only = descriptor.read_only;
    match place.ino {
        None => open_missing(may, &place, oflags, opened),
        Some(ino) => open_existing(may, &place, ino, oflags, opened),
    }
}

/// The rights that a directory must have for a file in it to be opened like this.
fn rights_needed(oflags: u64) -> u64 {
    let mut rights = PATH_OPEN;
    if oflags & CREAT != 0 {
        rights |= PATH_CREATE_FILE;
    }
    if oflags & TRUNC != 0 {
        rights |= PATH_FILESTAT_SET_SIZE;
    }
    rights
}

fn open_missing(
    mut may: Branches,
    place: &Place,
    oflags: u64,
    mut opened: Descriptor,
) -> Vec<Branch> {
    if oflags & CREAT == 0 {
        may.fail(&[NOENT], "paths.missing");
        return may.done();
    }
    may.fail_if(place.slash, &[NOENT, NOTDIR], "paths.slash_on_missing");
    is_gone(&mut may, place.parent);
    let fd = may.state.unused();
    let rules = ["path_open.creat", "path_open.creat_through_symlink", "path_open.new_descriptor"];
    may.change(&rules, Value::Number(Number::Unused(fd)), |next| {
        let now = Times::all(Time::Since(next.began.realtime));
        let dev = next.files.get(place.parent).dev;
        let made = next.files.add(dev, now, Kind::File(Content::default()));
        next.files.name(place.parent, &place.name, made);
        touch(next, place.parent);
        opened.object = Object::Inode(made);
        next.descriptors.insert(fd, opened);
    })
}

fn open_existing(
    mut may: Branches,
    place: &Place,
    ino: Ino,
    oflags: u64,
    mut opened: Descriptor,
) -> Vec<Branch> {
    let inode = may.state.files.get(ino);
    if oflags & CREAT != 0 && oflags & EXCL != 0 {
        may.fail(
            &[EXIST],
            if inode.is_file() { "path_open.excl" } else { "path_open.excl_any_name" },
        );
    }
    let is_bad = place.slash && inode.is_file();
    may.fail_if(is_bad, &[NOTDIR], "paths.slash_on_file");
    if oflags & CREAT != 0 && oflags & EXCL != 0 && inode.target().is_some() {
        // Whether it would be followed does not matter.
        return may.done();
    }
    let of_kind = check_kind(&mut may, inode, oflags, &opened);
    let truncates = oflags & TRUNC != 0;
    let amount: &[Rule] = match () {
        () if truncates => &["path_open.trunc", "path_open.trunc_right"],
        () if oflags & CREAT != 0 => &["path_open.creat_existing"],
        () if oflags & EXCL != 0 => &["path_open.excl_without_creat"],
        () => &["path_open.existing"],
    };
    let rights = ["path_open.rights", "path_open.fdflags", "path_open.own_offset"];
    opened.object = Object::Inode(ino);
    let fd = may.state.unused();
    let value = Value::Number(Number::Unused(fd));
    let open = |next: &mut State| {
        if truncates {
            resize(next, ino, 0);
        }
        next.descriptors.insert(fd, opened);
    };
    may.change(&[amount, &[of_kind, "path_open.new_descriptor"], &rights].concat(), value, open)
}

/// What can be opened how.
fn check_kind(may: &mut Branches, inode: &Inode, oflags: u64, opened: &Descriptor) -> Rule {
    let as_directory = oflags & DIRECTORY != 0;
    match inode.kind {
        Kind::Symlink(_) => {
            may.fail(&[LOOP], "path_open.symlink_not_followed");
            may.fail_if(as_directory, &[NOTDIR], "path_open.flag_directory");
            "path_open.symlink_not_followed"
        }
        Kind::File(_) => {
            may.fail_if(as_directory, &[NOTDIR], "path_open.flag_directory");
            "path_open.symlink_followed"
        }
        Kind::Directory(_) => {
            let writes = opened.has(FD_WRITE);
            may.fail_if(writes, &[ISDIR], "path_open.directory_for_writing");
            may.fail_if(oflags & TRUNC != 0, &[ISDIR], "path_open.directory_trunc");
            may.fail_if(oflags & CREAT != 0, &[ISDIR], "path_open.creat_on_directory");
            if as_directory { "path_open.flag_directory" } else { "path_open.directory" }
        }
    }
}
