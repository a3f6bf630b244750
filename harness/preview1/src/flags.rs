//! The flags, and the rights, which are flags as well.

use crate::types::Flags;

/// How `path_open` opens.
pub static OFLAGS: Flags =
    Flags { name: "oflags", size: 2, bits: &["creat", "directory", "excl", "trunc"] };

/// How a descriptor reads and writes.
pub static FDFLAGS: Flags =
    Flags { name: "fdflags", size: 2, bits: &["append", "dsync", "nonblock", "rsync", "sync"] };

/// Which times to set, and whether to the given time or to the present one.
pub static FSTFLAGS: Flags =
    Flags { name: "fstflags", size: 2, bits: &["atim", "atim_now", "mtim", "mtim_now"] };

/// How a path is resolved.
pub static LOOKUPFLAGS: Flags = Flags { name: "lookupflags", size: 4, bits: &["symlink_follow"] };

/// How `sock_recv` receives.
pub static RIFLAGS: Flags =
    Flags { name: "riflags", size: 2, bits: &["recv_peek", "recv_waitall"] };

/// What `sock_recv` says of a message.
pub static ROFLAGS: Flags = Flags { name: "roflags", size: 2, bits: &["recv_data_truncated"] };

/// How `sock_send` sends. No bit has a name yet: in the witx it is a plain number.
pub static SIFLAGS: Flags = Flags { name: "siflags", size: 2, bits: &[] };

/// Which directions `sock_shutdown` ends.
pub static SDFLAGS: Flags = Flags { name: "sdflags", size: 1, bits: &["rd", "wr"] };

/// What an event says of a descriptor.
pub static EVENTRWFLAGS: Flags =
    Flags { name: "eventrwflags", size: 2, bits: &["fd_readwrite_hangup"] };

/// How the timeout of a subscription is meant.
pub static SUBCLOCKFLAGS: Flags =
    Flags { name: "subclockflags", size: 2, bits: &["subscription_clock_abstime"] };

/// What a descriptor may be used for.
pub static RIGHTS: Flags = Flags {
    name: "rights",
    size: 8,
    bits: &[
        "fd_datasync",
        "fd_read",
        "fd_seek",
        "fd_fdstat_set_flags",
        "fd_sync",
        "fd_tell",
        "fd_write",
        "fd_advise",
        "fd_allocate",
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
        "fd_filestat_set_size",
        "fd_filestat_set_times",
        "path_symlink",
        "path_remove_directory",
        "path_unlink_file",
        "poll_fd_readwrite",
        "sock_shutdown",
        "sock_accept",
    ],
};
