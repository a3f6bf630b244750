//! `wasi-conformance compare A B`: what changed, and whether anything got worse.

use anyhow::{Result, bail};

use super::baseline::reasons;
use super::report::write_file;
use super::{Status, print, side};
use crate::cli::args::CompareArgs;
use crate::report::comparison::make;
use crate::report::screen::Screen;
use crate::results::compare::Comparison;

pub fn compare(args: &CompareArgs) -> Result<Status> {
    let (a, b) = (side::read(&args.a)?, side::read(&args.b)?);
    let comparison = Comparison::new(&a, &b, &args.allow)?;
    if comparison.is_empty() {
        bail!(
            "{} and {}: no case is in both, so there is nothing to compare{}",
            args.a.display(),
            args.b.display(),
            reasons(&comparison)
        );
    }
    let text = make(&comparison, args.format, Screen::default())?;
    match &args.out {
        None => print(&text)?,
        Some(file) => write_file(file, &text)?,
    }
    Ok(match comparison.failures().next() {
        None => Status::Clean,
        Some(_) => Status::Unexpected,
    })
}
