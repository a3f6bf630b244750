//! Sets of rights: those that `rust-calls` has names for.

use preview1::RIGHTS;
use transcript::names;

/// `rw`: what `path_open` asks for if a statement names no rights.
pub const FILE: u64 = names::RIGHTS_FILE;
/// `r`: to read a file.
pub const READ: u64 = FILE
    & !RIGHTS.values(&[
        "fd_datasync",
        "fd_sync",
        "fd_write",
        "fd_allocate",
        "fd_filestat_set_size",
        "fd_filestat_set_times",
    ]);
/// `w`: to write a file.
pub const WRITE: u64 = FILE & !RIGHTS.values(&["fd_read"]);
/// `dir`: what `path_open` with the flag `directory` asks for if a statement names no rights.
pub const DIRECTORY: u64 = names::RIGHTS_DIRECTORY;
/// `all`: every right but those of sockets, which a directory cannot pass on.
pub const ALL: u64 = names::RIGHTS_ALL;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_the_guest_takes_their_names_for() {
        for (name, rights) in
            [("rw", FILE), ("r", READ), ("w", WRITE), ("dir", DIRECTORY), ("all", ALL)]
        {
            assert_eq!(names::flag(&RIGHTS, name), Some(rights), "{name}");
        }
    }
}
