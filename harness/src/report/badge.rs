//! Badges for each runtime, in the form of a shields.io endpoint: what it does of what WASI says, and
//! of what POSIX and practice add, apart.

use anyhow::{Context, Result};
use serde::Serialize;

use super::conformance::{Conformance, Share};
use super::format::{Format, Made, Uses};
use crate::case::Basis;
use crate::results::run_file::{Run, RuntimeRow};
use crate::support::escape;

pub const FORMAT: Format = Format {
    name: "badge",
    help: "badges for a shields.io endpoint: for each runtime a file for WASI, POSIX and practice",
    file: None,
    uses: Uses::Run,
    make: |run, _| Ok(Made::Files(render(run)?)),
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u32,
    label: String,
    message: String,
    color: &'static str,
}

/// `RUNTIME.json` is the badge of what WASI says; `RUNTIME.posix.json` and `RUNTIME.practice.json` are
/// of what it leaves open.
pub fn render(run: &Run) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for runtime in &run.runtimes {
        let conformance = Conformance::of(run, runtime);
        for basis in Basis::ALL {
            let badge = badge(runtime, basis, conformance.get(basis));
            let json = serde_json::to_string_pretty(&badge).context("encode a badge")?;
            let name = match basis {
                Basis::Wasi => format!("{}.json", runtime.name),
                Basis::Posix | Basis::Practice => format!("{}.{basis}.json", runtime.name),
            };
            files.push((name, escape::json(&json) + "\n"));
        }
    }
    Ok(files)
}

fn badge(runtime: &RuntimeRow, basis: Basis, share: Share) -> Badge {
    let (message, color) = match share.percent() {
        None => ("no results".to_owned(), "lightgrey"),
        Some(percent) => {
            let Share { held, all } = share;
            (format!("{percent} ({held}/{all})"), color(held, all))
        }
    };
    let about = match basis {
        Basis::Wasi => "WASI preview 1",
        Basis::Posix => "POSIX in WASI preview 1",
        Basis::Practice => "practice in WASI preview 1",
    };
    let label = format!("{about}: {} {}", runtime.name, runtime.version);
    Badge { schema_version: 1, label: label.trim_end().to_owned(), message, color }
}

fn color(held: usize, all: usize) -> &'static str {
    match held * 100 / all {
        100 => "brightgreen",
        98.. => "green",
        95.. => "yellowgreen",
        90.. => "yellow",
        75.. => "orange",
        _ => "red",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_full_pass_is_bright_green() {
        assert_eq!(color(1999, 2000), "green");
        assert_eq!(color(2000, 2000), "brightgreen");
        assert_eq!(color(0, 3), "red");
    }
}
