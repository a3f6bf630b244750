//! `wasi-conformance list`: the cases, for people or as JSON.

use std::fmt::Write;

use anyhow::Result;
use clap::Args;

use super::arguments::{DirectoryArgs, FilterArgs, SelectArgs};
use super::status::Status;
use crate::case::filter::Selection;
use crate::case::guest_sources::GuestSources;
use crate::known;
use crate::results::run_file::CaseRow;
use crate::support::directories::Directories;
use crate::support::escape;
use crate::support::output::print;

/// List the cases
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance list --filter path_rename
  wasi-conformance list --basis wasi
  wasi-conformance list --json | jq '.[] | select(.level == \"must\") | .id'")]
pub struct ListArgs {
    #[command(flatten)]
    directories: DirectoryArgs,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    select: SelectArgs,
    /// Print JSON, with every field of a case
    #[arg(long)]
    json: bool,
}

pub fn list(args: &ListArgs) -> Result<Status> {
    let directories = Directories::find(&args.directories.options())?;
    let (set, _) = known::load_with_cases(&directories)?;
    let cases =
        Selection::new(&args.filter.filter, &args.select.tag, &args.select.basis)?.of(&set.cases)?;
    if args.json {
        let sources = GuestSources::read(&directories.checkout);
        let row = |case| CaseRow::new(case, &sources, &directories.checkout);
        let listed: Vec<CaseRow> = cases.into_iter().map(row).collect();
        print(&(escape::json(&serde_json::to_string_pretty(&listed)?) + "\n"))?;
        return Ok(Status::Clean);
    }
    let mut out = String::new();
    for case in &cases {
        let _ = writeln!(out, "{:8} {:6} {:8} {}", case.area, case.level, case.basis, case.id);
        let _ = writeln!(out, "         {}", case.title);
    }
    let _ = writeln!(out, "{} cases", cases.len());
    print(&out)?;
    Ok(Status::Clean)
}
