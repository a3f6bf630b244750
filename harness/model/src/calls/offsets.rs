//! `fd_seek`, `fd_tell`.

use preview1::WHENCE;

use crate::branch::{Branch, Branches, Number, Value};
use crate::call::{Fd, Given};
use crate::errno::{BADF, INVAL, NOTCAPABLE, OVERFLOW, SPIPE};
use crate::flags::{FD_SEEK, FD_TELL};

pub fn fd_seek(mut may: Branches, fd: Fd, by: i64, whence: u32, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(descriptor) = may.open(fd, "fd_seek.bad_descriptor") else { return may.done() };
    let whence = WHENCE.case(whence);
    let stays = whence == Some("cur") && by == 0;
    let has_right = descriptor.has(FD_SEEK) || stays && descriptor.has(FD_TELL);
    may.fail_if(!has_right, &[NOTCAPABLE], "fd_seek.without_right");
    let size = match may.state.inode(descriptor) {
        None => {
            may.fail(&[SPIPE, NOTCAPABLE], "fd_seek.pipes");
            return may.done();
        }
        Some((_, inode)) if inode.is_directory() => {
            may.fail(&[NOTCAPABLE, BADF], "fd_seek.directory");
            return may.done();
        }
        Some((_, inode)) => inode.size(),
    };
    let (start, rule) = match whence {
        Some("set") => (0, "fd_seek.set"),
        Some("cur") => (descriptor.offset, "fd_seek.cur"),
        Some(_) => (size, "fd_seek.end"),
        None => {
            may.fail(&[INVAL], "fd_seek.unknown_whence");
            return may.done();
        }
    };
    let offset = i128::from(start) + i128::from(by);
    let before = match whence {
        Some("cur") => "fd_seek.before_the_start_from_the_current_offset",
        _ => "fd_seek.before_the_start",
    };
    may.fail_if(offset < 0, &[INVAL], before);
    let is_far = offset > may.state.host.limits.offset.into();
    may.fail_if(is_far, &[INVAL, OVERFLOW], "fd_seek.beyond_i64");
    let offset = offset as u64;
    let right =
        if stays { "fd_seek.tell_right_is_enough_to_stay" } else { "fd_seek.right_is_enough" };
    let value = Value::Number(Number::Exactly(offset));
    may.change(&[rule, right, "fd_seek.past_the_end"], value, |next| {
        if let Some(descriptor) = next.descriptors.get_mut(&fd) {
            descriptor.offset = offset;
        }
    })
}

pub fn fd_tell(mut may: Branches, fd: Fd, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(descriptor) = may.open(fd, "fd_tell.bad_descriptor") else { return may.done() };
    let has_right = descriptor.has(FD_TELL) || descriptor.has(FD_SEEK);
    may.fail_if(!has_right, &[NOTCAPABLE], "fd_tell.without_right");
    match may.state.inode(descriptor) {
        None => may.fail(&[SPIPE, NOTCAPABLE], "fd_tell.pipes"),
        Some((_, inode)) => {
            may.fail_if(inode.is_directory(), &[NOTCAPABLE, BADF], "fd_tell.directory");
        }
    }
    let rules = ["fd_tell.follows_reads_and_writes", "fd_tell.append_starts_at_0"];
    may.succeed(&rules, Value::Number(Number::Exactly(descriptor.offset)))
}
