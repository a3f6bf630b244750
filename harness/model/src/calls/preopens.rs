//! `fd_prestat_get`, `fd_prestat_dir_name`.

use crate::branch::{Branch, Branches, Value};
use crate::call::{Fd, Given};
use crate::errno::{BADF, INVAL, NAMETOOLONG, NOTDIR};

pub fn fd_prestat_get(mut may: Branches, fd: Fd, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(descriptor) = may.open(fd, "preopens.badf") else { return may.done() };
    let Some(name) = &descriptor.preopen else {
        match may.state.inode(descriptor) {
            None => may.fail(&[BADF, INVAL], "preopens.stdio"),
            Some((_, inode)) if inode.is_file() => may.fail(&[BADF], "fd_prestat_get.file"),
            Some(_) => may.fail(&[BADF], "preopens.not_a_preopen"),
        }
        return may.done();
    };
    let rules = ["preopens.describes", "preopens.any_name", "fd_prestat_get.renumbered"];
    may.succeed(&rules, Value::Prestat(name.len()))
}

pub fn fd_prestat_dir_name(mut may: Branches, fd: Fd, room: Given<u32>) -> Vec<Branch> {
    let room = may.needs(room);
    let Some(descriptor) = may.open(fd, "preopens.badf") else { return may.done() };
    let Some(name) = &descriptor.preopen else {
        match may.state.inode(descriptor) {
            None => may.fail(&[BADF, INVAL], "preopens.stdio"),
            Some((_, inode)) if inode.is_file() => {
                may.fail(&[BADF, INVAL, NOTDIR], "fd_prestat_dir_name.file");
            }
            Some(_) => may.fail(&[BADF, INVAL, NOTDIR], "fd_prestat_dir_name.not_a_preopen"),
        }
        return may.done();
    };
    let Some(room) = room else { return may.done() };
    let is_short = (room as usize) < name.len();
    let short = if room == 0 { "fd_prestat_dir_name.no_buffer" } else { "preopens.short_buffer" };
    may.fail_if(is_short, &[NAMETOOLONG], short);
    may.succeed(&["preopens.name", "preopens.any_name"], Value::Bytes(name.to_vec()))
}
