//! `wasi-conformance check`: everything that a run would refuse, without running anything.

use anyhow::Result;

use super::{Folders, Status};
use crate::cli::Suite;

pub fn check(args: &Suite) -> Result<Status> {
    let folders = Folders::find(args)?;
    let (library, records) = folders.load()?;
    println!(
        "{} cases and {} recorded divergences hold together",
        library.cases.len(),
        records.len()
    );
    Ok(Status::Clean)
}
