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

/// Writes to stdout what a command has to say. That nobody reads it to the end is no error.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}
