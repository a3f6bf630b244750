//! Runs the programs that obtain things, such as npm, pip and apt.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::support::process::output;
use crate::support::text::shorten;

/// Runs a program to its end and returns its stdout. `todo` is the advice if it does not start or
/// does not end in time.
pub fn output_of(
    command: Command,
    name: &str,
    todo: &str,
    at_most: Duration,
) -> Result<String> {
    let output = output::of(command, name, at_most).context(todo.to_owned())?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", shorten(stderr.trim(), 2000));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
