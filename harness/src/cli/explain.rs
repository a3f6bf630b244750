//! `wasi-conformance explain ID`: one case, its rule, and what each runtime did.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::DirectoryArgs;
use super::status::Status;
use crate::case::filter;
use crate::case::guest_sources::GuestSources;
use crate::known::{self, Divergences, Head};
use crate::report::explain::{self, Shown};
use crate::report::screen::Screen;
use crate::results::run_file::{CaseRow, RuleRow, Run, VerdictRow};
use crate::runtime::registry;
use crate::support::checkout;
use crate::support::directories::Directories;
use crate::support::output::print;

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
    let (cases, known) = known::load_with_cases(&directories)?;
    let is_ours = |id: &str| cases.cases.iter().any(|case| case.id == id);
    let without_runtime = args.id.split_once("::").map_or("", |(_, id)| id);
    let is_ours = is_ours(&args.id) || is_ours(without_runtime);
    let runs = runs(args, is_ours, &directories)?;
    let found = find(&args.id, &cases.cases, &runs, &directories)?;
    let rules: Vec<RuleRow> = cases.rules.iter().map(RuleRow::new).collect();
    let screen = Screen::of_stdout();
    let mut out = explain::case(&found.case, &rules, screen);
    let command = directories.command();
    match found.run {
        None => out.push_str(&format!(
            "\nno run has it yet: `{command} run --filter {}` makes one\n",
            found.case.id
        )),
        Some(run) => {
            for verdict in found.verdicts(run) {
                let runtime = run.runtimes.iter().find(|row| row.name == verdict.runtime);
                let causes_at = causes_at(verdict, run, &known, &directories);
                let shown = Shown { verdict, runtime, causes_at };
                out.push_str(&explain::verdict(&found.case, &shown, screen));
            }
            let only = found.runtime.map(|name| format!(" --runtime {name}")).unwrap_or_default();
            let cases = if run.cases_digest.is_some() { "" } else { " --wasi-testsuite DIR" };
            let id = &found.case.id;
            out.push_str(&format!("\nreproduce: {command} run{cases}{only} --filter {id}\n"));
        }
    }
    print(&out)?;
    Ok(Status::Clean)
}

/// The runs to search: the named one, or else the last one; for an id that is not one of our cases, also
/// the last run of wasi-testsuite.
fn runs(args: &ExplainArgs, is_ours: bool, directories: &Directories) -> Result<Vec<Run>> {
    let files: Vec<PathBuf> = match &args.run {
        Some(file) => vec![file.clone()],
        None => {
            let results = checkout::results(&directories.checkout);
            let all = ["run.json", "wasi-testsuite/run.json"].map(|name| results.join(name));
            let count = if is_ours { 1 } else { all.len() };
            all.into_iter().take(count).filter(|file| file.exists()).collect()
        }
    };
    files.iter().map(|file| Run::read(file)).collect()
}

/// What an id means.
struct Found<'a> {
    runtime: Option<&'a str>,
    case: CaseRow,
    /// The run that contains its verdicts.
    run: Option<&'a Run>,
}

impl Found<'_> {
    fn verdicts<'a>(&'a self, run: &'a Run) -> impl Iterator<Item = &'a VerdictRow> {
        let is_asked = |row: &&VerdictRow| {
            row.case == self.case.id && self.runtime.is_none_or(|name| name == row.runtime)
        };
        run.verdicts.iter().filter(is_asked)
    }
}

fn find<'a>(
    id: &'a str,
    cases: &[crate::case::Case],
    runs: &'a [Run],
    directories: &Directories,
) -> Result<Found<'a>> {
    let row = |id: &str| {
        if let Some(case) = cases.iter().find(|case| case.id == id) {
            let sources = GuestSources::read(&directories.checkout);
            return Some(CaseRow::new(case, &sources, &directories.checkout));
        }
        runs.iter().find_map(|run| run.case(id)).cloned()
    };
    let found = |runtime: Option<&'a str>, case: CaseRow| {
        let has_it = |run: &&Run| {
            let is_asked =
                |v: &VerdictRow| v.case == case.id && runtime.is_none_or(|name| name == v.runtime);
            run.verdicts.iter().any(is_asked)
        };
        Found { runtime, run: runs.iter().find(has_it), case }
    };
    if let Some(case) = row(id) {
        return Ok(found(None, case));
    }
    if let Some((runtime, rest)) = id.split_once("::")
        && let Some(case) = row(rest)
    {
        check_runtime(runtime, runs, directories)?;
        return Ok(found(Some(runtime), case));
    }
    // The message names ids that are like it.
    filter::named(id, cases)?;
    bail!("no case is called `{id}`")
}

/// Refuses a runtime that is in neither the registry nor a run.
fn check_runtime(name: &str, runs: &[Run], directories: &Directories) -> Result<()> {
    let all = registry::load(&directories.harness(), &[])?;
    let base = known::family(name);
    let in_run = runs.iter().flat_map(|run| &run.runtimes).any(|row| row.name == name);
    if in_run || all.iter().any(|spec| spec.base == base) {
        return Ok(());
    }
    let mut names: Vec<&str> = all.iter().map(|spec| spec.name.as_str()).collect();
    names.extend(runs.iter().flat_map(|run| &run.runtimes).map(|row| row.name.as_str()));
    names.sort_unstable();
    names.dedup();
    bail!("there is no runtime `{name}`: known are {}", names.join(", "))
}

/// The places of the causes of a verdict, relative to the checkout.
fn causes_at(
    verdict: &VerdictRow,
    run: &Run,
    known: &Divergences,
    directories: &Directories,
) -> Vec<(String, String)> {
    let runtime = run.runtimes.iter().find(|row| row.name == verdict.runtime);
    let heads = runtime.iter().flat_map(|row| known.heads_of(&row.divergences_of));
    let place = |head: &Head| {
        let file = &head.source.file;
        let file = file.strip_prefix(&directories.checkout).unwrap_or(file);
        (head.id.clone(), format!("{}:{}", file.display(), head.source.line))
    };
    heads.map(place).collect()
}
