//! The functions of preview 1 as their callers see them: what each parameter is, and which errnos a
//! guest can bring about. (The order and the names are the specification's.)

/// A function.
pub struct Function {
    pub name: &'static str,
    pub params: &'static [Param],
    /// What the documentation of preview 1, or POSIX where it defers to it, has it return, as far as
    /// a guest on a plain machine can bring it about.
    pub errnos: &'static [&'static str],
}

/// A parameter, or a pair of them that is one thing.
#[derive(Clone, Copy)]
pub enum Param {
    Fd,
    /// The names of its bits, from the lowest.
    Flags(&'static [&'static str]),
    /// The names of its values, from 0.
    Enum(&'static [&'static str]),
    /// 64 bits that count something.
    Number(&'static str),
    /// 64 bits, nanoseconds.
    Time(&'static str),
    /// 64 bits of rights.
    Rights(&'static str),
    /// An address and a length: what the guest gives.
    Path,
    /// An address and a length: where the guest wants bytes.
    Buffer,
    /// An address and a length of a list of buffers: what the guest gives.
    Sources,
    /// The same: where the guest wants bytes.
    Sinks,
    /// An address where results go.
    Out(&'static [Field]),
    /// What no general fault fits.
    Other,
}

impl Param {
    /// How many parameters of the WebAssembly function it is.
    pub fn width(self) -> usize {
        match self {
            Param::Path | Param::Buffer | Param::Sources | Param::Sinks => 2,
            _ => 1,
        }
    }
}

/// A part of a result in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub offset: u32,
    pub bytes: u32,
    pub is_time: bool,
}

const fn field(name: &'static str, offset: u32, bytes: u32) -> Field {
    Field { name, offset, bytes, is_time: false }
}

const fn time(name: &'static str, offset: u32) -> Field {
    Field { name, offset, bytes: 8, is_time: true }
}

use Param::{Buffer, Enum, Fd, Flags, Number, Other, Out, Path, Rights, Sinks, Sources, Time};

const FILESTAT: Param = Out(&[
    field("dev", 0, 8),
    field("ino", 8, 8),
    field("filetype", 16, 1),
    field("nlink", 24, 8),
    field("size", 32, 8),
    time("atim", 40),
    time("mtim", 48),
    time("ctim", 56),
]);
const FDSTAT: Param = Out(&[
    field("filetype", 0, 1),
    field("flags", 2, 2),
    field("rights_base", 8, 8),
    field("rights_inheriting", 16, 8),
]);
const PRESTAT: Param = Out(&[field("tag", 0, 1), field("name_len", 4, 4)]);
const COUNT: Param = Out(&[field("count", 0, 4)]);
const SIZE: Param = Out(&[field("size", 0, 4)]);
const OFFSET: Param = Out(&[field("offset", 0, 8)]);
const NEW_FD: Param = Out(&[field("fd", 0, 4)]);
const TIMESTAMP: Param = Out(&[time("timestamp", 0)]);

const CLOCK: Param = Enum(&["realtime", "monotonic", "process_cputime", "thread_cputime"]);
const WHENCE: Param = Enum(&["set", "cur", "end"]);
const ADVICE: Param = Enum(&["normal", "sequential", "random", "willneed", "dontneed", "noreuse"]);
const FDFLAGS: Param = Flags(&["append", "dsync", "nonblock", "rsync", "sync"]);
const OFLAGS: Param = Flags(&["creat", "directory", "excl", "trunc"]);
const LOOKUP: Param = Flags(&["symlink_follow"]);
const FSTFLAGS: Param = Flags(&["atim", "atim_now", "mtim", "mtim_now"]);
const RIFLAGS: Param = Flags(&["recv_peek", "recv_waitall"]);
const SDFLAGS: Param = Flags(&["rd", "wr"]);

const fn function(
    name: &'static str,
    params: &'static [Param],
    errnos: &'static [&'static str],
) -> Function {
    Function { name, params, errnos }
}

pub const FUNCTIONS: [Function; 46] = [
    function("args_get", &[Other, Other], &[]),
    function("args_sizes_get", &[COUNT, SIZE], &[]),
    function("environ_get", &[Other, Other], &[]),
    function("environ_sizes_get", &[COUNT, SIZE], &[]),
    function("clock_res_get", &[CLOCK, TIMESTAMP], &["inval"]),
    function("clock_time_get", &[CLOCK, Other, TIMESTAMP], &["inval"]),
    function("fd_advise", &[Fd, Number("offset"), Number("len"), ADVICE], &["badf", "inval"]),
    function("fd_allocate", &[Fd, Number("offset"), Number("len")], &["badf"]),
    function("fd_close", &[Fd], &["badf"]),
    function("fd_datasync", &[Fd], &["badf"]),
    function("fd_fdstat_get", &[Fd, FDSTAT], &["badf"]),
    function("fd_fdstat_set_flags", &[Fd, FDFLAGS], &["badf"]),
    function(
        "fd_fdstat_set_rights",
        &[Fd, Rights("base"), Rights("inheriting")],
        &["badf", "notcapable"],
    ),
    function("fd_filestat_get", &[Fd, FILESTAT], &["badf"]),
    function("fd_filestat_set_size", &[Fd, Number("size")], &["badf", "inval"]),
    function(
        "fd_filestat_set_times",
        &[Fd, Time("atim"), Time("mtim"), FSTFLAGS],
        &["badf", "inval"],
    ),
    function(
        "fd_pread",
        &[Fd, Sinks, Number("offset"), COUNT],
        &["badf", "inval", "isdir", "spipe"],
    ),
    function("fd_prestat_get", &[Fd, PRESTAT], &["badf"]),
    function("fd_prestat_dir_name", &[Fd, Buffer], &["badf"]),
    function("fd_pwrite", &[Fd, Sources, Number("offset"), COUNT], &["badf", "inval", "spipe"]),
    function("fd_read", &[Fd, Sinks, COUNT], &["badf", "isdir"]),
    function("fd_readdir", &[Fd, Buffer, Number("cookie"), SIZE], &["badf", "notdir"]),
    function("fd_renumber", &[Fd, Fd], &["badf"]),
    function("fd_seek", &[Fd, Number("delta"), WHENCE, OFFSET], &["badf", "inval", "spipe"]),
    function("fd_sync", &[Fd], &["badf"]),
    function("fd_tell", &[Fd, OFFSET], &["badf", "spipe"]),
    function("fd_write", &[Fd, Sources, COUNT], &["badf"]),
    function(
        "path_create_directory",
        &[Fd, Path],
        &["badf", "exist", "ilseq", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_filestat_get",
        &[Fd, LOOKUP, Path, FILESTAT],
        &["badf", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_filestat_set_times",
        &[Fd, LOOKUP, Path, Time("atim"), Time("mtim"), FSTFLAGS],
        &["badf", "inval", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_link",
        &[Fd, LOOKUP, Path, Fd, Path],
        &["badf", "exist", "inval", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_open",
        &[Fd, LOOKUP, Path, OFLAGS, Rights("base"), Rights("inheriting"), FDFLAGS, NEW_FD],
        &[
            "badf",
            "exist",
            "ilseq",
            "inval",
            "isdir",
            "loop",
            "nametoolong",
            "noent",
            "notdir",
            "perm",
        ],
    ),
    function(
        "path_readlink",
        &[Fd, Path, Buffer, SIZE],
        &["badf", "inval", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_remove_directory",
        &[Fd, Path],
        &["badf", "inval", "nametoolong", "noent", "notdir", "notempty", "perm"],
    ),
    function(
        "path_rename",
        &[Fd, Path, Fd, Path],
        &["badf", "inval", "isdir", "loop", "nametoolong", "noent", "notdir", "notempty", "perm"],
    ),
    function(
        "path_symlink",
        &[Path, Fd, Path],
        &["badf", "exist", "nametoolong", "noent", "notdir", "perm"],
    ),
    function(
        "path_unlink_file",
        &[Fd, Path],
        &["badf", "isdir", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    function("poll_oneoff", &[Other, Other, Other, COUNT], &["inval"]),
    function("proc_exit", &[Other], &[]),
    function("proc_raise", &[Other], &[]),
    function("sched_yield", &[], &[]),
    function("random_get", &[Buffer], &[]),
    function("sock_accept", &[Fd, FDFLAGS, NEW_FD], &["badf", "notsock"]),
    function(
        "sock_recv",
        &[Fd, Sinks, RIFLAGS, COUNT, Out(&[field("ro_flags", 0, 2)])],
        &["badf", "notsock"],
    ),
    function("sock_send", &[Fd, Sources, Other, COUNT], &["badf", "notsock"]),
    function("sock_shutdown", &[Fd, SDFLAGS], &["badf", "notsock"]),
];
