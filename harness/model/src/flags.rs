//! Rights, flags and filetypes as constants, by their names in the specification.

use preview1::{
    EVENTTYPE, FDFLAGS, FILETYPE, FSTFLAGS, LOOKUPFLAGS, OFLAGS, RIFLAGS, RIGHTS, SDFLAGS,
    SUBCLOCKFLAGS,
};

macro_rules! bits {
    ($of:ident: $($constant:ident $name:literal)*) => {
        $(pub const $constant: u64 = $of.values(&[$name]);)*
    };
}

bits! { RIGHTS:
    FD_DATASYNC "fd_datasync"
    FD_READ "fd_read"
    FD_SEEK "fd_seek"
    FD_FDSTAT_SET_FLAGS "fd_fdstat_set_flags"
    FD_SYNC "fd_sync"
    FD_TELL "fd_tell"
    FD_WRITE "fd_write"
    FD_ADVISE "fd_advise"
    FD_ALLOCATE "fd_allocate"
    PATH_CREATE_DIRECTORY "path_create_directory"
    PATH_CREATE_FILE "path_create_file"
    PATH_LINK_SOURCE "path_link_source"
    PATH_LINK_TARGET "path_link_target"
    PATH_OPEN "path_open"
    FD_READDIR "fd_readdir"
    PATH_READLINK "path_readlink"
    PATH_RENAME_SOURCE "path_rename_source"
    PATH_RENAME_TARGET "path_rename_target"
    PATH_FILESTAT_GET "path_filestat_get"
    PATH_FILESTAT_SET_SIZE "path_filestat_set_size"
    PATH_FILESTAT_SET_TIMES "path_filestat_set_times"
    FD_FILESTAT_GET "fd_filestat_get"
    FD_FILESTAT_SET_SIZE "fd_filestat_set_size"
    FD_FILESTAT_SET_TIMES "fd_filestat_set_times"
    PATH_SYMLINK "path_symlink"
    PATH_REMOVE_DIRECTORY "path_remove_directory"
    PATH_UNLINK_FILE "path_unlink_file"
    POLL_FD_READWRITE "poll_fd_readwrite"
    SOCK_SHUTDOWN "sock_shutdown"
    SOCK_ACCEPT "sock_accept"
}

bits! { FDFLAGS:
    APPEND "append" DSYNC "dsync" NONBLOCK "nonblock" RSYNC "rsync" SYNC "sync"
}
bits! { OFLAGS: CREAT "creat" DIRECTORY "directory" EXCL "excl" TRUNC "trunc" }
bits! { FSTFLAGS: ATIM "atim" ATIM_NOW "atim_now" MTIM "mtim" MTIM_NOW "mtim_now" }
bits! { LOOKUPFLAGS: SYMLINK_FOLLOW "symlink_follow" }
bits! { RIFLAGS: RECV_PEEK "recv_peek" RECV_WAITALL "recv_waitall" }
bits! { SDFLAGS: RD "rd" WR "wr" }
bits! { SUBCLOCKFLAGS: ABSTIME "subscription_clock_abstime" }

/// What a descriptor needs for any of its data to be changed through it.
pub const WRITING: u64 = FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE;

/// Rights that do not apply to a file.
pub const OF_DIRECTORIES: u64 = RIGHTS.values(&[
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
    "path_symlink",
    "path_remove_directory",
    "path_unlink_file",
    "sock_shutdown",
    "sock_accept",
]);

/// All rights that have a name.
pub const fn every_right() -> u64 {
    RIGHTS.all()
}

/// The rights of a standard stream, of a pipe or a socket.
pub const fn stdio_rights(reads: bool, writes: bool, socket: bool) -> u64 {
    let mut rights = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;
    if reads {
        rights |= FD_READ;
    }
    if writes {
        rights |= FD_WRITE;
    }
    if socket {
        rights |= SOCK_SHUTDOWN | SOCK_ACCEPT;
    }
    rights
}

/// The number of a filetype.
pub const fn file_type(name: &str) -> u8 {
    match FILETYPE.number(name) {
        Some(number) => number as u8,
        None => panic!("there is no filetype of this name"),
    }
}

/// The number of a type of event.
pub const fn event_type(name: &str) -> u8 {
    match EVENTTYPE.number(name) {
        Some(number) => number as u8,
        None => panic!("there is no eventtype of this name"),
    }
}
