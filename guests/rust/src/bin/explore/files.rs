//! The two files in the preopen `/control`.

use guests::imports::{fd_close, fd_read, fd_write, path_open};
use preview1::{OFLAGS, RIGHTS};

/// Creates a file for writing, and returns its descriptor.
pub fn create(directory: i32, name: &[u8]) -> Option<i32> {
    let new = OFLAGS.values(&["creat", "trunc"]);
    open(directory, name, new as i32, RIGHTS.values(&["fd_write"]) as i64)
}

fn open(directory: i32, name: &[u8], oflags: i32, rights: i64) -> Option<i32> {
    let (at, length) = (name.as_ptr() as i32, name.len() as i32);
    let mut fd = 0i32;
    // SAFETY: the name and the result are at the addresses that the call gets.
    let errno =
        unsafe { path_open(directory, 0, at, length, oflags, rights, 0, 0, &raw mut fd as i32) };
    (errno == 0).then_some(fd)
}

/// Reads a whole file, and returns its length.
pub fn read(directory: i32, name: &[u8], room: &mut [u8]) -> Option<usize> {
    let fd = open(directory, name, 0, RIGHTS.values(&["fd_read"]) as i64)?;
    let mut length = 0;
    loop {
        let rest = &mut room[length..];
        let iovec = [rest.as_mut_ptr() as i32, rest.len() as i32];
        let mut count = 0usize;
        // SAFETY: there is room for the bytes and for their number.
        let errno = unsafe { fd_read(fd, iovec.as_ptr() as i32, 1, &raw mut count as i32) };
        if errno != 0 || count > rest.len() {
            return None;
        }
        length += count;
        if count == 0 {
            break;
        }
    }
    // SAFETY: no address is passed.
    unsafe { fd_close(fd) };
    Some(length)
}

/// Writes all bytes, or returns `false`.
pub fn write(fd: i32, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let iovec = [bytes.as_ptr() as i32, bytes.len() as i32];
        let mut count = 0usize;
        // SAFETY: the bytes are at the address that the call gets, and there is room for the result.
        let errno = unsafe { fd_write(fd, iovec.as_ptr() as i32, 1, &raw mut count as i32) };
        match bytes.get(count..) {
            Some(rest) if errno == 0 && count > 0 => bytes = rest,
            _ => return false,
        }
    }
    true
}
