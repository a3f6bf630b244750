//! `cargo xtask report`: publishes runs as reports/report.md and report.html, and the head of the former
//! in README.md.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use runner_kit::WasiVersion;
use wasi_conformance::case::Case;
use wasi_conformance::known;
use wasi_conformance::report::{html, markdown};
use wasi_conformance::results::compare::history;
use wasi_conformance::results::merge::{Merged, read_all};
use wasi_conformance::results::run_file::Run;
use wasi_conformance::runtime::registry;
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::output::{print, warn};
use wasi_conformance::support::paths;

use crate::Status;

/// What makes a run that can be published.
const MAKE: &str = "cargo run --release -- run --runtime all --coverage";

/// What stands around the results in README.md.
const BEGIN: &str = "<!-- results: written by `cargo xtask report` -->\n";
const END: &str = "<!-- end of results -->\n";

/// Publish runs: write reports/report.md and report.html, and put the tables into README.md
///
/// Only what is complete is published, with every case, all runtimes of a plain run, with coverage
/// and with nothing unexpected in it: make it with `cargo run --release -- run --runtime all
/// --coverage`.
#[derive(clap::Args)]
pub struct Args {
    /// Change nothing: check that README.md has the tables of reports/report.md, and that they are
    /// of as many cases as there are
    #[arg(long, conflicts_with = "runs")]
    check: bool,
    /// The run files to publish, as one report [default: the last one]
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let directories = Directories::find(&DirectoryOptions::default())?;
    let report = directories.checkout.join("reports/report.md");
    let page = report.with_extension("html");
    let readme = directories.checkout.join("README.md");
    let (library, _) = known::load_with_cases(&directories)?;
    if args.check {
        read(&page)?;
        return check(&read(&report)?, &read(&readme)?, counts(&library.cases));
    }
    let files = match args.runs.as_slice() {
        [] => vec![directories.run_file(&None)],
        files => files.to_vec(),
    };
    let Merged { run, notes } = read_all(&files)?;
    for note in notes {
        warn(&format!("note: {note}"));
    }
    if let Some(why) = not_fit(&run, &library.cases, &directories)? {
        bail!("{}: {why}: make another with `{MAKE}`", files[0].display());
    }
    let text = markdown::render(&run);
    let html = html::render(&run, &history(&run, None, &directories.published_snapshots())?)?;
    let spliced = splice(&read(&readme)?, head(&text))
        .with_context(|| format!("put the results into {}", readme.display()))?;
    paths::write_whole(&report, text.as_bytes())?;
    paths::write_whole(&page, html.as_bytes())?;
    paths::write_whole(&readme, spliced.as_bytes())?;
    for file in [report, page, readme] {
        print(&format!("wrote {}\n", file.display()))?;
    }
    Ok(Status::Fine)
}

/// Why a run is not one to publish.
fn not_fit(run: &Run, cases: &[Case], directories: &Directories) -> Result<Option<String>> {
    for wanted in registry::load(&directories.harness(), &[])?.iter().filter(|w| w.by_default) {
        let row = run.runtimes.iter().find(|row| row.name == wanted.name);
        if row.is_none_or(|row| row.unavailable.is_some()) {
            return Ok(Some(format!("{} is not in it", wanted.name)));
        }
    }
    // No run has cases of a kind that none of its runtimes offers.
    let kinds: Vec<WasiVersion> = run.cases.iter().map(|case| case.area.of()).collect();
    let cases = cases.iter().filter(|case| kinds.contains(&case.area.of())).count();
    Ok(if !run.complete {
        Some("it was interrupted".into())
    } else if run.cases.len() != cases {
        Some(format!("it is of {} cases, and there are {cases}", run.cases.len()))
    } else if !run.is_clean() {
        Some("it has unexpected verdicts".into())
    } else if !run.has_coverage() {
        Some("it did not record calls".into())
    } else {
        None
    })
}

/// How many cases a run can have: without those of preview 2, which few runtimes offer, and with
/// them.
fn counts(cases: &[Case]) -> [usize; 2] {
    [cases.iter().filter(|case| case.area.of() == WasiVersion::Preview1).count(), cases.len()]
}

fn check(report: &str, readme: &str, cases: [usize; 2]) -> Result<Status> {
    let mut problems = Vec::new();
    if splice(readme, head(report))? != readme {
        problems.push("README.md does not have the tables of reports/report.md".to_owned());
    }
    if !cases.iter().any(|count| report.contains(&format!(" {count} cases, "))) {
        let all = cases[1];
        problems.push(format!("reports/report.md is not of the {all} cases that there are"));
    }
    for problem in &problems {
        warn(&format!("{problem}: run `{MAKE}` and `cargo xtask report`"));
    }
    Ok(if problems.is_empty() { Status::Fine } else { Status::Failed })
}

/// What comes between a report's title and its first section.
fn head(report: &str) -> &str {
    let body = report.split_once("\n\n").map_or(report, |(_, body)| body);
    body.split_once("\n## ").map_or(body, |(head, _)| head).trim_end()
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

    const REPORT: &str = "# Title\n\ntool, 2 cases, linux\n\n| a |\n\n## Known\n\n- x\n";

    fn readme(results: &str) -> String {
        format!("before\n{BEGIN}{results}{END}after\n")
    }

    #[test]
    fn the_head_of_a_report_is_put_between_the_marks() {
        let spliced = splice(&readme("old\n"), head(REPORT)).unwrap();
        assert_eq!(spliced, readme("\ntool, 2 cases, linux\n\n| a |\n\n"));
        assert_eq!(check(REPORT, &spliced, [2, 2]).unwrap(), Status::Fine);
    }

    #[test]
    fn what_is_out_of_date_is_found() {
        let spliced = splice(&readme(""), head(REPORT)).unwrap();
        assert_eq!(check(REPORT, &spliced, [3, 3]).unwrap(), Status::Failed);
        assert_eq!(check(REPORT, &readme("old\n"), [2, 2]).unwrap(), Status::Failed);
    }

    #[test]
    fn a_readme_without_marks_is_refused() {
        let error = splice("text\n", "x").unwrap_err().to_string();
        assert!(error.contains("end of results"), "{error}");
    }
}
