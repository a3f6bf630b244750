//! Writing to stdout and stderr. The whole program writes through this module, because `println!` and
//! `eprintln!` panic if a pipe is closed or a disk is full, and because anything that is shown may come
//! from a guest: nothing but our colours is a command to a terminal or to a CI server.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

use crate::support::escape;

/// Writes to stdout, without colours if it is not a terminal that shows them. A reader that stops
/// reading, such as `head`, is not an error.
pub fn print(text: &str) -> Result<()> {
    let text = escape::colored(text);
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}

/// Writes a line to stderr. A failure cannot be reported anywhere, so it is ignored.
pub fn warn(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{}", escape::plain(line)).and_then(|()| stderr.flush());
}
