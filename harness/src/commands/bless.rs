//! `wasi-conformance bless`: proposes a record for each divergence of a run. A person fills in the
//! reason; until then the check fails, so nothing is waved through.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use super::{Folders, Status};
use crate::case::Ending;
use crate::cli::BlessArgs;
use crate::divergence::{DivergenceKind, REASON_TO_FILL_IN, plain_version};
use crate::filter::Filter;
use crate::judge::{Part, Verdict};
use crate::paths::write_whole;
use crate::record::{Run, RuntimeRow, VerdictRow};
use crate::text::shorten;

/// Longer outputs cannot be pinned word by word.
const LONGEST: usize = 64 * 1024;

#[derive(Serialize)]
struct Proposed {
    case: String,
    versions: String,
    kind: DivergenceKind,
    reason: String,
    link: String,
    observed: Observed,
}

#[derive(Serialize)]
struct Observed {
    #[serde(skip_serializing_if = "Option::is_none")]
    exit: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fs_after: Option<BTreeMap<String, Value>>,
}

pub fn bless(args: &BlessArgs) -> Result<Status> {
    let folders = Folders::find(&args.suite)?;
    let (_, records) = folders.load()?;
    let run = Run::read(&folders.run_file(&args.run))?;
    let filter = Filter::new(&args.filter)?;
    let mut proposals: BTreeMap<&str, Vec<Proposed>> = BTreeMap::new();
    for row in run.verdicts.iter().filter(|v| filter.accepts(&v.runtime, &v.case)) {
        let Some(runtime) = run.runtimes.iter().find(|r| r.name == row.runtime) else { continue };
        let record = records.find(&runtime.records, &runtime.version, &row.case);
        match (row.verdict, record) {
            (Verdict::Fixed, Some(record)) => {
                println!("{}: `{}` is fixed: remove this record", record.source, row.case);
            }
            (Verdict::Fail | Verdict::Differs, Some(record)) => println!(
                "{}: `{}` diverges in another way: bound this record's versions or correct it",
                record.source, row.case
            ),
            (Verdict::Fail | Verdict::Differs, None) if can_be_recorded(row) => {
                let entries = proposals.entry(&runtime.records).or_default();
                let new = propose(row, runtime);
                // A library and its command may share one file of records.
                if !entries.iter().any(|p| p.case == new.case && p.versions == new.versions) {
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
        append(&folders.divergences().join(format!("{runtime}.yaml")), runtime, &entries)?;
    }
    Ok(Status::Clean)
}

/// A touched canary is never a known thing, and a cut text would never match again.
fn can_be_recorded(row: &VerdictRow) -> bool {
    let whole =
        |o: &crate::record::ObservedRow| o.stdout.len() <= LONGEST && o.stderr.len() <= LONGEST;
    row.mismatches.iter().all(|m| m.part != Part::Canary)
        && row.observed.as_ref().is_some_and(whole)
}

fn propose(row: &VerdictRow, runtime: &RuntimeRow) -> Proposed {
    let observed = row.observed.as_ref().expect("checked by can_be_recorded");
    let differs = |part| row.mismatches.iter().any(|m| m.part == part);
    let ending = Ending::of(&observed.outcome).map(Value::from);
    Proposed {
        case: row.case.clone(),
        versions: match plain_version(&runtime.version) {
            Some(version) => format!(">={version}"),
            None => runtime.version.clone(),
        },
        kind: if row.verdict == Verdict::Differs {
            DivergenceKind::Unspecified
        } else {
            DivergenceKind::Bug
        },
        reason: format!(
            "{REASON_TO_FILL_IN}: which side is right, by which rule, and why it differs"
        ),
        link: format!("{REASON_TO_FILL_IN}: the upstream issue, or the line of its source"),
        observed: Observed {
            exit: ending.filter(|_| differs(Part::Exit)),
            stdout: differs(Part::Stdout).then(|| shorten(&observed.stdout, LONGEST)),
            stderr: differs(Part::Stderr).then(|| shorten(&observed.stderr, LONGEST)),
            fs_after: observed.tree_changes.clone().filter(|_| differs(Part::Tree)),
        },
    }
}

fn append(path: &Path, runtime: &str, entries: &[Proposed]) -> Result<()> {
    let mut text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            format!(
                "# yaml-language-server: $schema=schema.json\n\
                 # What {runtime} does differently; docs/divergences.md describes every key.\n\
                 runtime: {runtime}\ndivergences:\n"
            )
        }
        Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
    };
    if text.trim_end().ends_with("divergences: []") {
        bail!("{}: write `divergences:` without `[]`, so that entries can follow", path.display());
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let yaml = serde_yaml::to_string(entries).context("encode the proposals")?;
    text.extend(
        yaml.lines().map(|line| if line.is_empty() { "\n".into() } else { format!("  {line}\n") }),
    );
    write_whole(path, text.as_bytes())?;
    println!(
        "{}: {} proposed: fill in each `reason` and `link` that says {REASON_TO_FILL_IN}",
        path.display(),
        entries.len()
    );
    Ok(())
}
