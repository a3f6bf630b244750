//! `wasi-conformance export DIR`: the cases as a wasi-testsuite directory.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use super::arguments::{DirectoryArgs, FilterArgs};
use super::status::Status;
use crate::case::Case;
use crate::case::filter::Selection;
use crate::interop::export::select::{self, ExportedTest};
use crate::interop::export::write::{self, Size};
use crate::interop::export::{FORMAT, LeftOutCases, MANIFEST, Manifest};
use crate::known;
use crate::support::directories::Directories;
use crate::support::interrupt;
use crate::support::output::print;
use crate::support::progress::Progress;

/// Write the cases as a wasi-testsuite directory, for other runners
#[derive(Args)]
#[command(after_help = "Examples:
  wasi-conformance export exported
  wasi-conformance export exported --filter path_open")]
pub struct ExportArgs {
    /// A new or empty directory, or one of an earlier export, which is replaced
    dir: PathBuf,
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    directories: DirectoryArgs,
}

pub fn export(args: &ExportArgs) -> Result<Status> {
    write::check_place(&args.dir)?;
    let directories = Directories::find(&args.directories.options())?;
    let (set, _) = known::load_with_cases(&directories)?;
    let cases = Selection::new(&args.filter.filter, &[], &[])?.of(&set.cases)?;
    interrupt::watch()?;
    let (tests, left_out) = sort(&cases)?;
    if tests.is_empty() {
        bail!("none of these cases can be exported:\n{}", list(&left_out).trim_end());
    }
    let lost = tests.iter().filter(|test| test.loses_final_tree);
    let manifest = Manifest {
        format: FORMAT,
        tool: format!("wasi-conformance {}", env!("CARGO_PKG_VERSION")),
        cases_digest: directories.digest()?,
        tests: tests.len(),
        files: vec![],
        without_final_tree: lost.map(|test| test.name.replace('-', "::")).collect(),
        left_out,
    };
    let bar = Progress::on_stderr().bar(tests.len());
    let size = write::write(&args.dir, &tests, &manifest, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let Some(size) = size else { return Ok(Status::Interrupted) };
    print(&summary(&args.dir, &manifest, &size))?;
    Ok(Status::Clean)
}

/// The cases that fit, as tests, and the others by the reason why they do not.
fn sort(cases: &[&Case]) -> Result<(Vec<ExportedTest>, Vec<LeftOutCases>)> {
    let mut knowing: BTreeMap<PathBuf, bool> = BTreeMap::new();
    let mut tests = Vec::new();
    let mut left_out: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for case in cases {
        if !knowing.contains_key(&case.wasm) {
            let bytes = fs::read(&case.wasm);
            let bytes = bytes.with_context(|| format!("read {}", case.wasm.display()))?;
            knowing.insert(case.wasm.clone(), select::knows_preopen(&bytes));
        }
        match select::to_test(case, knowing[&case.wasm]) {
            Ok(test) => tests.push(test),
            Err(reason) => left_out.entry(reason).or_default().push(case.id.clone()),
        }
    }
    let mut left_out: Vec<LeftOutCases> = left_out
        .into_iter()
        .map(|(reason, cases)| LeftOutCases { reason: reason.into(), cases })
        .collect();
    left_out.sort_by_key(|left_out| std::cmp::Reverse(left_out.cases.len()));
    Ok((tests, left_out))
}

fn list(left_out: &[LeftOutCases]) -> String {
    let mut out = String::new();
    for LeftOutCases { reason, cases } in left_out {
        let _ = writeln!(out, "{:6} {reason}", cases.len());
    }
    out
}

fn summary(directory: &Path, manifest: &Manifest, size: &Size) -> String {
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut out = format!(
        "wrote {} tests into {}: {:.1} MiB, {:.1} MiB if modules were not shared\n",
        manifest.tests,
        directory.display(),
        mebibytes(size.disk),
        mebibytes(size.copies)
    );
    let _ = writeln!(
        out,
        "{} of them do not compare the final tree, which their cases compare",
        manifest.without_final_tree.len()
    );
    let count: usize = manifest.left_out.iter().map(|left_out| left_out.cases.len()).sum();
    let _ = writeln!(
        out,
        "{count} cases are left out ({} names them):",
        directory.join(MANIFEST).display()
    );
    out.push_str(&list(&manifest.left_out));
    out
}
