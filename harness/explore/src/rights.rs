//! Sets of rights: those that `rust-calls` has names for.

use preview1::RIGHTS;

/// `r`: to read a file.
pub const READ: u64 = RIGHTS.values(&[
    "fd_read",
    "fd_seek",
    "fd_fdstat_set_flags",
    "fd_tell",
    "fd_advise",
    "fd_filestat_get",
    "poll_fd_readwrite",
]);
/// `w`: to write a file.
pub const WRITE: u64 = RIGHTS.values(&[
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
/// `rw`: what `path_open` asks for if a statement names no rights.
pub const FILE: u64 = READ | WRITE;
/// `dir`: what `path_open` with the flag `directory` asks for if a statement names no rights.
pub const DIRECTORY: u64 = RIGHTS.values(&[
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
/// `all`: every right but those of sockets, which a directory cannot pass on.
pub const ALL: u64 = RIGHTS.all() & !RIGHTS.values(&["sock_shutdown", "sock_accept"]);
