//! Which functions of preview 1 were called, and what they returned: as seen, not as listed.

use std::collections::{BTreeMap, BTreeSet};

use runner_kit::Globals;

/// How many globals hold what the calls of one function returned, one bit for each errno.
pub const WORDS: usize = 4;
/// The word and bit that say that a function was called, be it without ever returning.
pub const CALLED: (usize, i32) = (WORDS - 1, 1 << 30);
/// What stands for "called" among the numbers that the bits are.
const CALLED_NUMBER: usize = 32 * WORDS - 2;

const PREFIX: &str = "conformance:returned:";

/// The functions of wasi_snapshot_preview1, in the order of the specification.
pub const FUNCTIONS: [&str; 46] = [
    "args_get",
    "args_sizes_get",
    "environ_get",
    "environ_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "fd_advise",
    "fd_allocate",
    "fd_close",
    "fd_datasync",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_filestat_get",
    "fd_filestat_set_size",
    "fd_filestat_set_times",
    "fd_pread",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "fd_pwrite",
    "fd_read",
    "fd_readdir",
    "fd_renumber",
    "fd_seek",
    "fd_sync",
    "fd_tell",
    "fd_write",
    "path_create_directory",
    "path_filestat_get",
    "path_filestat_set_times",
    "path_link",
    "path_open",
    "path_readlink",
    "path_remove_directory",
    "path_rename",
    "path_symlink",
    "path_unlink_file",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "sched_yield",
    "random_get",
    "sock_accept",
    "sock_recv",
    "sock_send",
    "sock_shutdown",
];

/// The errnos of preview 1, each at its number.
pub const ERRNOS: [&str; 77] = [
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

/// What was seen of each function that was called: the names of errnos, `success` among them.
/// Empty for one that was called and never returned.
pub type Calls = BTreeMap<String, BTreeSet<String>>;

/// The names of the globals that hold what a function's calls returned.
pub fn globals_of(function: &str) -> [String; WORDS] {
    std::array::from_fn(|word| format!("{PREFIX}{function}:{word}"))
}

/// What the globals of an instrumented guest say.
pub fn calls(globals: &Globals) -> Calls {
    let mut calls = Calls::new();
    for (name, &bits) in globals {
        let Some((function, word)) =
            name.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once(':'))
        else {
            continue;
        };
        let Ok(word) = word.parse::<usize>() else { continue };
        for number in (0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| 32 * word + bit) {
            let returned = calls.entry(function.to_owned()).or_default();
            if number != CALLED_NUMBER {
                returned.insert(errno(number));
            }
        }
    }
    calls
}

/// An errno's name, or its number if the specification has none.
fn errno(number: usize) -> String {
    ERRNOS.get(number).map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_errnos() {
        let [low, _, high, top] = globals_of("fd_read");
        let globals = Globals::from([
            (low, 1 | 1 << 8 | 1 << 31),
            (high, 1 << 12 | 1 << 20),
            (top, CALLED.1),
            ("other".into(), -1),
        ]);
        let expected = ["84", "badf", "isdir", "notcapable", "success"].map(str::to_owned);
        assert_eq!(calls(&globals), Calls::from([("fd_read".into(), expected.into())]));
    }

    #[test]
    fn a_call_that_never_returns_is_a_call() {
        let [.., top] = globals_of("proc_exit");
        let calls = calls(&Globals::from([(top, CALLED.1)]));
        assert_eq!(calls, Calls::from([("proc_exit".into(), BTreeSet::new())]));
    }
}
