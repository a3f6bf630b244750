//! Equivalent mutants, which no case can kill because they are still correct or because a guest cannot
//! see the fault; and the known reasons why other mutants survive.

use super::catalogue::Mutant;

const ADVICE: &str = "advice has no effect that a guest can see";
const REST: &str = "the rest of a buffer after a short read is unspecified";
const RANDOM: &str = "any other byte is just as random";
const RESOLUTION: &str = "the runtime may report any resolution other than 0";
const READINGS: &str = "two readings of a clock differ anyway";
const CPUTIME: &str = "a guest has one thread, so both clocks are the same";
const RIGHTS: &str = "no right has a bit above bit 29";
const DEVICES: &str = "device numbers here fit into 32 bits";
const OPEN: &str = "preview 1 does not specify the effect of a signal";
const STREAMS: &str = "the flag has no effect on a connection";
const LINKS: &str = "no file can have that many links";

/// Function, start of the description, reason.
const EQUIVALENT: &[(&str, &str, &str)] = &[
    ("clock_res_get", "realtime is treated as monotonic", RESOLUTION),
    ("clock_res_get", "process_cputime is treated as thread_cputime", RESOLUTION),
    ("clock_res_get", "thread_cputime is treated as realtime", RESOLUTION),
    ("clock_res_get", "the timestamp is one too large", RESOLUTION),
    ("clock_res_get", "the timestamp is cut to 32 bits", RESOLUTION),
    ("clock_res_get", "the timestamp is in picoseconds", RESOLUTION),
    ("clock_time_get", "the timestamp is one too large", READINGS),
    ("clock_time_get", "the timestamp is one too small", READINGS),
    ("clock_time_get", "process_cputime is treated as thread_cputime", CPUTIME),
    ("fd_advise", "the offset is", ADVICE),
    ("fd_advise", "the len is one too large", ADVICE),
    ("fd_advise", "the len is treated as 0", ADVICE),
    ("fd_advise", "the len is cut to 32 bits", ADVICE),
    ("fd_advise", "the two numbers are swapped", ADVICE),
    ("fd_advise", "normal is treated as sequential", ADVICE),
    ("fd_advise", "sequential is treated as random", ADVICE),
    ("fd_advise", "random is treated as willneed", ADVICE),
    ("fd_advise", "willneed is treated as dontneed", ADVICE),
    ("fd_advise", "dontneed is treated as noreuse", ADVICE),
    ("fd_advise", "noreuse is treated as normal", ADVICE),
    (
        "fd_allocate",
        "the len is cut to 32 bits",
        "only a disk with 4 GiB of free space would show it",
    ),
    ("fd_fdstat_get", "the rights_base is cut to 32 bits", RIGHTS),
    ("fd_fdstat_get", "the rights_inheriting is cut to 32 bits", RIGHTS),
    ("fd_filestat_get", "the dev is cut to 32 bits", DEVICES),
    ("path_filestat_get", "the dev is cut to 32 bits", DEVICES),
    ("fd_filestat_get", "the nlink is cut to 32 bits", LINKS),
    ("path_filestat_get", "the nlink is cut to 32 bits", LINKS),
    ("fd_prestat_get", "the tag is 0", "0 is the only tag"),
    ("fd_pread", "the byte after the data is overwritten", REST),
    ("fd_read", "the byte after the data is overwritten", REST),
    ("sock_recv", "the byte after the data is overwritten", REST),
    (
        "path_create_directory",
        "the path loses its trailing slash",
        "the slash makes no difference: the new entry is a directory, and an existing one fails with exist",
    ),
    (
        "path_remove_directory",
        "the path loses its trailing slash",
        "only a symlink with a trailing slash would show it, and POSIX leaves that open",
    ),
    (
        "proc_exit",
        "the code is cut to 8 bits",
        "preview 1 does not specify how a host reports a larger code",
    ),
    ("proc_raise", "", OPEN),
    ("random_get", "the first byte is wrong", RANDOM),
    ("random_get", "the last byte is wrong", RANDOM),
    ("sock_accept", "the flag append is dropped", STREAMS),
    ("sock_accept", "the flag dsync is dropped", STREAMS),
    ("sock_accept", "the flag rsync is dropped", STREAMS),
    ("sock_accept", "the flag sync is dropped", STREAMS),
    (
        "sock_recv",
        "the ro_flags is 0",
        "only datagrams can be truncated, and no guest can be given a datagram socket",
    ),
    ("sched_yield", "does nothing and returns success", "there is no other thread to yield to"),
];

/// Mutants that are not equivalent, and why they survive: function, start of the description, reason.
const SURVIVORS: &[(&str, &str, &str)] = &[
    ("fd_fdstat_set_flags", "the flag", "no runtime here can set this flag on an open file"),
    (
        "fd_pread",
        "returns",
        "preview 1 does not specify inval for offsets beyond the signed 64-bit range",
    ),
    ("fd_readdir", "the cookie is cut", "cookies are small numbers on our test machines"),
    (
        "poll_oneoff",
        "in the first event, the error is success",
        "no runtime here reports an error in an event as the cases expect",
    ),
    (
        "sock_accept",
        "the flag nonblock",
        "the only runtime with sockets sets it on the wrong socket",
    ),
];

/// Why a mutant is equivalent, if it is.
pub fn reason(mutant: &Mutant) -> Option<&'static str> {
    find(EQUIVALENT, mutant)
}

/// Why a mutant that is not equivalent survives, if that is known.
pub fn survival_reason(mutant: &Mutant) -> Option<&'static str> {
    find(SURVIVORS, mutant)
}

fn find(
    table: &[(&'static str, &'static str, &'static str)],
    mutant: &Mutant,
) -> Option<&'static str> {
    let matches = |(function, start, _): &&(&str, &str, &str)| {
        *function == mutant.function && mutant.description.starts_with(start)
    };
    table.iter().find(matches).map(|(_, _, reason)| *reason)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::*;

    #[test]
    fn every_entry_matches_a_mutant() {
        let mutants = catalogue::all(1);
        for entry in EQUIVALENT.iter().chain(SURVIVORS) {
            let found = mutants.iter().any(|mutant| find(&[*entry], mutant).is_some());
            assert!(found, "{}: {}", entry.0, entry.1);
        }
    }
}
