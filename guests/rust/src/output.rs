//! Writes to stdout and stderr with the raw call: each line is written before the next statement
//! starts, so a trap loses none of the earlier observations.

use crate::imports::fd_write;

/// Writes a line to stdout.
pub fn line(text: &[u8]) {
    write(1, text);
}

/// Writes an observation to stdout, or the line that says what failed.
pub fn result(what: &str, result: Result<String, String>) {
    line(result.map_or_else(|line| line, |seen| format!("{what} -> {seen}")).as_bytes());
}

/// Writes a line to stderr.
pub fn complaint(text: &[u8]) {
    write(2, text);
}

fn write(fd: i32, text: &[u8]) {
    let line = [text, b"\n"].concat();
    let mut rest = line.as_slice();
    while !rest.is_empty() {
        let iovec = [rest.as_ptr() as usize as u32, rest.len() as u32];
        let mut written = 0_u32;
        let (iovec, out) = (&raw const iovec as usize, &raw mut written as usize);
        // SAFETY: both addresses are those of variables that outlive the call.
        let errno = unsafe { fd_write(fd, iovec as i32, 1, out as i32) };
        if errno != 0 || written == 0 {
            // There is nobody to report this to: a missing line makes the case fail anyway.
            return;
        }
        rest = &rest[(written as usize).min(rest.len())..];
    }
}
