//! Runs external tools such as npm, pip and apt.

use std::io;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::support::process::output;
use crate::support::text::shorten;

/// Runs a program to its end and returns its stdout. `todo` is the advice if it does not start.
pub fn output_of(command: Command, name: &str, todo: &str, at_most: Duration) -> Result<String> {
    let output = output::of(command, name, at_most).map_err(|error| {
        match error.downcast::<io::Error>() {
            Ok(error) => anyhow!("start {name}: {todo}: {error}"),
            Err(error) => error,
        }
    })?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", shorten(stderr.trim(), 2000));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What `rustc -vV` prints: its version, and the machine that it compiles for.
pub fn rustc() -> Result<String> {
    let mut rustc = Command::new("rustc");
    rustc.arg("-vV");
    output_of(rustc, "rustc", "install Rust", output::QUESTION_TIME)
        .context("ask rustc for its version")
}
