//! `wasi-conformance bless`: proposes a divergence for each case that differs in a run. A person
//! fills in the reason. Until then `check` fails, so nobody accepts a difference unread.

mod edit;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;
use semver::VersionReq;

use super::arguments::{DirectoryArgs, FilterArgs, one_of};
use super::status::Status;
use crate::case::Ending;
use crate::case::filter::Filter;
use crate::known::{self, DivergenceKind, UNFINISHED_REASON, plain_version, runtime_of};
use crate::results::run_file::{ObservedRow, Run, RuntimeRow, VerdictRow};
use crate::support::directories::Directories;
use crate::support::output::print;
use crate::support::text::{observed_only, shorten};
use crate::verdict::judge::{Part, Verdict};
use edit::{Observed, Proposed, Why};

/// No divergence is proposed for a longer output.
const LONGEST: usize = 64 * 1024;

const KINDS: [(&str, DivergenceKind, &str); 3] = [
    ("bug", DivergenceKind::Bug, "the specification says otherwise"),
    ("unsupported", DivergenceKind::Unsupported, "the runtime does not offer this, and says so"),
    ("unspecified", DivergenceKind::Unspecified, "the specification leaves it open"),
];

/// Propose divergences for what differs in a run; each needs a reason filled in
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance bless --filter wasmtime::path_open
  wasi-conformance bless --observed 'fd_seek -> inval' --group --kind bug \\
      --reason 'The offset may not be negative.' --link https://example.org/issues/1")]
pub struct BlessArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only verdicts with an unexpected line that contains TEXT
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    observed: Option<String>,
    /// Put all of them into one group, or into the group that says the same
    #[arg(long)]
    group: bool,
    /// Which side is right, and why the runtime differs
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// The upstream issue, or the line of the runtime's source
    #[arg(long, value_name = "URL")]
    link: Option<String>,
    /// Why it differs [default: bug, or unspecified for a case of level may]
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
    let (_, divergences) = known::load_with_cases(&directories)?;
    let run = Run::read(&directories.run_file(&args.run))?;
    let selected = |row: &&VerdictRow| {
        filter.accepts(&row.runtime, &row.case)
            && args.observed.as_ref().is_none_or(|text| differs_by(row, text))
    };
    let mut out = String::new();
    let mut proposals: BTreeMap<&str, Vec<Proposed>> = BTreeMap::new();
    for row in run.verdicts.iter().filter(selected) {
        let Some(runtime) = run.runtimes.iter().find(|r| r.name == row.runtime) else { continue };
        let found =
            divergences.find(&runtime.name, &runtime.divergences_of, &runtime.version, &row.case);
        // Beside a divergence of all runtimes of a file, there may be one of this runtime alone.
        let found = found.filter(|found| !args.this_runtime_only || found.applies_to.is_some());
        let _ = match (row.verdict, found) {
            (Verdict::UnexpectedPass, Some(found)) => {
                writeln!(out, "{}: `{}` passes: remove this divergence", found.source, row.case)
            }
            // The divergence was added after the run, by this command or by hand.
            (Verdict::Fail | Verdict::Differs, Some(_)) if row.note.is_none() => continue,
            (Verdict::Fail | Verdict::Differs, Some(found)) => writeln!(
                out,
                "{}: `{}` differs in another way: limit the versions of this divergence, or \
                 correct it",
                found.source, row.case
            ),
            (Verdict::Fail | Verdict::Differs, None) if can_be_proposed(row) => {
                let proposed = proposals.entry(&runtime.divergences_of).or_default();
                let new = propose(row, runtime, args);
                // A library and its command may share one file of divergences.
                let is_new =
                    |p: &Proposed| p.case != new.case || p.why.versions != new.why.versions;
                if proposed.iter().all(is_new) {
                    proposed.push(new);
                }
                continue;
            }
            (Verdict::Fail | Verdict::Differs, None) => writeln!(
                out,
                "{}::{}: no divergence can describe this result; see `wasi-conformance explain`",
                row.runtime, row.case
            ),
            _ => continue,
        };
    }
    if proposals.is_empty() {
        out.push_str("nothing to propose\n");
    }
    for (runtime, proposed) in proposals {
        let path = directories.divergences().join(format!("{runtime}.yaml"));
        edit::add(&path, runtime, &proposed, args.group)?;
        let unfinished = proposed.iter().any(|p| {
            [&p.why.reason, &p.why.link].iter().any(|text| text.starts_with(UNFINISHED_REASON))
        });
        let todo =
            if unfinished { ": fill in each `reason` and `link` that says TODO" } else { "" };
        let _ = writeln!(out, "{}: {} proposed{todo}", path.display(), proposed.len());
    }
    print(&out)?;
    Ok(Status::Clean)
}

/// Refuses what would be written now and refused by the next command that reads it.
fn check(args: &BlessArgs) -> Result<()> {
    if let Some(versions) = &args.versions
        && VersionReq::parse(versions).is_err()
    {
        bail!("--versions `{versions}` is not a range\n    write it as `>=48, <50`");
    }
    if args.reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
        bail!("--reason is empty\n    say which side is right and why the runtime differs");
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

/// Whether an unexpected line contains this text.
fn differs_by(row: &VerdictRow, text: &str) -> bool {
    row.mismatches.iter().any(|m| observed_only(&m.expected, &m.observed, text))
}

/// An escape from the preopen is never a known divergence, and a shortened text would never match.
fn can_be_proposed(row: &VerdictRow) -> bool {
    let whole = |o: &ObservedRow| o.stdout.len() <= LONGEST && o.stderr.len() <= LONGEST;
    !row.mismatches.iter().any(|m| matches!(m.part, Part::Canary | Part::Processes))
        && row.observed.as_ref().is_some_and(whole)
}

fn propose(row: &VerdictRow, runtime: &RuntimeRow, args: &BlessArgs) -> Proposed {
    let observed = row.observed.as_ref().expect("checked by can_be_recorded");
    let differs = |part| row.mismatches.iter().any(|m| m.part == part);
    let ending = Ending::of(&observed.outcome).map(serde_json::Value::from);
    let given = |text: &Option<String>| text.as_ref().map(|text| text.trim().to_owned());
    Proposed {
        case: row.case.clone(),
        why: Why {
            versions: given(&args.versions).unwrap_or_else(|| {
                match plain_version(&runtime.version) {
                    Some(version) => format!(">={version}"),
                    None => runtime.version.clone(),
                }
            }),
            applies_to: args.this_runtime_only.then(|| runtime_of(&runtime.name).to_owned()),
            kind: args.kind.unwrap_or(if row.verdict == Verdict::Differs {
                DivergenceKind::Unspecified
            } else {
                DivergenceKind::Bug
            }),
            reason: given(&args.reason).unwrap_or_else(|| {
                format!(
                    "{UNFINISHED_REASON}: which side is right, by which rule, and why it differs"
                )
            }),
            link: given(&args.link).unwrap_or_else(|| {
                format!("{UNFINISHED_REASON}: the upstream issue, or the line of its source")
            }),
        },
        observed: Observed {
            exit: ending.filter(|_| differs(Part::Exit)),
            stdout: differs(Part::Stdout).then(|| shorten(&observed.stdout, LONGEST)),
            stderr: differs(Part::Stderr).then(|| shorten(&observed.stderr, LONGEST)),
            fs_after: observed.tree_changes.clone().filter(|_| differs(Part::Tree)),
        },
    }
}
