//! `wasi-conformance list`: the cases, for people or as JSON.

use anyhow::{Result, bail};
use serde::Serialize;

use super::{Folders, Status};
use crate::case::{Area, Case, Level};
use crate::cli::ListArgs;
use crate::filter::Filter;

/// A case as `list --json` shows it.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    area: Area,
    level: Level,
    rule: &'a str,
    spec: &'a str,
    guest: &'a str,
    args: &'a [String],
    /// `FILE:LINE` of the case.
    source: String,
}

pub fn list(args: &ListArgs) -> Result<Status> {
    let (library, _) = Folders::find(&args.suite)?.load()?;
    let filter = Filter::new(&args.filter)?;
    let cases: Vec<&Case> = library.cases.iter().filter(|c| filter.accepts("", &c.id)).collect();
    if cases.is_empty() {
        bail!("--filter {}: no case matches; see `wasi-conformance list`", args.filter.join(" "));
    }
    if args.json {
        let listed: Vec<Listed> = cases.into_iter().map(listed).collect();
        println!("{}", serde_json::to_string_pretty(&listed)?);
        return Ok(Status::Clean);
    }
    for case in &cases {
        println!("{:8} {:6} {}\n         {}", case.area, case.level, case.id, case.rule);
    }
    println!("{} cases", cases.len());
    Ok(Status::Clean)
}

fn listed(case: &Case) -> Listed<'_> {
    Listed {
        id: &case.id,
        area: case.area,
        level: case.level,
        rule: &case.rule,
        spec: &case.spec,
        guest: &case.guest,
        args: &case.args,
        source: case.source.to_string(),
    }
}
