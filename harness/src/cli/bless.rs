//! `wasi-conformance bless`: writes the snapshots of a run, and proposes causes for the differences that
//! none explains. A person says why. Until then `check` fails, so nobody accepts a difference unread.

mod append;
mod propose;

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use semver::VersionReq;

use super::arguments::{DirectoryArgs, FilterArgs, one_of};
use super::snapshot_files;
use super::status::Status;
use crate::case::filter::Filter;
use crate::known::{self, DivergenceKind};
use crate::results::run_file::{Run, VerdictRow};
use crate::support::bundle;
use crate::support::directories::Directories;
use crate::support::output::print;
use crate::support::paths::write_whole;
use crate::verdict::judge::Verdict;
use propose::Given;

const KINDS: [(&str, DivergenceKind, &str); 3] = [
    ("bug", DivergenceKind::Bug, "the specification says otherwise"),
    ("unsupported", DivergenceKind::Unsupported, "the runtime does not offer this, and says so"),
    ("unspecified", DivergenceKind::Unspecified, "the specification leaves it open"),
];

/// Write the snapshots of a run, and propose causes for differences that none explains
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance bless                                  # the last run
  wasi-conformance bless --filter wasmtime::path_open     # only these cases
  wasi-conformance bless --divergences my/runtime.yaml    # your own file; its snapshot goes beside it
  wasi-conformance bless --filter fd_seek --kind bug \\
      --why 'The offset may not be negative.' --link https://example.org/issues/1")]
pub struct BlessArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Which side is right, and why the runtime differs
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,
    /// The upstream issue, or the line of the runtime's source
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// Why it differs [default: bug]
    #[arg(long, value_name = "KIND", value_parser = one_of(&KINDS))]
    kind: Option<DivergenceKind>,
    /// Propose it for this runtime only, if several share a file of divergences
    #[arg(long)]
    this_runtime_only: bool,
    /// The versions that differ [default: the observed version and later ones]
    #[arg(long, value_name = "RANGE")]
    versions: Option<String>,
    #[command(flatten)]
    directories: DirectoryArgs,
    /// The run to read [default: the last one]
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

pub fn bless(args: &BlessArgs) -> Result<Status> {
    check(args)?;
    let filter = Filter::new(&args.filter.filter)?;
    let directories = Directories::find(&args.directories.options())?;
    let own = own_file(&directories)?;
    let file = directories.run_file(&args.run);
    let run = Run::read(&file)?;
    if run.cases_digest.is_none() && run.merged.is_empty() {
        bail!("{}: divergences are for our own cases, and this run has others", file.display());
    }
    let wanted = |row: &VerdictRow| filter.accepts(&row.runtime, &row.case);
    if !run.verdicts.iter().any(wanted) {
        bail!("no verdict of {} matches the filter", file.display());
    }
    let (snapshots, mut out) = match &own {
        Some(file) => (Directories::beside(file).to_owned(), String::new()),
        None => (directories.snapshots(), String::new()),
    };
    let given = Given {
        why: args.why.clone(),
        link: args.link.clone(),
        kind: args.kind,
        versions: args.versions.clone(),
        this_runtime_only: args.this_runtime_only,
    };
    for runtime in &run.runtimes {
        if runtime.unavailable.is_some() || runtime.smoke_test_failure.is_some() {
            continue;
        }
        if !run.of_runtime(&runtime.name).any(wanted) {
            continue;
        }
        for row in run.of_runtime(&runtime.name).filter(|row| wanted(row)) {
            if let (Verdict::UnexpectedPass, Some(note)) = (row.verdict, &row.note) {
                let _ = writeln!(out, "{}::{}: {note}", row.runtime, row.case);
            }
        }
        // A library and its command may share one file: the second finds what the first proposed.
        let (set, divergences) = known::load_with_cases(&directories)?;
        let known = divergences.row(&runtime.name, &runtime.divergences_of, &runtime.version);
        let rows = run.of_runtime(&runtime.name).filter(|row| wanted(row));
        let ids: Vec<&str> =
            divergences.heads_of(&runtime.divergences_of).map(|h| &*h.id).collect();
        let proposed = propose::propose(&set, &known, rows, runtime, &given, &ids);
        for case in &proposed.by_hand {
            let _ = writeln!(
                out,
                "{}::{case}: no cause can be proposed: see `wasi-conformance explain {case}`",
                runtime.name
            );
        }
        let default = directories.divergences().join(format!("{}.yaml", runtime.divergences_of));
        let path = own.clone().unwrap_or(default);
        // Both are made before either is written.
        let text = match proposed.causes.as_slice() {
            [] => None,
            causes => Some(append::appended(&path, &runtime.divergences_of, causes)?),
        };
        out.push_str(&snapshot_files::update(&snapshots, &run, runtime, &wanted)?);
        let Some(text) = text else { continue };
        write_whole(&path, text.as_bytes())?;
        let unfinished = proposed.causes.iter().any(|cause| cause.is_unfinished());
        let todo = if unfinished { ": fill in each `why` and `link` that says TODO" } else { "" };
        let _ = writeln!(out, "{}: {} proposed{todo}", path.display(), proposed.causes.len());
    }
    if out.is_empty() {
        out.push_str("nothing to write\n");
    }
    print(&out)?;
    Ok(Status::Clean)
}

/// The user's own file to write to; none if the files of a checkout are meant. The bundled ones belong
/// to the command, and every user of this machine reads them.
fn own_file(directories: &Directories) -> Result<Option<PathBuf>> {
    let unpacked = bundle::is_unpacked(&directories.checkout)
        && directories.expectations.starts_with(&directories.checkout);
    match directories.own_divergences.as_slice() {
        [] if unpacked => bail!(
            "the bundled divergences are never written\n    name a file of your own: \
             `wasi-conformance bless --divergences my-runtime.yaml`"
        ),
        [] => Ok(None),
        [file] => Ok(Some(file.clone())),
        [..] => bail!("--divergences: name one file to write to"),
    }
}

/// Refuses what would be written now and refused by the next command that reads it.
fn check(args: &BlessArgs) -> Result<()> {
    if let Some(versions) = &args.versions
        && VersionReq::parse(versions).is_err()
    {
        bail!("--versions `{versions}` is not a range\n    write it as `>=48, <50`");
    }
    if args.why.as_ref().is_some_and(|why| why.trim().is_empty()) {
        bail!("--why is empty\n    say which side is right and why the runtime differs");
    }
    if let Some(link) = &args.link
        && !link.starts_with("https://")
    {
        bail!(
            "--link `{link}` is not an https link\n    \
             link the upstream issue, or the line of its source"
        );
    }
    Ok(())
}
