//! The commands, one file each, and what they share.

pub mod args;
mod baseline;
pub mod bisect;
pub mod bless;
pub mod check;
pub mod compare;
pub mod coverage;
pub mod explain;
pub mod export;
pub mod list;
pub mod merge;
pub mod report;
mod results_directory;
pub mod run;
pub mod runtimes;
mod side;
pub mod snapshot;
pub mod upgrade;
pub mod version;

use std::io::Write;

use anyhow::{Context, Result};

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Clean,
    Unexpected,
    Interrupted,
}

/// Writes to stdout what a command has to say, without colours if they are not wanted there. It is no
/// error if nobody reads it to the end.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}
