//! `fd_fdstat_set_rights`: rights can be given up, and never taken back.

use crate::branch::{Branch, Branches, Rule, Value};
use crate::call::Fd;
use crate::errno::NOTCAPABLE;

pub fn fd_fdstat_set_rights(mut may: Branches, fd: Fd, base: u64, inheriting: u64) -> Vec<Branch> {
    let rule = "fd_fdstat_set_rights.bad_descriptor";
    let Some(descriptor) = may.open(fd, rule) else { return may.done() };
    let adds = base & !descriptor.rights != 0;
    may.fail_if(adds, &[NOTCAPABLE], "fd_fdstat_set_rights.more");
    let adds = inheriting & !descriptor.inheriting != 0;
    may.fail_if(adds, &[NOTCAPABLE], "fd_fdstat_set_rights.inheriting_more");
    let how: Rule = match base {
        0 => "fd_fdstat_set_rights.none",
        _ if base == descriptor.rights => "fd_fdstat_set_rights.same",
        _ => "fd_fdstat_set_rights.fewer",
    };
    let rules =
        [how, "fd_fdstat_set_rights.inheriting_fewer", "fd_fdstat_set_rights.of_one_descriptor"];
    may.change(&rules, Value::Nothing, |next| {
        if let Some(descriptor) = next.descriptors.get_mut(&fd) {
            descriptor.rights = base;
            descriptor.inheriting = inheriting;
        }
    })
}
