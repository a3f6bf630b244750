//! Writing to stdout and stderr. All of the program does it here, because `println!` and `eprintln!`
//! panic if nobody reads what they write or a disk is full.

use std::io::{ErrorKind, Write};

use anyhow::{Context, Result};

/// Writes to stdout, without colours if they are not wanted there. A reader that stops reading, for
/// example `head`, is not an error.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}

/// Writes a line to stderr. If that fails there is nowhere left to say so.
pub fn warn(line: &str) {
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "{line}").and_then(|()| stderr.flush());
}
