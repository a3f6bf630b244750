//! The rules of branches that exploration does not reach, each with the reason.

use model::Rule;

const SOCKET: &str = "no scenario has a socket, which few runtimes can be given";
const ONE_FILE_SYSTEM: &str = "the files of a scenario are on one file system";

pub const UNREACHED: &[(Rule, &str)] = &[
    ("path_filestat_set_times.latest", "what becomes of so late a time depends on the file system"),
    ("path_link.other_file_system", ONE_FILE_SYSTEM),
    ("path_open.too_many", "the model allows more descriptors than a scenario can open"),
    ("path_rename.other_file_system", ONE_FILE_SYSTEM),
    ("proc_raise.stops", "a guest that is stopped does not go on"),
    ("sock_accept.connection", SOCKET),
    ("sock_accept.filetype", SOCKET),
    ("sock_accept.nonblock_listener", SOCKET),
    ("sock_accept.not_listening", SOCKET),
    ("sock_recv.bytes", SOCKET),
    ("sock_recv.end", SOCKET),
    ("sock_recv.fd_read", SOCKET),
    ("sock_recv.iovecs", SOCKET),
    ("sock_recv.peek", SOCKET),
    ("sock_recv.roflags", SOCKET),
    ("sock_recv.unknown_riflags", SOCKET),
    ("sock_recv.waitall", SOCKET),
    ("sock_send.after_shutdown", SOCKET),
    ("sock_send.bytes", SOCKET),
    ("sock_send.fd_write", SOCKET),
    ("sock_send.iovecs", SOCKET),
    ("sock_send.nothing", SOCKET),
    ("sock_send.siflags", SOCKET),
    ("sock_shutdown.again", SOCKET),
    ("sock_shutdown.both", SOCKET),
    ("sock_shutdown.rd", SOCKET),
    ("sock_shutdown.wr", SOCKET),
];
