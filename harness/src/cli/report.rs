//! `wasi-conformance report RUN...`: runs in a format for people or for other programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::baseline::{self, Baseline};
use super::{Status, print};
use crate::cli::args::ReportArgs;
use crate::report::{self, Before, Format, Made};
use crate::results::compare::history;
use crate::results::merge::{Merged, read_all};
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::paths::write_whole;

pub fn report(args: &ReportArgs) -> Result<Status> {
    let Merged { run, notes } = read_all(&runs(&args.runs)?)?;
    for note in notes {
        eprintln!("note: {note}");
    }
    let directories = Directories::find(&DirectoryOptions::default())?;
    let baseline = baseline::path(&args.baseline, &directories);
    let baseline = baseline.as_deref();
    let before = match args.format {
        Format::Html => {
            let snapshots = history(&run, baseline, &directories.published_snapshots())?;
            Before { snapshots, comparison: None }
        }
        Format::Comment => {
            let compare = |path| Baseline::read(path)?.compare(&run, &[]);
            Before { snapshots: vec![], comparison: baseline.map(compare).transpose()? }
        }
        _ if baseline.is_some() => bail!(
            "--baseline goes with --format html or comment; `wasi-conformance compare` has others"
        ),
        _ => Before::default(),
    };
    match (report::make(&run, &before, args.format)?, &args.out) {
        (Made::Text(text), None) => print(&text)?,
        (Made::Text(text), Some(file)) => write_file(file, &text)?,
        (Made::Files(_), None) => {
            bail!("this format makes several files: name a folder for them with --out")
        }
        (Made::Files(files), Some(folder)) => write_files(folder, &files)?,
    }
    Ok(Status::Clean)
}

/// The runs that were named, or the last one.
pub fn runs(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(match given {
        [] => vec![Directories::find(&DirectoryOptions::default())?.run_file(&None)],
        given => given.to_vec(),
    })
}

/// Writes one file, where the user says.
pub fn write_file(file: &Path, text: &str) -> Result<()> {
    if file.is_dir() {
        bail!("--out {}: it is a folder: name a file, in it or elsewhere", file.display());
    }
    // A file has no use for colours.
    write_whole(file, anstream::adapter::strip_str(text).to_string().as_bytes())?;
    print(&format!("wrote {}\n", file.display()))
}

/// Writes files into the folder that the user says, and names them.
pub fn write_files(folder: &Path, files: &[(String, String)]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let mut wrote = String::new();
    for (name, text) in files {
        let file: PathBuf = folder.join(name);
        write_whole(&file, text.as_bytes())?;
        wrote.push_str(&format!("wrote {}\n", file.display()));
    }
    print(&wrote)
}
