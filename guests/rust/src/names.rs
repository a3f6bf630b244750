//! Numbers as statements write and results show them: by the names of the specification.

use preview1::{ERRNO, Enum, Flags, OFLAGS, RIGHTS};

/// The flag of `path_open` for directories.
pub const OFLAGS_DIRECTORY: u64 = OFLAGS.values(&["directory"]);

/// `r`: the rights for reading a file.
const RIGHTS_READ: u64 = RIGHTS.values(&[
    "fd_read",
    "fd_seek",
    "fd_fdstat_set_flags",
    "fd_tell",
    "fd_advise",
    "fd_filestat_get",
    "poll_fd_readwrite",
]);
/// `w`: the rights for writing a file.
const RIGHTS_WRITE: u64 = RIGHTS.values(&[
    "fd_datasync",
    "fd_seek",
    "fd_fdstat_set_flags",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "fd_advise",
    "fd_allocate",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "poll_fd_readwrite",
]);
/// `rw`: the rights a file is opened with if a statement names none.
pub const RIGHTS_FILE: u64 = RIGHTS_READ | RIGHTS_WRITE;
/// `dir`: the rights a directory is opened with if a statement names none. They include no right
/// for which an implementation opens the host's file for writing: that fails on a directory.
pub const RIGHTS_DIRECTORY: u64 = RIGHTS.values(&[
    "fd_read",
    "fd_fdstat_set_flags",
    "fd_sync",
    "path_create_directory",
    "path_create_file",
    "path_link_source",
    "path_link_target",
    "path_open",
    "fd_readdir",
    "path_readlink",
    "path_rename_source",
    "path_rename_target",
    "path_filestat_get",
    "path_filestat_set_size",
    "path_filestat_set_times",
    "fd_filestat_get",
    "fd_filestat_set_times",
    "path_symlink",
    "path_remove_directory",
    "path_unlink_file",
]);
/// `all`: every right except those of sockets, which a directory cannot pass on.
pub const RIGHTS_ALL: u64 = RIGHTS.all() & !RIGHTS.values(&["sock_shutdown", "sock_accept"]);

/// Names for several rights at once.
const SETS_OF_RIGHTS: [(&str, u64); 5] = [
    ("r", RIGHTS_READ),
    ("w", RIGHTS_WRITE),
    ("rw", RIGHTS_FILE),
    ("dir", RIGHTS_DIRECTORY),
    ("all", RIGHTS_ALL),
];

/// The value of a flag's name, or of a set of rights.
pub fn flag(of: &Flags, name: &str) -> Option<u64> {
    let sets: &[(&str, u64)] = if of.name == RIGHTS.name { &SETS_OF_RIGHTS } else { &[] };
    of.value(name).or_else(|| sets.iter().find(|set| set.0 == name).map(|set| set.1))
}

/// The names of the bits that are set, joined by `|`; unknown bits in hexadecimal; `-` for none.
pub fn show_flags(of: &Flags, value: u64) -> String {
    let is_set = |(bit, _): &(usize, &&str)| value & (1 << bit) != 0;
    let mut names: Vec<String> =
        of.bits.iter().enumerate().filter(is_set).map(|(_, name)| name.to_string()).collect();
    let unknown = value & !of.all();
    if unknown != 0 {
        names.push(format!("{unknown:#x}"));
    }
    if names.is_empty() { "-".into() } else { names.join("|") }
}

/// The name of an errno, or its number.
pub fn errno(number: i32) -> String {
    show(&ERRNO, number as u32)
}

/// The name that an enumeration has for a number, or the number.
pub fn show(of: &Enum, number: u32) -> String {
    of.case(number).map_or_else(|| number.to_string(), str::to_owned)
}
