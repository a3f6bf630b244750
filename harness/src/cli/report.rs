//! `wasi-conformance report RUN...`: runs in a format for people or for other programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::arguments::one_of;
use super::baseline::{self, Baseline};
use super::status::Status;
use crate::exec::causes;
use crate::report::{self, Before, FORMATS, Format, Made, Uses};
use crate::results::compare::{Side, history};
use crate::results::merge::{Merged, read_all};
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::output::{print, warn};
use crate::support::paths::{write_named, write_whole};

/// Show runs in a format for people or for other programs
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance report --format html --out report.html    # the last run as a page
  wasi-conformance report --format coverage                  # what `run --coverage` has covered
  wasi-conformance report --format comment --baseline        # what changed since the published snapshots
  wasi-conformance report a/run.json b/run.json              # two runs in one report")]
pub struct ReportArgs {
    /// Run files; the runtimes of several are shown in one report [default: the last run]
    #[arg(value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// The format of the report
    #[arg(long, value_name = "FORMAT", default_value = "markdown", value_parser = one_of(FORMATS))]
    format: Format,
    /// For html, the snapshots of other versions to show; for comment, the snapshots to compare with
    /// [default: the published snapshots]
    #[arg(long, value_name = "PATH", num_args = 0..=1)]
    baseline: Option<Option<PathBuf>>,
    /// Your own file of divergences, whose snapshots lie beside it (repeatable)
    #[arg(long, value_name = "FILE")]
    divergences: Vec<PathBuf>,
    /// File for the report, or directory for a format of several files [default: stdout]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub fn report(args: &ReportArgs) -> Result<Status> {
    let Merged { run, notes } = read_all(&runs(&args.runs)?)?;
    for note in notes {
        warn(&format!("note: {note}"));
    }
    let own = DirectoryOptions { divergences: args.divergences.clone(), ..Default::default() };
    let directories = Directories::find(&own)?;
    let baseline = baseline::path(&args.baseline, &directories);
    let baseline = baseline.as_deref();
    let before = match args.format.uses {
        Uses::Snapshots => {
            let snapshots = history(&run, baseline, &directories.snapshots())?;
            let snapshots = causes::explain(snapshots, &directories)?;
            Before { snapshots, comparison: None }
        }
        Uses::Comparison => {
            let compare = |path| Baseline::read(path, &directories)?.compare(&run, &[]);
            Before { snapshots: Side::default(), comparison: baseline.map(compare).transpose()? }
        }
        Uses::Run if baseline.is_some() => bail!(
            "--baseline goes with --format html or comment; `wasi-conformance compare` has others"
        ),
        Uses::Run => Before::default(),
    };
    match (report::make(&run, &before, args.format)?, &args.out) {
        (Made::Text(text), None) => print(&text)?,
        (Made::Text(text), Some(file)) => write_file(file, &text)?,
        (Made::Files(_), None) => {
            bail!("this format makes several files: name a directory for them with --out")
        }
        (Made::Files(files), Some(directory)) => write_files(directory, &files)?,
    }
    Ok(Status::Clean)
}

/// The named runs, or the last one.
pub fn runs(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(match named {
        [] => vec![Directories::find(&DirectoryOptions::default())?.run_file(&None)],
        named => named.to_vec(),
    })
}

/// Writes the file of `--out FILE`, and prints its name.
pub fn write_file(file: &Path, text: &str) -> Result<()> {
    if file.is_dir() {
        bail!("--out {}: it is a directory: name a file", file.display());
    }
    // Files have no colours.
    let text = anstream::adapter::strip_str(text).to_string();
    match write_named(file, text.as_bytes())? {
        true => print(&format!("wrote {}\n", file.display())),
        // It may be stdout.
        false => Ok(()),
    }
}

/// Writes files into the directory of an `--out DIR`, and names them.
pub fn write_files(directory: &Path, files: &[(String, String)]) -> Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("create the directory {}", directory.display()))?;
    let mut wrote = String::new();
    for (name, text) in files {
        let file: PathBuf = directory.join(name);
        write_whole(&file, text.as_bytes())?;
        wrote.push_str(&format!("wrote {}\n", file.display()));
    }
    print(&wrote)
}
