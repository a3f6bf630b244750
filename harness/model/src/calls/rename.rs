//! `path_rename`.

use super::directories::{is_gone, touch};
use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::{Fd, Given};
use crate::errno::*;
use crate::files::{Ino, Inode, Kind};
use crate::flags::{PATH_RENAME_SOURCE, PATH_RENAME_TARGET};
use crate::walk::{Ends, Last, Place};

pub fn path_rename(
    mut may: Branches,
    (old_fd, old_path): (Fd, &Given<Vec<u8>>),
    (new_fd, new_path): (Fd, &Given<Vec<u8>>),
) -> Vec<Branch> {
    let source = may.directory(old_fd, PATH_RENAME_SOURCE);
    let target = may.directory(new_fd, PATH_RENAME_TARGET);
    for (descriptor, _) in [source, target].into_iter().flatten() {
        may.changes(descriptor);
    }
    let old = source.and_then(|(_, d)| may.walk(d, old_path, Last::Keep, "sandbox.rename_in"));
    let new = target.and_then(|(_, d)| may.walk(d, new_path, Last::Keep, "sandbox.rename_out"));
    if let Some(place) = &old {
        may.fail_if(place.ino.is_none(), &[NOENT], "path_rename.old_missing");
    }
    for place in [&old, &new].into_iter().flatten() {
        check_dots(&mut may, place);
    }
    let (Some(old), Some(new)) = (old, new) else { return may.done() };
    let Some(ino) = old.ino else { return may.done() };
    let inode = may.state.files.get(ino);
    if may.refused() {
        return may.done();
    }
    check_slashes(&mut may, inode, &old, &new);
    if new.ino == Some(ino) {
        return may.succeed(&["path_rename.onto_itself"], Value::Nothing);
    }
    is_gone(&mut may, new.parent);
    let is_other = may.state.files.get(new.parent).dev != inode.dev;
    may.fail_if(is_other, &[XDEV], "path_rename.other_file_system");
    if inode.is_directory() {
        let is_inside = may.state.files.is_within(new.parent, ino);
        may.fail_if(is_inside, &[INVAL], "path_rename.directory_into_itself");
    }
    if let Some(replaced) = new.ino {
        check_replaced(&mut may, inode, replaced);
    }
    let of_kind: Rule = match (&inode.kind, new.ino.map(|ino| &may.state.files.get(ino).kind)) {
        (Kind::Directory(_), Some(_)) => "path_rename.directory_over_empty",
        (_, Some(Kind::Symlink(_))) => "path_rename.over_symlink",
        (_, Some(_)) => "path_rename.replaced",
        (Kind::Symlink(_), None) => "path_rename.symlink",
        _ => "path_rename.moved",
    };
    let rules = [of_kind, "path_rename.same_file", "path_rename.between_preopens"];
    may.change(&rules, Value::Nothing, |next| {
        next.files.name(new.parent, &new.name, ino);
        next.files.unname(old.parent, &old.name);
        let changed = [Some(old.parent), Some(new.parent), new.ino];
        for ino in changed.into_iter().flatten() {
            touch(next, ino);
        }
    })
}

fn check_dots(may: &mut Branches, place: &Place) {
    match place.ends {
        Ends::Name => {}
        Ends::Dot => may.fail(&[INVAL, BUSY], "path_rename.dots"),
        Ends::Dotdot => {
            may.fail(&[INVAL, BUSY], "path_rename.dots");
            let is_full = place.ino.is_some_and(|ino| may.state.files.get(ino).is_full());
            may.fail_if(is_full, &[EXIST, NOTEMPTY], "path_rename.dots");
        }
    }
}

/// A slash after a name requires a directory, or a name for one.
fn check_slashes(may: &mut Branches, inode: &Inode, old: &Place, new: &Place) {
    let is_symlink = matches!(inode.kind, Kind::Symlink(_));
    if old.slash && !inode.is_directory() {
        let rule =
            if is_symlink { "path_rename.symlink_with_slash" } else { "paths.slash_on_file" };
        may.fail(&[NOTDIR], rule);
    }
    if new.slash {
        let replaces = new.ino.is_some_and(|ino| !may.state.files.get(ino).is_directory());
        may.fail_if(replaces || !inode.is_directory(), &[NOTDIR], "paths.slash_on_file");
    }
}

/// What may be in the place of the new name.
fn check_replaced(may: &mut Branches, inode: &Inode, replaced: Ino) {
    let replaced = may.state.files.get(replaced);
    match (inode.is_directory(), replaced.is_directory()) {
        (true, false) => may.fail(&[NOTDIR], "path_rename.directory_over_file"),
        (true, true) => {
            let is_full = replaced.is_full();
            may.fail_if(is_full, &[NOTEMPTY, EXIST], "path_rename.directory_over_full");
        }
        (false, true) => {
            may.fail(&[ISDIR], "path_rename.file_over_directory");
            let is_full = replaced.is_full();
            may.fail_if(is_full, &[NOTEMPTY, EXIST], "path_rename.file_over_directory");
        }
        (false, false) => {}
    }
}
