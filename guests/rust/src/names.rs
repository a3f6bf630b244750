//! The names that the specification gives to numbers.

/// Errnos by number.
const ERRNOS: [&str; 77] = [
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
    "busy",
    "canceled",
    "child",
    "connaborted",
    "connrefused",
    "connreset",
    "deadlk",
    "destaddrreq",
    "dom",
    "dquot",
    "exist",
    "fault",
    "fbig",
    "hostunreach",
    "idrm",
    "ilseq",
    "inprogress",
    "intr",
    "inval",
    "io",
    "isconn",
    "isdir",
    "loop",
    "mfile",
    "mlink",
    "msgsize",
    "multihop",
    "nametoolong",
    "netdown",
    "netreset",
    "netunreach",
    "nfile",
    "nobufs",
    "nodev",
    "noent",
    "noexec",
    "nolck",
    "nolink",
    "nomem",
    "nomsg",
    "noprotoopt",
    "nospc",
    "nosys",
    "notconn",
    "notdir",
    "notempty",
    "notrecoverable",
    "notsock",
    "notsup",
    "notty",
    "nxio",
    "overflow",
    "ownerdead",
    "perm",
    "pipe",
    "proto",
    "protonosupport",
    "prototype",
    "range",
    "rofs",
    "spipe",
    "srch",
    "stale",
    "timedout",
    "txtbsy",
    "xdev",
    "notcapable",
];

/// File types by number.
pub const FILETYPES: &[&str] = &[
    "unknown",
    "block_device",
    "character_device",
    "directory",
    "regular_file",
    "socket_dgram",
    "socket_stream",
    "symbolic_link",
];

/// Clocks by number.
pub const CLOCKS: &[&str] = &["realtime", "monotonic", "process_cputime_id", "thread_cputime_id"];

/// What `poll_oneoff` waits for, by number.
pub const EVENT_TYPES: &[&str] = &["clock", "fd_read", "fd_write"];

/// Where `fd_seek` counts from, by number.
pub const WHENCES: &[&str] = &["set", "cur", "end"];

/// The advice of `fd_advise`, by number.
pub const ADVICES: &[&str] = &["normal", "sequential", "random", "willneed", "dontneed", "noreuse"];

/// Signals, by number.
pub const SIGNALS: &[&str] = &[
    "none", "hup", "int", "quit", "ill", "trap", "abrt", "bus", "fpe", "kill", "usr1", "segv",
    "usr2", "pipe", "alrm", "term", "chld", "cont", "stop", "tstp", "ttin", "ttou", "urg", "xcpu",
    "xfsz", "vtalrm", "prof", "winch", "poll", "pwr", "sys",
];

/// Flags by bit.
pub const OFLAGS: Flags =
    Flags { what: "oflags", bits: &["creat", "directory", "excl", "trunc"], sets: &[] };
pub const FDFLAGS: Flags =
    Flags { what: "fdflags", bits: &["append", "dsync", "nonblock", "rsync", "sync"], sets: &[] };
pub const FSTFLAGS: Flags =
    Flags { what: "fstflags", bits: &["atim", "atim_now", "mtim", "mtim_now"], sets: &[] };
pub const LOOKUPFLAGS: Flags = Flags { what: "lookupflags", bits: &["symlink_follow"], sets: &[] };
pub const RIFLAGS: Flags =
    Flags { what: "riflags", bits: &["recv_peek", "recv_waitall"], sets: &[] };
pub const ROFLAGS: Flags = Flags { what: "roflags", bits: &["recv_data_truncated"], sets: &[] };
/// The specification does not name any of these yet.
pub const SIFLAGS: Flags = Flags { what: "siflags", bits: &[], sets: &[] };
pub const SDFLAGS: Flags = Flags { what: "sdflags", bits: &["rd", "wr"], sets: &[] };
pub const RIGHTS: Flags = Flags {
    what: "rights",
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
    sets: &[
        ("r", RIGHTS_READ),
        ("w", RIGHTS_WRITE),
        ("rw", RIGHTS_READ | RIGHTS_WRITE),
        ("dir", RIGHTS_DIRECTORY),
        ("all", RIGHTS_ALL),
    ],
};

/// The bit of `oflags` for directories.
pub const OFLAGS_DIRECTORY: u64 = 1 << 1;

const fn bits(numbers: &[u32]) -> u64 {
    let (mut sum, mut at) = (0, 0);
    while at < numbers.len() {
        sum |= 1 << numbers[at];
        at += 1;
    }
    sum
}

/// `r`: the rights for reading a file.
const RIGHTS_READ: u64 = bits(&[1, 2, 3, 5, 7, 21, 27]);
/// `w`: the rights for writing a file.
const RIGHTS_WRITE: u64 = bits(&[0, 2, 3, 4, 5, 6, 7, 8, 21, 22, 23, 27]);
/// `rw`: the rights a file is opened with if a statement names none.
pub const RIGHTS_FILE: u64 = RIGHTS_READ | RIGHTS_WRITE;
/// `dir`: the rights a directory is opened with if a statement names none. They include no right
/// for which an implementation opens the host's file for writing: that fails on a directory.
pub const RIGHTS_DIRECTORY: u64 =
    bits(&[1, 3, 4, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26]);
/// `all`: every right except those of sockets, which a directory cannot pass on.
pub const RIGHTS_ALL: u64 = (1 << 28) - 1;

/// A set of named bits.
pub struct Flags {
    pub what: &'static str,
    bits: &'static [&'static str],
    sets: &'static [(&'static str, u64)],
}

impl Flags {
    /// The value of one name.
    pub fn value(&self, name: &str) -> Option<u64> {
        let bit = self.bits.iter().position(|bit| *bit == name).map(|bit| 1 << bit);
        bit.or_else(|| self.sets.iter().find(|set| set.0 == name).map(|set| set.1))
    }

    /// The names of the bits that are set, joined by `|`; unknown bits in hexadecimal; `-` for none.
    pub fn show(&self, value: u64) -> String {
        let known = (1 << self.bits.len()) - 1;
        let is_set = |(bit, _): &(usize, &&str)| value & (1 << bit) != 0;
        let mut names: Vec<String> =
            self.bits.iter().enumerate().filter(is_set).map(|(_, name)| name.to_string()).collect();
        if value & !known != 0 {
            names.push(format!("{:#x}", value & !known));
        }
        if names.is_empty() { "-".into() } else { names.join("|") }
    }
}

/// The name of an errno, or its number.
pub fn errno(number: i32) -> String {
    show(&ERRNOS, number as u32)
}

/// The name of a number in a list, or the number.
pub fn show(names: &[&str], number: u32) -> String {
    match names.get(number as usize) {
        Some(name) => name.to_string(),
        None => number.to_string(),
    }
}
