//! What functions read and write in a guest's memory.

use crate::enums::{CLOCKID, ERRNO, EVENTTYPE, FILETYPE, PREOPENTYPE};
use crate::flags::{EVENTRWFLAGS, FDFLAGS, RIGHTS, SUBCLOCKFLAGS};
use crate::types::Type::{
    self, ConstPointer, Device, Dircookie, Dirnamlen, Enum, Fd, Filesize, Flags, Inode, Linkcount,
    Pointer, Size, Timestamp, Userdata,
};
use crate::types::{Record, Union, fields};

/// A buffer to fill.
pub static IOVEC: Record =
    Record { name: "iovec", fields: fields![buf: Pointer(&Type::U8), buf_len: Size] };

/// A buffer to read from.
pub static CIOVEC: Record =
    Record { name: "ciovec", fields: fields![buf: ConstPointer(&Type::U8), buf_len: Size] };

/// What `fd_readdir` says of an entry. The name follows it.
pub static DIRENT: Record = Record {
    name: "dirent",
    fields: fields![
        d_next: Dircookie,
        d_ino: Inode,
        d_namlen: Dirnamlen,
        d_type: Enum(&FILETYPE),
    ],
};

/// What `fd_fdstat_get` says of a descriptor.
pub static FDSTAT: Record = Record {
    name: "fdstat",
    fields: fields![
        fs_filetype: Enum(&FILETYPE),
        fs_flags: Flags(&FDFLAGS),
        fs_rights_base: Flags(&RIGHTS),
        fs_rights_inheriting: Flags(&RIGHTS),
    ],
};

/// What `fd_filestat_get` and `path_filestat_get` say of a file.
pub static FILESTAT: Record = Record {
    name: "filestat",
    fields: fields![
        dev: Device,
        ino: Inode,
        filetype: Enum(&FILETYPE),
        nlink: Linkcount,
        size: Filesize,
        atim: Timestamp,
        mtim: Timestamp,
        ctim: Timestamp,
    ],
};

/// What `fd_prestat_get` says of a preopen.
pub static PRESTAT: Union =
    Union { name: "prestat", tag: &PREOPENTYPE, cases: &[Type::Record(&PRESTAT_DIR)] };

/// What there is to say of a preopened directory.
pub static PRESTAT_DIR: Record = Record { name: "prestat_dir", fields: fields![pr_name_len: Size] };

/// What `poll_oneoff` is to wait for.
pub static SUBSCRIPTION: Record = Record {
    name: "subscription",
    fields: fields![userdata: Userdata, u: Type::Union(&SUBSCRIPTION_U)],
};

/// One type for each case of [`EVENTTYPE`].
pub static SUBSCRIPTION_U: Union = Union {
    name: "subscription_u",
    tag: &EVENTTYPE,
    cases: &[
        Type::Record(&SUBSCRIPTION_CLOCK),
        Type::Record(&SUBSCRIPTION_FD_READWRITE),
        Type::Record(&SUBSCRIPTION_FD_READWRITE),
    ],
};

pub static SUBSCRIPTION_CLOCK: Record = Record {
    name: "subscription_clock",
    fields: fields![
        id: Enum(&CLOCKID),
        timeout: Timestamp,
        precision: Timestamp,
        flags: Flags(&SUBCLOCKFLAGS),
    ],
};

pub static SUBSCRIPTION_FD_READWRITE: Record =
    Record { name: "subscription_fd_readwrite", fields: fields![file_descriptor: Fd] };

/// What `poll_oneoff` saw happen.
pub static EVENT: Record = Record {
    name: "event",
    fields: fields![
        userdata: Userdata,
        error: Enum(&ERRNO),
        type: Enum(&EVENTTYPE),
        fd_readwrite: Type::Record(&EVENT_FD_READWRITE),
    ],
};

/// What there is to say of a descriptor that is ready.
pub static EVENT_FD_READWRITE: Record = Record {
    name: "event_fd_readwrite",
    fields: fields![nbytes: Filesize, flags: Flags(&EVENTRWFLAGS)],
};
