//! `wasi-conformance compare A B`: what changed, and whether anything got worse.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::report::write_file;
use super::{Folders, Status, print};
use crate::cli::args::{CompareArgs, Suite};
use crate::report::comparison::{make, remarks};
use crate::results::compare::{Comparison, Rows, read};
use crate::results::run_file::Run;
use crate::results::snapshot::published;

pub fn compare(args: &CompareArgs) -> Result<Status> {
    let (a, b) = (read(&args.a, published_folder)?, read(&args.b, published_folder)?);
    let comparison = Comparison::new(&a, &b, &args.allow)?;
    if comparison.is_empty() {
        bail!(
            "{} and {}: no case is in both, so there is nothing to compare{}",
            args.a.display(),
            args.b.display(),
            why(&comparison)
        );
    }
    let text = make(&comparison, args.format)?;
    match &args.out {
        None => print(&text)?,
        Some(file) => write_file(file, &text)?,
    }
    Ok(match comparison.failures().next() {
        None => Status::Clean,
        Some(_) => Status::Unexpected,
    })
}

pub fn published_folder() -> Result<PathBuf> {
    Ok(published(&Folders::find(&Suite::default())?.checkout))
}

/// What was said beside a comparison, as the lines of a message.
fn why(comparison: &Comparison) -> String {
    remarks(comparison).iter().map(|remark| format!("\n    {remark}")).collect()
}

/// What runs are compared with, as --baseline names it.
pub struct Base {
    given: PathBuf,
    rows: Rows,
}

impl Base {
    pub fn read(given: &Path) -> Result<Self> {
        Ok(Base { given: given.to_owned(), rows: read(given, published_folder)? })
    }

    /// Compares a run with it, in those cases that the run was asked for.
    pub fn compare(&self, run: &Run, allow: &[String]) -> Result<Comparison> {
        let mut rows = self.rows.clone();
        if !run.filters.is_empty() || run.shard.is_some() {
            rows.keep(|case| run.case(case).is_some());
        }
        let comparison = Comparison::new(&rows, &Rows::of_run("this run", run), allow)?;
        if comparison.is_empty() && !run.verdicts.is_empty() {
            bail!(
                "--baseline {}: there is nothing in it to compare this run with: write a baseline with \
                 `wasi-conformance baseline`{}",
                self.given.display(),
                why(&comparison)
            );
        }
        Ok(comparison)
    }
}
