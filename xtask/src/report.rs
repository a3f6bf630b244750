//! `cargo xtask report`: publishes runs as reports/report.md and report.html, and a short table of the
//! results in README.md.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use runner_kit::WasiVersion;
use wasi_conformance::case::Case;
use wasi_conformance::exec::causes;
use wasi_conformance::known::family;
use wasi_conformance::known::{self, plain_version};
use wasi_conformance::report::Made;
use wasi_conformance::report::{Before, html, make, markdown, tables};
use wasi_conformance::results::compare::history;
use wasi_conformance::results::merge::{Merged, read_all};
use wasi_conformance::results::run_file::{Run, RuntimeRow};
use wasi_conformance::runtime::registry;
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::output::{print, warn};
use wasi_conformance::support::paths;

use crate::Status;

/// The command that makes a run to publish.
const MAKE: &str = "cargo run --release -- run --runtime all --coverage";

/// The runtimes in README.md's table, each at its newest version. reports/report.md has all rows.
const IN_README: [&str; 10] = [
    "wasmtime",
    "wasmer",
    "wasmedge",
    "wasmi",
    "wamr",
    "wazero",
    "node",
    "bun",
    "deno",
    "browser_wasi_shim",
];

/// The marks around the results in README.md.
const BEGIN: &str = "<!-- results: written by `cargo xtask report` -->\n";
const END: &str = "<!-- end of results -->\n";

/// Publish runs: write reports/report.md and report.html, and put a table of the newest versions into
/// README.md
///
/// The page is too big for the repository: the nightly workflow publishes it as a site. Only a complete run is published: every case, on all default runtimes, with coverage, and without
/// unexpected verdicts. Make one with `cargo run --release -- run --runtime all --coverage`.
#[derive(clap::Args)]
pub struct Args {
    /// The run files to publish, as one report [default: the last run]
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let report = directories.checkout.join("reports/report.md");
    let page = report.with_extension("html");
    let readme = directories.checkout.join("README.md");
    let (case_set, _) = known::load_with_cases(&directories)?;
    let files = match args.runs.as_slice() {
        [] => vec![directories.run_file(&None)],
        files => files.to_vec(),
    };
    let Merged { run, notes } = read_all(&files)?;
    for note in notes {
        warn(&format!("note: {note}"));
    }
    if let Some(why) = unpublishable(&run, &case_set.cases, &directories)? {
        bail!("{}: {why}: make another run with `{MAKE}`", files[0].display());
    }
    let snapshots = history(&run, None, &directories.snapshots())?;
    let snapshots = causes::explain(snapshots, &directories)?;
    let before = Before { snapshots, comparison: None };
    let spliced = splice(&read(&readme)?, &table(&run))
        .with_context(|| format!("put the results into {}", readme.display()))?;
    let mut files = vec![(readme, spliced)];
    for (path, format) in [(report, markdown::FORMAT), (page, html::FORMAT)] {
        let Made::Text(text) = make(&run, &before, format)? else {
            bail!("{} is not one file", path.display());
        };
        files.push((path, text));
    }
    for (path, text) in files {
        paths::write_whole(&path, text.as_bytes())?;
        print(&format!("wrote {}\n", path.display()))?;
    }
    Ok(Status::Fine)
}

/// Why a run must not be published, if so.
fn unpublishable(run: &Run, cases: &[Case], directories: &Directories) -> Result<Option<String>> {
    for spec in registry::load(&directories.harness(), &[])?.iter().filter(|spec| spec.by_default) {
        let row = run.runtimes.iter().find(|row| row.name == spec.name);
        if row.is_none_or(|row| row.unavailable.is_some()) {
            return Ok(Some(format!("it does not include {}", spec.name)));
        }
    }
    // A run leaves out the cases of WASI versions that none of its runtimes implements.
    let versions: Vec<WasiVersion> = run.cases.iter().map(|case| case.area.of()).collect();
    let cases = cases.iter().filter(|case| versions.contains(&case.area.of())).count();
    Ok(if !run.complete {
        Some("it was interrupted".into())
    } else if run.cases.len() != cases {
        Some(format!("it has {} of {cases} cases", run.cases.len()))
    } else if !run.is_clean() {
        Some("it has unexpected verdicts".into())
    } else if !run.has_coverage() {
        Some("it has no coverage".into())
    } else {
        None
    })
}

/// The results in README.md: the date of the run, and the newest version of each runtime.
fn table(run: &Run) -> String {
    let rows: Vec<&RuntimeRow> = IN_README.iter().filter_map(|name| newest(run, name)).collect();
    let made = format!("{}, {} cases, {}", run.tool, run.cases.len(), run.started);
    format!("{made}\n\n{}", tables::by_verdict(run, &rows).trim_end())
}

/// The row of a runtime's newest version.
fn newest<'a>(run: &'a Run, name: &str) -> Option<&'a RuntimeRow> {
    let rows = run.available().into_iter().filter(|row| family(&row.name) == name);
    rows.max_by_key(|row| plain_version(&row.version))
}

fn splice(readme: &str, results: &str) -> Result<String> {
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        bail!("it needs the lines `{}` and `{}`", BEGIN.trim_end(), END.trim_end());
    };
    Ok(format!("{before}{BEGIN}\n{results}\n\n{END}{after}"))
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_put_between_the_marks() {
        let readme = |results: &str| format!("before\n{BEGIN}{results}{END}after\n");
        assert_eq!(splice(&readme("old\n"), "| a |").unwrap(), readme("\n| a |\n\n"));
    }

    #[test]
    fn a_readme_without_marks_is_an_error() {
        let error = splice("text\n", "x").unwrap_err().to_string();
        assert!(error.contains("end of results"), "{error}");
    }

    #[test]
    fn the_newest_version_of_a_runtime_is_shown() {
        let run: Run = serde_json::from_value(serde_json::json!({
            "format": 5, "tool": "wasi-conformance 0.1.0", "started": "2030-01-02T03:04:05Z",
            "seconds": 1.0, "complete": true,
            "host": { "os": "linux", "arch": "x86_64", "cpus": 1, "jobs": 1 },
            "cases_digest": null, "filters": [], "shard": null, "merged": [], "cases": [], "rules": [],
            "sources": {}, "verdict_count": 0, "verdicts": [],
            "runtimes": [row("node", "20.1.0"), row("node@9", "9.9.0"), row("node@24", "24.0.0"),
                row("node-like", "99.0.0"), row("wasmtime", "48.0.8")],
        }))
        .unwrap();
        let shown = table(&run);
        let rows: Vec<&str> =
            shown.lines().skip(4).filter_map(|row| row.split('|').nth(1)).collect();
        let rows: Vec<&str> = rows.iter().map(|row| row.trim()).collect();
        assert_eq!(rows, ["wasmtime 48.0.8", "node 24.0.0"]);
    }

    fn row(name: &str, version: &str) -> serde_json::Value {
        serde_json::json!({
            "name": name, "version": version, "details": "", "source": "", "divergences_of": name,
            "unavailable": null, "required": false, "smoke_test_failure": null, "repeats": 1,
            "times": { "build_ms": 0, "start_ms": 0, "compile_ms": 0, "execute_ms": 0 },
        })
    }
}
