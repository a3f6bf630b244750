//! `wasi-conformance check`: everything that a run would refuse, without running anything; and whether
//! causes and snapshots hold together.

use anyhow::{Result, bail};
use clap::Args;

use super::arguments::{DirectoryArgs, RuntimeFileArgs};
use super::status::Status;
use crate::exec::causes::divergences_of;
use crate::known;
use crate::runtime::registry;
use crate::support::directories::Directories;
use crate::support::output::print;

/// Check cases, guests and divergences without running anything
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance check
  wasi-conformance check --expectations my/cases --guests my/guests
  wasi-conformance check --divergences my/runtime.yaml --runtimes-file my/runtimes.yaml")]
pub struct CheckArgs {
    #[command(flatten)]
    directories: DirectoryArgs,
    #[command(flatten)]
    files: RuntimeFileArgs,
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
    Ok(Status::Clean)
}
