//! `wasi-conformance check`: everything that a run would refuse, without running anything; and whether
//! causes and snapshots hold together. With `--model`, also whether the model of preview 1 allows what
//! cases expect, and what runtimes did.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::{DirectoryArgs, RuntimeFileArgs};
use super::status::Status;
use crate::case::{Case, CaseSet, Ending};
use crate::exec::causes::divergences_of;
use crate::known::{self, Snapshots};
use crate::modelled::{self, Output};
use crate::results::run_file::Run;
use crate::runtime::registry;
use crate::support::directories::Directories;
use crate::support::output::print;

/// Check cases, guests and divergences without running anything
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance check
  wasi-conformance check --expectations my/cases --guests my/guests
  wasi-conformance check --divergences my/runtime.yaml --runtimes-file my/runtimes.yaml
  wasi-conformance check --model
  wasi-conformance check --model target/conformance/run.json")]
pub struct CheckArgs {
    #[command(flatten)]
    directories: DirectoryArgs,
    #[command(flatten)]
    files: RuntimeFileArgs,
    /// Also check the cases of `rust-calls` with the model of preview 1: what they expect, and what the
    /// snapshots and these run files observed
    #[arg(long, value_name = "RUN", num_args = 0..)]
    model: Option<Vec<PathBuf>>,
}

pub fn check(args: &CheckArgs) -> Result<Status> {
    let directories = Directories::find(&args.directories.options())?;
    let (set, divergences) = known::load_with_cases(&directories)?;
    let registry = registry::load(&directories.harness(), &args.files.runtimes_file)?;
    for runtime in divergences.runtimes() {
        if !registry.iter().any(|spec| spec.divergences_of() == runtime) {
            let file = directories.divergences().join(format!("{runtime}.yaml"));
            bail!(
                "{}: there is no runtime `{runtime}`, so these divergences apply to nothing\n    \
                 rename the file and its `runtime`, or name the file of its entry (--runtimes-file)",
                file.display()
            );
        }
    }
    divergences.snapshots.check(&directories.snapshots())?;
    known::check(&divergences, &set, |family| divergences_of(&registry, family)).into_result()?;
    print(&format!(
        "ok: {} cases, {} causes, {} snapshots\n",
        set.cases.len(),
        divergences.len(),
        divergences.snapshots.files.len()
    ))?;
    match &args.model {
        Some(runs) => check_model(&set, &divergences.snapshots, runs),
        None => Ok(Status::Clean),
    }
}

/// What was observed and differs from what its case expects.
struct Differing<'a> {
    row: String,
    case: &'a Case,
    output: Output,
}

fn check_model(set: &CaseSet, snapshots: &Snapshots, runs: &[PathBuf]) -> Result<Status> {
    let cases: BTreeMap<&str, &Case> = set
        .cases
        .iter()
        .filter(|case| modelled::covers(case))
        .map(|case| (case.id.as_str(), case))
        .collect();
    let mut text = String::new();
    let mut status = Status::Clean;
    for (id, case) in &cases {
        for why in modelled::refused(case) {
            status = Status::Unexpected;
            text += &format!("{id} expects what the model does not allow:\n  {why}\n");
        }
    }
    if status == Status::Clean {
        text += &format!("ok: the model allows what {} cases expect\n", cases.len());
    }
    let mut differing = Vec::new();
    for file in &snapshots.files {
        let row = format!("{} {}", file.snapshot.runtime, file.snapshot.version);
        differing.extend(file.snapshot.differs.iter().filter_map(|(id, difference)| {
            let case = cases.get(id.as_str())?;
            let output = modelled::of_difference(case, difference)?;
            Some(Differing { row: row.clone(), case, output })
        }));
    }
    for path in runs {
        let run = Run::read(path)?;
        differing.extend(
            run.verdicts
                .into_iter()
                .filter(|row| modelled::is_of_output(&row.difference))
                .filter_map(|row| {
                    let case = cases.get(row.case.as_str())?;
                    let observed = row.observed?;
                    let ending = Ending::of(&observed.outcome);
                    let stderr = (ending != Some(Ending::Trap)).then_some(observed.stderr);
                    let output = Output { stdout: observed.stdout, stderr, ending };
                    Some(Differing { row: row.runtime, case, output })
                }),
        );
    }
    text += &shown(&differing);
    print(&text)?;
    Ok(status)
}

/// How many of them the model refuses, and those that it allows: there the case or the model is wrong,
/// or the case has a reason to expect one of the results that the rules allow.
fn shown(differing: &[Differing]) -> String {
    let mut allowed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Differing { row, case, output } in differing {
        if matches!(modelled::check(case, output), Ok(Ok(_))) {
            allowed.entry(&case.id).or_default().push(row);
        }
    }
    let count: usize = allowed.values().map(Vec::len).sum();
    let mut text = format!(
        "{} observations differ from what a case expects: the model refuses {}\n",
        differing.len(),
        differing.len() - count
    );
    for (id, rows) in allowed {
        text += &format!("  allows {id} on {}\n", rows.join(", "));
    }
    text
}
