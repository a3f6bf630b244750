//! The enumerations.

use crate::types::Enum;

/// What a call returns. 0 is success.
pub static ERRNO: Enum = Enum {
    name: "errno",
    size: 2,
    cases: &[
        "success",
        "2big",
        "acces",
        "addrinuse",
        "addrnotavail",
        "afnosupport",
        "again",
        "already",
        "badf",
        "badmsg",
        "busy", // 10
        "canceled",
        "child",
        "connaborted",
        "connrefused",
        "connreset",
        "deadlk",
        "destaddrreq",
        "dom",
        "dquot",
        "exist", // 20
        "fault",
        "fbig",
        "hostunreach",
        "idrm",
        "ilseq",
        "inprogress",
        "intr",
        "inval",
        "io",
        "isconn", // 30
        "isdir",
        "loop",
        "mfile",
        "mlink",
        "msgsize",
        "multihop",
        "nametoolong",
        "netdown",
        "netreset",
        "netunreach", // 40
        "nfile",
        "nobufs",
        "nodev",
        "noent",
        "noexec",
        "nolck",
        "nolink",
        "nomem",
        "nomsg",
        "noprotoopt", // 50
        "nospc",
        "nosys",
        "notconn",
        "notdir",
        "notempty",
        "notrecoverable",
        "notsock",
        "notsup",
        "notty",
        "nxio", // 60
        "overflow",
        "ownerdead",
        "perm",
        "pipe",
        "proto",
        "protonosupport",
        "prototype",
        "range",
        "rofs",
        "spipe", // 70
        "srch",
        "stale",
        "timedout",
        "txtbsy",
        "xdev",
        "notcapable", // 76
    ],
};

/// What a descriptor or a name in a directory stands for.
pub static FILETYPE: Enum = Enum {
    name: "filetype",
    size: 1,
    cases: &[
        "unknown",
        "block_device",
        "character_device",
        "directory",
        "regular_file",
        "socket_dgram",
        "socket_stream",
        "symbolic_link",
    ],
};

/// Clocks.
pub static CLOCKID: Enum = Enum {
    name: "clockid",
    size: 4,
    cases: &["realtime", "monotonic", "process_cputime_id", "thread_cputime_id"],
};

/// What `fd_seek` counts from.
pub static WHENCE: Enum = Enum { name: "whence", size: 1, cases: &["set", "cur", "end"] };

/// What `fd_advise` can announce.
pub static ADVICE: Enum = Enum {
    name: "advice",
    size: 1,
    cases: &["normal", "sequential", "random", "willneed", "dontneed", "noreuse"],
};

/// What `poll_oneoff` can wait for.
pub static EVENTTYPE: Enum =
    Enum { name: "eventtype", size: 1, cases: &["clock", "fd_read", "fd_write"] };

/// What a runtime can hand to a guest at its start.
pub static PREOPENTYPE: Enum = Enum { name: "preopentype", size: 1, cases: &["dir"] };

/// What `proc_raise` can send.
pub static SIGNAL: Enum = Enum {
    name: "signal",
    size: 1,
    cases: &[
        "none", "hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv",
        "usr2", "pipe", "alrm", "term", "chld", "cont", "stop", "tstp", "ttin", "ttou", "urg",
        "xcpu", "xfsz", "vtalrm", "prof", "winch", "poll", "pwr", "sys",
    ],
};
