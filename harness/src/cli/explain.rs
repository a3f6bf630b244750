//! `wasi-conformance explain ID`: one case, its rule, and what each runtime did.

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::arguments::DirectoryArgs;
use super::status::Status;
use crate::case::filter;
use crate::case::guest_sources::GuestSources;
use crate::case::{Case, Files, Rule};
use crate::known::{self, Divergences};
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::support::directories::Directories;
use crate::support::output::print;
use crate::support::text::side_by_side;
use crate::verdict::judge::describe_outcome;

/// Show one case: its rule, what it expects, and what each runtime did in the last run
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance explain path_open::trunc_on_directory
  wasi-conformance explain node::path_open::trunc_on_directory      # only what Node did")]
pub struct ExplainArgs {
    /// The id of a case, with or without a runtime in front
    id: String,
    #[command(flatten)]
    directories: DirectoryArgs,
    /// The run to read [default: the last one]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

pub fn explain(args: &ExplainArgs) -> Result<Status> {
    let directories = Directories::find(&args.directories.options())?;
    let (set, divergences) = known::load_with_cases(&directories)?;
    let file = directories.run_file(&args.run);
    let run = if file.exists() || args.run.is_some() { Some(Run::read(&file)?) } else { None };
    let (runtime, case) = find(&args.id, &set.cases)?;
    let mut out = of_case(case, &set.rules, &directories);
    let Some(run) = run else {
        let _ = writeln!(
            out,
            "\nthere is no run yet: `wasi-conformance run --filter {}` makes one",
            case.id
        );
        print(&out)?;
        return Ok(Status::Clean);
    };
    let rows: Vec<&VerdictRow> = run
        .verdicts
        .iter()
        .filter(|v| v.case == case.id && runtime.is_none_or(|r| r == v.runtime))
        .collect();
    if rows.is_empty() {
        let _ = writeln!(out, "\nnot in the run of {} ({})", run.started, file.display());
    }
    for row in rows {
        let runtime = run.runtimes.iter().find(|r| r.name == row.runtime);
        out.push_str(&of_verdict(row, runtime, &divergences));
    }
    let only = runtime.map(|r| format!(" --runtime {r}")).unwrap_or_default();
    let _ = writeln!(out, "\nreproduce: {} run{only} --filter {}", directories.command(), case.id);
    print(&out)?;
    Ok(Status::Clean)
}

/// The case of an id, and the runtime if the id begins with one.
fn find<'a>(id: &'a str, cases: &'a [Case]) -> Result<(Option<&'a str>, &'a Case)> {
    if let Some((runtime, rest)) = id.split_once("::")
        && let Some(case) = cases.iter().find(|case| case.id == rest)
    {
        return Ok((Some(runtime), case));
    }
    Ok((None, filter::named(id, cases)?))
}

fn of_case(case: &Case, rules: &[Rule], directories: &Directories) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{} ({}, {})", case.id, case.area, case.level);
    let _ = writeln!(out, "title:  {}", case.title);
    for rule in rules.iter().filter(|rule| case.rules.contains(&rule.id)) {
        let _ = writeln!(out, "rule:   {} ({}): {}", rule.id, rule.level, rule.text);
        let _ = writeln!(out, "        {}", rule.spec);
    }
    let _ = writeln!(out, "case:   {}", case.source);
    let _ = writeln!(out, "guest:  {}", case.wasm.display());
    for place in GuestSources::read(&directories.checkout).places(&case.guest, &case.args) {
        let _ = writeln!(out, "        {place}");
    }
    for (i, arg) in case.args.iter().enumerate() {
        let _ = writeln!(out, "{} {arg}", if i == 0 { "args:  " } else { "       " });
    }
    for (name, value) in &case.env {
        let _ = writeln!(out, "env:    {name}={value}");
    }
    if let Files::Tree(tree) = &case.files {
        for path in tree.keys() {
            let _ = writeln!(out, "file:   {path}");
        }
    }
    let expect = &case.expect;
    if let Some(exit) = expect.exit {
        let _ = writeln!(out, "expect: exit {exit}");
    }
    for (i, text) in expect.stdout.iter().flatten().enumerate() {
        let _ = writeln!(out, "{}", if i == 0 { "expect: stdout" } else { "    or: stdout" });
        for line in text.lines() {
            let _ = writeln!(out, "        {line}");
        }
    }
    out
}

fn of_verdict(row: &VerdictRow, runtime: Option<&RuntimeRow>, divergences: &Divergences) -> String {
    let mut out = String::new();
    let version = runtime.map(|r| r.version.as_str()).unwrap_or_default();
    let _ = writeln!(out, "\n{} {version}: {}", row.runtime, row.verdict);
    if let Some(note) = &row.note {
        let _ = writeln!(out, "    {}", note.replace('\n', "\n    "));
    }
    let divergence =
        runtime.and_then(|r| divergences.find(&r.name, &r.divergences_of, &r.version, &row.case));
    if let Some(divergence) = divergence {
        let _ = writeln!(out, "    recorded as {} at {}", divergence.kind, divergence.source);
        let _ = writeln!(out, "    {}", divergence.link);
    }
    for mismatch in &row.mismatches {
        let _ = writeln!(out, "    {}:", mismatch.part);
        for line in side_by_side(&mismatch.expected, &mismatch.observed).lines() {
            let _ = writeln!(out, "    {line}");
        }
    }
    if let (Some(observed), true) = (&row.observed, row.mismatches.is_empty()) {
        let _ = write!(out, "    {}", describe_outcome(&observed.outcome));
    }
    out
}
