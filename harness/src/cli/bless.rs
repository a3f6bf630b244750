//! `wasi-conformance bless`: proposes a record for each divergence of a run. A person fills in the
//! reason; until then the check fails, so nothing is waved through.

mod edit;

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use semver::VersionReq;

use super::Status;
use crate::case::Ending;
use crate::case::filter::Filter;
use crate::cli::args::BlessArgs;
use crate::known::{self, DivergenceKind, UNFINISHED_REASON, plain_version, runtime_of};
use crate::results::run_file::{ObservedRow, Run, RuntimeRow, VerdictRow};
use crate::support::directories::Directories;
use crate::support::text::{observed_only, shorten};
use crate::verdict::judge::{Part, Verdict};
use edit::{Observed, Proposed, Why};

/// Longer outputs cannot be pinned word by word.
const LONGEST: usize = 64 * 1024;

pub fn bless(args: &BlessArgs) -> Result<Status> {
    check(args)?;
    let filter = Filter::new(&args.filter)?;
    let folders = Directories::find(&args.suite.options())?;
    let (_, records) = known::load_with_cases(&folders)?;
    let run = Run::read(&folders.run_file(&args.run))?;

    let wanted = |row: &&VerdictRow| {
        filter.accepts(&row.runtime, &row.case)
            && args.observed.as_ref().is_none_or(|text| differs_by(row, text))
    };
    let mut proposals: BTreeMap<&str, Vec<Proposed>> = BTreeMap::new();
    for row in run.verdicts.iter().filter(wanted) {
        let Some(runtime) = run.runtimes.iter().find(|r| r.name == row.runtime) else { continue };
        let record =
            records.find(&runtime.name, &runtime.divergences_of, &runtime.version, &row.case);
        // One of all that share the file leaves room for one of this runtime alone.
        let record = record.filter(|record| !args.this_runtime_only || record.applies_to.is_some());
        match (row.verdict, record) {
            (Verdict::UnexpectedPass, Some(record)) => {
                println!("{}: `{}` is fixed: remove this record", record.source, row.case);
            }
            // It was recorded after the run, by this command or by hand.
            (Verdict::Fail | Verdict::Differs, Some(_)) if row.note.is_none() => {}
            (Verdict::Fail | Verdict::Differs, Some(record)) => println!(
                "{}: `{}` diverges in another way: bound this record's versions or correct it",
                record.source, row.case
            ),
            (Verdict::Fail | Verdict::Differs, None) if can_be_recorded(row) => {
                let entries = proposals.entry(&runtime.divergences_of).or_default();
                let new = propose(row, runtime, args);
                // A library and its command may share one file of records.
                let is_new =
                    |p: &Proposed| p.case != new.case || p.why.versions != new.why.versions;
                if entries.iter().all(is_new) {
                    entries.push(new);
                }
            }
            (Verdict::Fail | Verdict::Differs, None) => println!(
                "{}::{}: what it did cannot be recorded; see `wasi-conformance explain`",
                row.runtime, row.case
            ),
            _ => {}
        }
    }
    if proposals.is_empty() {
        println!("nothing to propose");
    }
    for (runtime, entries) in proposals {
        let path = folders.divergences().join(format!("{runtime}.yaml"));
        edit::add(&path, runtime, &entries, args.group)?;
        let unfinished = entries.iter().any(|p| {
            [&p.why.reason, &p.why.link].iter().any(|text| text.starts_with(UNFINISHED_REASON))
        });
        println!(
            "{}: {} proposed{}",
            path.display(),
            entries.len(),
            if unfinished { ": fill in each `reason` and `link` that says TODO" } else { "" }
        );
    }
    Ok(Status::Clean)
}

/// What is given to be written is refused before it is, not by the next command that reads it.
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

/// Whether a line with this text in it came out that was not expected.
fn differs_by(row: &VerdictRow, text: &str) -> bool {
    row.mismatches.iter().any(|m| observed_only(&m.expected, &m.observed, text))
}

/// A touched canary is never a known thing, and a cut text would never match again.
fn can_be_recorded(row: &VerdictRow) -> bool {
    let whole = |o: &ObservedRow| o.stdout.len() <= LONGEST && o.stderr.len() <= LONGEST;
    row.mismatches.iter().all(|m| m.part != Part::Canary)
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
