//! Writing to stdout and stderr. The whole program writes through this module, because `println!` and
//! `eprintln!` panic if a pipe is closed or a disk is full.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes to stdout, without colours if it is not a terminal that shows them. A reader that stops
/// reading, such as `head`, is not an error.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}

/// Writes a line to stderr. A failure cannot be reported anywhere, so it is ignored.
pub fn warn(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{line}").and_then(|()| stderr.flush());
}
