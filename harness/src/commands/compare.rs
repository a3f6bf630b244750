//! `wasi-conformance compare A B`: what changed, and whether anything got worse.

use anyhow::{Result, bail};

use super::report::write_file;
use super::{Folders, Status, print};
use crate::baseline::published;
use crate::cli::{CompareArgs, Suite};
use crate::compare::{Comparison, read};
use crate::report::comparison::{make, remarks};

pub fn compare(args: &CompareArgs) -> Result<Status> {
    let folder = || Ok(published(&Folders::find(&Suite::default())?.checkout));
    let (a, b) = (read(&args.a, folder)?, read(&args.b, folder)?);
    let comparison = Comparison::new(&a, &b, &args.allow)?;
    if comparison.is_empty() {
        let why: Vec<String> =
            remarks(&comparison).iter().map(|remark| format!("\n    {remark}")).collect();
        bail!(
            "{} and {}: no case is in both, so there is nothing to compare{}",
            args.a.display(),
            args.b.display(),
            why.concat()
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
