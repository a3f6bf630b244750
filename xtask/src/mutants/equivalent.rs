//! Mutants that no case can kill, because what they do is right as well, or cannot be seen.

use super::catalogue::Mutant;

const ADVICE: &str = "advice changes nothing that a guest can see";
const REST: &str = "nothing says what is in the part of a buffer that was not read into";
const RANDOM: &str = "another random byte is as random";
const RESOLUTION: &str = "a resolution is whatever the runtime says, if it is not 0";
const READINGS: &str = "no two readings of a clock are of the same moment";
const CPUTIME: &str = "a guest has one thread, whose time is the process's";
const RIGHTS: &str = "no right has a bit above the 30th";
const DEVICES: &str = "no file system of a plain machine has a number that long";
const OPEN: &str = "what a signal does to the guest, preview 1 leaves open";
const STREAMS: &str = "a flag of files means nothing for a connection";
const LINKS: &str = "no file can have that many names";

/// Function, the beginning of what goes wrong, and why nothing does.
const EQUIVALENT: &[(&str, &str, &str)] = &[
    ("clock_res_get", "realtime is taken for monotonic", RESOLUTION),
    ("clock_res_get", "process_cputime is taken for thread_cputime", RESOLUTION),
    ("clock_res_get", "thread_cputime is taken for realtime", RESOLUTION),
    ("clock_res_get", "the timestamp is one too great", RESOLUTION),
    ("clock_res_get", "the timestamp is cut to 32 bits", RESOLUTION),
    ("clock_res_get", "the timestamp is in picoseconds", RESOLUTION),
    ("clock_time_get", "the timestamp is one too great", READINGS),
    ("clock_time_get", "the timestamp is one too small", READINGS),
    ("clock_time_get", "process_cputime is taken for thread_cputime", CPUTIME),
    ("fd_advise", "the offset is", ADVICE),
    ("fd_advise", "the len is one too great", ADVICE),
    ("fd_advise", "the len is taken for 0", ADVICE),
    ("fd_advise", "the len is cut to 32 bits", ADVICE),
    ("fd_advise", "the two numbers are swapped", ADVICE),
    ("fd_advise", "normal is taken for sequential", ADVICE),
    ("fd_advise", "sequential is taken for random", ADVICE),
    ("fd_advise", "random is taken for willneed", ADVICE),
    ("fd_advise", "willneed is taken for dontneed", ADVICE),
    ("fd_advise", "dontneed is taken for noreuse", ADVICE),
    ("fd_advise", "noreuse is taken for normal", ADVICE),
    ("fd_allocate", "the len is cut to 32 bits", "only a disk with 4 GiB to spare would show it"),
    ("fd_fdstat_get", "the rights_base is cut to 32 bits", RIGHTS),
    ("fd_fdstat_get", "the rights_inheriting is cut to 32 bits", RIGHTS),
    ("fd_filestat_get", "the dev is cut to 32 bits", DEVICES),
    ("path_filestat_get", "the dev is cut to 32 bits", DEVICES),
    ("fd_filestat_get", "the nlink is cut to 32 bits", LINKS),
    ("path_filestat_get", "the nlink is cut to 32 bits", LINKS),
    ("fd_prestat_get", "the tag is 0", "0 is the only tag that there is"),
    ("fd_pread", "a byte after what was read is written", REST),
    ("fd_read", "a byte after what was read is written", REST),
    ("sock_recv", "a byte after what was read is written", REST),
    (
        "path_create_directory",
        "the path loses its trailing slash",
        "what is made is a directory, and what is there exists, with a slash or without",
    ),
    (
        "path_remove_directory",
        "the path loses its trailing slash",
        "it shows only on a link with a slash, which POSIX leaves open",
    ),
    (
        "proc_exit",
        "the code is cut to 8 bits",
        "how a host shows a code that it has no room for, preview 1 leaves open",
    ),
    ("proc_raise", "", OPEN),
    ("random_get", "the first byte is another", RANDOM),
    ("random_get", "the last byte is another", RANDOM),
    ("sock_accept", "the flag append is dropped", STREAMS),
    ("sock_accept", "the flag dsync is dropped", STREAMS),
    ("sock_accept", "the flag rsync is dropped", STREAMS),
    ("sock_accept", "the flag sync is dropped", STREAMS),
    (
        "sock_recv",
        "the ro_flags is 0",
        "only a datagram can be cut short, and a guest cannot be handed a socket for those",
    ),
    ("sched_yield", "does nothing and says success", "there is no other thread to give way to"),
];

/// Faults all the same, and why no case here notices them.
const UNNOTICED: &[(&str, &str, &str)] = &[
    ("fd_fdstat_set_flags", "the flag", "no runtime here can set this flag of an open file"),
    (
        "fd_pread",
        "says",
        "whether an offset of 64 bits that no host has is inval, preview 1 leaves open",
    ),
    ("fd_readdir", "the cookie is cut", "where cases run, cookies are small numbers"),
    (
        "poll_oneoff",
        "of the first event, the error is success",
        "no runtime here puts an error into an event as a case expects it",
    ),
    ("sock_accept", "the flag nonblock", "the only runtime with sockets sets it on the wrong one"),
];

/// Why a mutant is no fault, if it is none.
pub fn why(mutant: &Mutant) -> Option<&'static str> {
    find(EQUIVALENT, mutant)
}

/// Why no case notices a mutant, if that is known.
pub fn unnoticed(mutant: &Mutant) -> Option<&'static str> {
    find(UNNOTICED, mutant)
}

fn find(
    table: &[(&'static str, &'static str, &'static str)],
    mutant: &Mutant,
) -> Option<&'static str> {
    let fits = |(function, what, _): &&(&str, &str, &str)| {
        *function == mutant.function && mutant.what.starts_with(what)
    };
    table.iter().find(fits).map(|(_, _, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::super::catalogue;
    use super::*;

    #[test]
    fn what_is_said_is_said_of_a_mutant() {
        let mutants = catalogue::all(1);
        for entry in EQUIVALENT.iter().chain(UNNOTICED) {
            let found = mutants.iter().any(|mutant| find(&[*entry], mutant).is_some());
            assert!(found, "{}: {}", entry.0, entry.1);
        }
    }
}
