//! Runs external tools such as npm, pip and apt.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::support::text::shorten;

/// Runs a program to completion and returns its stdout. `todo` is the advice if it does not start.
pub fn output_of(mut command: Command, name: &str, todo: &str) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("start {name}: {todo}"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", shorten(stderr.trim(), 2000));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
