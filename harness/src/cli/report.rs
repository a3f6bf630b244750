//! `wasi-conformance report RUN...`: runs in a format for people or for other programs.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::compare::{Base, published_folder};
use super::{Folders, Status, print};
use crate::cli::args::{ReportArgs, Suite};
use crate::report::{self, Before, Format, Made};
use crate::results::compare::{self, Comparison};
use crate::results::merge::{Merged, read_all};
use crate::results::run_file::Run;
use crate::results::snapshot::{self, Snapshot};
use crate::support::paths::write_whole;

pub fn report(args: &ReportArgs) -> Result<Status> {
    let Merged { run, notes } = read_all(&runs(&args.runs)?)?;
    for note in notes {
        eprintln!("note: {note}");
    }
    let given = args.baseline.as_deref();
    let before = match args.format {
        Format::Html => Before { snapshots: history(&run, given)?, comparison: None },
        Format::Comment => Before { snapshots: vec![], comparison: since(&run, given)? },
        _ if given.is_some() => bail!(
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

/// The baselines of a folder or a file, or the published ones: none where there is no such folder, or
/// the run is not of our own cases.
pub fn history(run: &Run, given: Option<&Path>) -> Result<Vec<Snapshot>> {
    let found = match given {
        Some(given) => compare::read(given, published_folder)?.rows,
        None => {
            let published = published_folder()?;
            if run.suite.is_none() || !published.is_dir() {
                return Ok(vec![]);
            }
            let found = snapshot::read_folder(&published)?;
            found.into_iter().map(|(path, row)| (path.display().to_string(), row)).collect()
        }
    };
    Ok(found.into_iter().map(|(_, baseline)| baseline).collect())
}

/// What has changed since a baseline, if one is asked for.
fn since(run: &Run, given: Option<&Path>) -> Result<Option<Comparison>> {
    given.map(|given| Base::read(given)?.compare(run, &[])).transpose()
}

/// The runs that were named, or the last one.
pub fn runs(given: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Ok(match given {
        [] => vec![Folders::find(&Suite::default())?.run_file(&None)],
        given => given.to_vec(),
    })
}

/// Writes one file, where the user says.
pub fn write_file(file: &Path, text: &str) -> Result<()> {
    if file.is_dir() {
        bail!("--out {}: it is a folder: name a file, in it or elsewhere", file.display());
    }
    write_whole(file, text.as_bytes())?;
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
