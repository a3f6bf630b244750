//! `wasi-conformance coverage`: what a run has covered of preview 1 and of the rules.

use anyhow::{Result, bail};

use super::{Status, print};
use crate::cli::args::CoverageArgs;
use crate::report::coverage::render;
use crate::report::tables::Style;
use crate::results::run_file::Run;
use crate::support::directories::{Directories, DirectoryOptions};

pub fn coverage(args: &CoverageArgs) -> Result<Status> {
    let file = Directories::find(&DirectoryOptions::default())?.run_file(&args.run);
    let run = Run::read(&file)?;
    if !run.has_coverage() {
        bail!(
            "{}: calls were not recorded: make a run with `wasi-conformance run --coverage`",
            file.display()
        );
    }
    print(&render(&run, Style::Terminal))?;
    Ok(Status::Clean)
}
