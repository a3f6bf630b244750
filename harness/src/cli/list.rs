//! `wasi-conformance list`: the cases, for people or as JSON.

use std::fmt::Write;

use anyhow::Result;

use super::{Status, print};
use crate::case::filter::Selection;
use crate::case::guest_sources::GuestSources;
use crate::cli::args::ListArgs;
use crate::known;
use crate::results::run_file::CaseRow;
use crate::support::directories::Directories;

pub fn list(args: &ListArgs) -> Result<Status> {
    let folders = Directories::find(&args.suite.options())?;
    let (library, _) = known::load_with_cases(&folders)?;
    let cases = Selection::new(&args.filter, &args.tag)?.of(&library.cases)?;
    if args.json {
        let sources = GuestSources::read(&folders.checkout);
        let row = |case| CaseRow::new(case, &sources, &folders.checkout);
        let listed: Vec<CaseRow> = cases.into_iter().map(row).collect();
        print(&(serde_json::to_string_pretty(&listed)? + "\n"))?;
        return Ok(Status::Clean);
    }
    let mut out = String::new();
    for case in &cases {
        let _ = writeln!(out, "{:8} {:6} {}", case.area, case.level, case.id);
        let _ = writeln!(out, "         {}", case.title);
    }
    let _ = writeln!(out, "{} cases", cases.len());
    print(&out)?;
    Ok(Status::Clean)
}
