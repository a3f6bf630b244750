//! A badge for each runtime, in the form of a shields.io endpoint.

use anyhow::{Context, Result};
use serde::Serialize;

use super::format::{Format, Made, Uses};
use crate::case::Level;
use crate::results::run_file::{Run, RuntimeRow};
use crate::verdict::judge::Verdict;

pub const FORMAT: Format = Format {
    name: "badge",
    help: "badges for a shields.io endpoint, a file for each runtime",
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

/// One file for each runtime, by name.
pub fn render(run: &Run) -> Result<Vec<(String, String)>> {
    let file = |runtime: &RuntimeRow| {
        let json = serde_json::to_string_pretty(&badge(run, runtime)).context("encode a badge")?;
        Ok((format!("{}.json", runtime.name), json + "\n"))
    };
    run.runtimes.iter().map(file).collect()
}

/// The share of cases that pass. A known divergence does not pass: a badge is about the runtime, not
/// about our knowledge of it. Cases that did not apply to the runtime do not count.
fn badge(run: &Run, runtime: &RuntimeRow) -> Badge {
    let asked = run.of_runtime(&runtime.name).filter(|row| {
        let level = run.case(&row.case).map(|case| case.level);
        !matches!(row.verdict, Verdict::Skip | Verdict::HarnessError) && level != Some(Level::May)
    });
    let (mut held, mut all) = (0, 0);
    for row in asked {
        all += 1;
        held += usize::from(row.mismatches.is_empty());
    }
    let (message, color) = match all {
        0 => ("no results".to_owned(), "lightgrey"),
        _ => (format!("{} ({held}/{all})", percent(held, all)), color(held, all)),
    };
    let label = format!("WASI preview 1: {} {}", runtime.name, runtime.version);
    Badge { schema_version: 1, label: label.trim_end().to_owned(), message, color }
}

/// Rounded down, so that only a full pass is 100 %.
fn percent(held: usize, all: usize) -> String {
    let tenths = held * 1000 / all;
    format!("{}.{} %", tenths / 10, tenths % 10)
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
    fn only_a_full_pass_is_100_percent() {
        assert_eq!(percent(1999, 2000), "99.9 %");
        assert_eq!(percent(2000, 2000), "100.0 %");
        assert_eq!(color(1999, 2000), "green");
        assert_eq!(color(2000, 2000), "brightgreen");
        assert_eq!(color(0, 3), "red");
    }
}
