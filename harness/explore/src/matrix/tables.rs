//! The calls of the matrix: each line is a function and, for each operand, what it can be.

use preview1::RIGHTS;

use super::setting::TARGETS;
use crate::machine::UNOPENED;
use crate::rights::{ALL, DIRECTORY, FILE, READ};

/// What an operand can be.
#[derive(Clone, Copy)]
pub enum Axis {
    /// The descriptor that the line is about.
    Fd,
    /// The flag `symlink_follow`, or not.
    Follow,
    /// A kind of path, with and without a slash at the end.
    Path,
    /// A kind of path.
    PlainPath,
    /// Another descriptor: itself, an open file, the preopen, none.
    Other,
    Texts(&'static [&'static [u8]]),
    Numbers(&'static [u64]),
    /// The numbers below this one.
    Below(u64),
    Rooms(&'static [&'static [u32]]),
    Data(&'static [&'static [&'static [u8]]]),
    Room(&'static [u32]),
}
use Axis::*;

pub struct Line {
    pub function: &'static str,
    /// The rights it needs, for each descriptor.
    pub rights: &'static [&'static str],
    pub axes: &'static [Axis],
}

const fn line(
    function: &'static str,
    rights: &'static [&'static str],
    axes: &'static [Axis],
) -> Line {
    Line { function, rights, axes }
}

const MAX: u64 = u64::MAX;
const FAR: u64 = 1 << 63;

/// Calls on one path.
pub const ON_PATHS: [Line; 8] = [
    line("path_create_directory", &["path_create_directory"], &[Fd, Path]),
    line("path_filestat_get", &["path_filestat_get"], &[Fd, Follow, Path]),
    line(
        "path_filestat_set_times",
        &["path_filestat_set_times"],
        // Nothing, both given, one now, one twice, a flag without a name.
        &[Fd, Follow, Path, Numbers(&[7]), Numbers(&[9]), Numbers(&[0, 5, 8, 3, 16])],
    ),
    line(
        "path_open",
        &["path_open"],
        &[Fd, Follow, Path, Below(16), Numbers(&[READ, FILE]), Numbers(&[0]), Numbers(&[0])],
    ),
    line("path_readlink", &["path_readlink"], &[Fd, Path, Room(&[0, 1, 64])]),
    line("path_remove_directory", &["path_remove_directory"], &[Fd, Path]),
    line("path_symlink", &["path_symlink"], &[Texts(&[b"a", b".."]), Fd, Path]),
    line("path_unlink_file", &["path_unlink_file"], &[Fd, Path]),
];

/// Calls on two paths.
pub const ON_TWO_PATHS: [Line; 2] = [
    line("path_link", &[], &[Fd, Follow, Path, Fd, Path]),
    line("path_rename", &[], &[Fd, Path, Fd, Path]),
];

/// The same, for more situations.
pub const ON_TWO_PLAIN_PATHS: [Line; 2] = [
    line(
        "path_link",
        &["path_link_source", "path_link_target"],
        &[Fd, Numbers(&[0]), PlainPath, Fd, PlainPath],
    ),
    line(
        "path_rename",
        &["path_rename_source", "path_rename_target"],
        &[Fd, PlainPath, Fd, PlainPath],
    ),
];

const ROOMS: Axis = Rooms(&[&[1], &[], &[0], &[3, 2], &[16], &[0, 16]]);
const DATA: Axis = Data(&[&[b"x"], &[], &[b""], &[b"ab", b"c"], &[b"0123456789"]]);
const OFFSETS: Axis = Numbers(&[0, 1, 4, 5, 6, 1 << 32, FAR, MAX]);
const RIGHTS_SETS: Axis = Numbers(&[ALL, DIRECTORY, FILE, READ, 0, 1 << 30, MAX]);

/// Calls on a descriptor.
pub const ON_DESCRIPTORS: [Line; 33] = [
    line("fd_advise", &[], &[Fd, Numbers(&[0, 1, MAX]), Numbers(&[0, 1, MAX]), Below(7)]),
    line(
        "fd_allocate",
        &[],
        &[Fd, Numbers(&[0, 1, 5, 6, FAR, MAX]), Numbers(&[0, 1, 5, 4096, FAR, MAX])],
    ),
    line("fd_close", &[], &[Fd]),
    line("fd_datasync", &[], &[Fd]),
    line("fd_fdstat_get", &[], &[Fd]),
    line("fd_fdstat_set_flags", &[], &[Fd, Below(34)]),
    line("fd_fdstat_set_rights", &[], &[Fd, RIGHTS_SETS, RIGHTS_SETS]),
    line("fd_filestat_get", &[], &[Fd]),
    line("fd_filestat_set_size", &[], &[Fd, Numbers(&[0, 1, 4, 5, 6, 4096, 1 << 32, FAR, MAX])]),
    line("fd_filestat_set_times", &[], &[Fd, Numbers(&[7]), Numbers(&[1 << 40]), Below(18)]),
    line("fd_pread", &[], &[Fd, ROOMS, OFFSETS]),
    line("fd_prestat_get", &[], &[Fd]),
    line("fd_prestat_dir_name", &[], &[Fd, Room(&[0, 1, 2, 64])]),
    line("fd_pwrite", &[], &[Fd, DATA, OFFSETS]),
    line("fd_read", &[], &[Fd, ROOMS]),
    line("fd_readdir", &[], &[Fd, Room(&[0, 1, 23, 24, 25, 60, 1000]), Numbers(&[0, 1 << 62])]),
    line("fd_renumber", &[], &[Fd, Other]),
    line(
        "fd_seek",
        &[],
        &[
            Fd,
            Numbers(&[0, 1, 5, 6, MAX, MAX - 4, MAX - 5, FAR - 1, FAR]),
            Numbers(&[0, 1, 2, 3, 255]),
        ],
    ),
    line("fd_sync", &[], &[Fd]),
    line("fd_tell", &[], &[Fd]),
    line("fd_write", &[], &[Fd, DATA]),
    line("path_create_directory", &[], &[Fd, Texts(&[b"f", b"new"])]),
    line("path_filestat_get", &[], &[Fd, Below(3), Texts(&[b"f", b"new"])]),
    line(
        "path_filestat_set_times",
        &[],
        &[Fd, Below(3), Texts(&[b"f"]), Numbers(&[7]), Numbers(&[9]), Below(18)],
    ),
    line(
        "path_open",
        &[],
        &[
            Fd,
            Numbers(&[0]),
            Texts(&[b"f"]),
            Numbers(&[0, 1, 2, 16]),
            RIGHTS_SETS,
            Numbers(&[0, MAX]),
            Numbers(&[0, 1, 32]),
        ],
    ),
    line("path_remove_directory", &[], &[Fd, Texts(&[b"s"])]),
    line("path_symlink", &[], &[Texts(&TARGETS), Fd, Texts(&[b"new"])]),
    line("path_unlink_file", &[], &[Fd, Texts(&[b"f", b"s"])]),
    line("path_readlink", &[], &[Fd, Texts(&[b"f"]), Room(&[64])]),
    line("sock_accept", &[], &[Fd, Below(6)]),
    line("sock_recv", &[], &[Fd, ROOMS, Below(5)]),
    line("sock_send", &[], &[Fd, DATA, Below(2)]),
    line("sock_shutdown", &[], &[Fd, Below(5)]),
];

/// Calls that need none.
pub const ON_NOTHING: [Line; 8] = [
    line("args_get", &[], &[]),
    line("args_sizes_get", &[], &[]),
    line("environ_get", &[], &[]),
    line("environ_sizes_get", &[], &[]),
    line("clock_res_get", &[], &[Numbers(&[0, 1, 2, 3, 4, 1 << 31])]),
    line("clock_time_get", &[], &[Numbers(&[0, 1, 2, 3, 4, 1 << 31]), Numbers(&[0, 1, MAX])]),
    line("sched_yield", &[], &[]),
    line("random_get", &[], &[Room(&[0, 1, 16, 255, 256, 257, 4096])]),
];

/// Calls that can end the guest.
pub const ENDING: [Line; 3] = [
    line("proc_exit", &[], &[Numbers(&[0, 1, 2, 3, 125, 126, 127, 128, 255, 256, 0xffff_ffff])]),
    // Without those that stop a guest for ever.
    line("proc_raise", &[], &[Below(18)]),
    line("proc_raise", &[], &[Numbers(&[22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 255])]),
];

/// One call of each function that takes an address. Which of its addresses is bad is another matter.
pub const ON_ADDRESSES: [Line; 31] = [
    line("args_get", &[], &[]),
    line("args_sizes_get", &[], &[]),
    line("environ_get", &[], &[]),
    line("environ_sizes_get", &[], &[]),
    line("clock_res_get", &[], &[Below(1)]),
    line("clock_time_get", &[], &[Below(1), Below(1)]),
    line("fd_fdstat_get", &[], &[Fd]),
    line("fd_filestat_get", &[], &[Fd]),
    line("fd_pread", &[], &[Fd, Rooms(&[&[3, 2], &[]]), Below(1)]),
    line("fd_prestat_get", &[], &[Fd]),
    line("fd_prestat_dir_name", &[], &[Fd, Room(&[64, 0])]),
    line("fd_pwrite", &[], &[Fd, Data(&[&[b"ab", b"c"], &[]]), Below(1)]),
    line("fd_read", &[], &[Fd, Rooms(&[&[3, 2], &[]])]),
    line("fd_readdir", &[], &[Fd, Room(&[100, 0]), Below(1)]),
    line("fd_seek", &[], &[Fd, Below(1), Below(1)]),
    line("fd_tell", &[], &[Fd]),
    line("fd_write", &[], &[Fd, Data(&[&[b"ab", b"c"], &[]])]),
    line("path_create_directory", &[], &[Fd, Texts(&[b"new"])]),
    line("path_filestat_get", &[], &[Fd, Below(1), Texts(&[b"h"])]),
    line(
        "path_filestat_set_times",
        &[],
        &[Fd, Below(1), Texts(&[b"h"]), Below(1), Below(1), Below(1)],
    ),
    line("path_link", &[], &[Fd, Below(1), Texts(&[b"h"]), Fd, Texts(&[b"new"])]),
    line(
        "path_open",
        &[],
        &[Fd, Below(1), Texts(&[b"h"]), Below(1), Numbers(&[FILE]), Below(1), Below(1)],
    ),
    line("path_readlink", &[], &[Fd, Texts(&[b"lf"]), Room(&[64, 0])]),
    line("path_remove_directory", &[], &[Fd, Texts(&[b"e"])]),
    line("path_rename", &[], &[Fd, Texts(&[b"h"]), Fd, Texts(&[b"new"])]),
    line("path_symlink", &[], &[Texts(&[b"a"]), Fd, Texts(&[b"new"])]),
    line("path_unlink_file", &[], &[Fd, Texts(&[b"h"])]),
    line("random_get", &[], &[Room(&[64, 0])]),
    line("sock_accept", &[], &[Fd, Below(1)]),
    line("sock_recv", &[], &[Fd, Rooms(&[&[3, 2]]), Below(1)]),
    line("sock_send", &[], &[Fd, Data(&[&[b"ab", b"c"]]), Below(1)]),
];

/// The descriptors that [`Axis::Other`] stands for, besides the descriptor itself.
pub const OTHERS: [Option<u32>; 3] = [None, Some(UNOPENED), Some(u32::MAX)];

/// All rights but one.
pub fn without(right: &str) -> u64 {
    DIRECTORY & !RIGHTS.values(&[right])
}
