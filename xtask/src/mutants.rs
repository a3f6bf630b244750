//! `cargo xtask mutants`: mutation testing of the cases.
//!
//! A mutant is a correct runtime with one deliberate fault, injected between guest and host: every
//! call of a guest goes through a wrapper in its own module, and the wrapper commits the fault. A
//! case kills a mutant if it passes on the unmodified runtime and fails on the mutant.

mod catalogue;
mod entries;
mod equivalent;
mod functions;
mod hunt;
mod inputs;
mod nulls;
mod outputs;
mod report;
mod special;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use runner_kit::WasiVersion;
use wasi_conformance::case::CaseSet;
use wasi_conformance::exec::engine;
use wasi_conformance::instrument;
use wasi_conformance::interop::wasi_testsuite;
use wasi_conformance::known::{self, Divergences};
use wasi_conformance::runtime::{Limits, RunContext, Runtime, RuntimeOptions, prepare};
use wasi_conformance::support::directories::{Directories, DirectoryOptions};
use wasi_conformance::support::interrupt;
use wasi_conformance::support::output::print;
use wasi_conformance::support::paths;
use wasi_conformance::support::progress::Progress;
use wasi_conformance::support::work_directory::WorkDirectory;

use crate::Status;
use catalogue::Mutant;
use hunt::{Fate, Hunt};

/// Measure the cases: run them on mutants (runtimes with one fault each) and on null runtimes
///
/// Prints the mutants that survive. Exit status 1 if a null runtime passes a case, if a mutant that is
/// listed as equivalent is killed, or if the score is below --at-least.
#[derive(clap::Args)]
pub struct Args {
    /// Measure the tests of a wasi-testsuite directory instead, on the same mutants
    #[arg(long, value_name = "DIR")]
    wasi_testsuite: Option<PathBuf>,
    /// The runtimes to mutate, in this order: a mutant that survives on the first is tried on the
    /// next, which may be correct where the first is not
    #[arg(
        long = "runtime",
        short,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "wasmtime,wasmedge,node,wasmer"
    )]
    runtimes: Vec<String>,
    /// Only mutants whose `FUNCTION: FAULT` contains TEXT
    #[arg(long, short, value_name = "TEXT")]
    filter: Option<String>,
    /// The lowest acceptable score: the percentage of mutants killed, not counting equivalent ones
    #[arg(long, value_name = "PERCENT", default_value = "98")]
    at_least: f64,
    /// Also write the results as Markdown
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let started = Instant::now();
    // Before anything uses the pool: loading the cases does.
    rayon::ThreadPoolBuilder::new()
        .num_threads(engine::default_jobs())
        .build_global()
        .context("start the worker threads")?;
    let directories = Directories::find(&DirectoryOptions::default())?;
    let (cases, divergences) = match &args.wasi_testsuite {
        Some(dir) => (wasi_testsuite::load(dir)?, Divergences::default()),
        None => {
            let (CaseSet { mut cases, .. }, divergences) = known::load_with_cases(&directories)?;
            // Only calls of preview 1 have mutants.
            cases.retain(|case| case.area.of() == WasiVersion::Preview1);
            (cases, divergences)
        }
    };
    let nulls = nulls::all(1);
    let mutants = catalogue::all(nulls.len() as i32 + 1);
    let chosen: Vec<&Mutant> = mutants.iter().filter(|m| args.wants(m)).collect();
    if chosen.is_empty() {
        bail!(
            "--filter {}: no mutant's name contains it",
            args.filter.as_deref().unwrap_or_default()
        );
    }
    interrupt::watch()?;
    let work = WorkDirectory::create()?;
    let faults: Vec<_> = nulls.iter().chain(&mutants).flat_map(|m| m.faults.clone()).collect();
    let cases = instrument::cases(&cases, &faults, &work.path().join("guests"))?;
    let limits = Limits::default();
    let context = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    let progress = Progress::on_stderr();
    let runtimes = args.prepare(&directories, &context, &progress)?;
    let mut hunts = Vec::new();
    for runtime in &runtimes {
        hunts.push(Hunt::begin(runtime, &cases, &divergences, &context, &progress)?);
    }
    let mut passed = hunts[0].nulls(&nulls, &progress)?;
    let mut fates: Vec<Fate> = chosen.iter().map(|mutant| Fate::untried(mutant)).collect();
    for hunt in &hunts {
        fates = hunt.mutants(fates, &progress)?;
    }
    // After an interrupt, only mutants that were tried are reported: the others did not survive.
    fates.retain(|fate| fate.tried);
    passed.sort_by_key(|(null, _)| null.number);
    let summary = report::Summary {
        wasi_testsuite: args.wasi_testsuite.as_deref(),
        cases: cases.len(),
        baselines: hunts.iter().map(|hunt| (hunt.name(), hunt.baseline_len())).collect(),
        nulls: passed,
        fates,
    };
    let took = started.elapsed().as_secs_f64();
    print(&format!("{}took {took:.0} s\n", report::text(&summary)))?;
    if interrupt::requested() {
        bail!("interrupted: {} of {} mutants were tried", summary.fates.len(), chosen.len());
    }
    if let Some(file) = &args.report {
        paths::write_whole(file, report::markdown(&summary).as_bytes())?;
        print(&format!("wrote {}\n", file.display()))?;
    }
    Ok(if summary.is_good_enough(args.at_least) { Status::Fine } else { Status::Failed })
}

impl Args {
    /// Prepares the runtimes of --runtime, in that order. It is an error if one is unavailable.
    fn prepare(
        &self,
        directories: &Directories,
        context: &RunContext,
        progress: &Progress,
    ) -> Result<Vec<Runtime>> {
        let mut all = Vec::new();
        for name in &self.runtimes {
            let options = RuntimeOptions { names: vec![name.clone()], ..Default::default() };
            for spec in options.select(&directories.harness())? {
                let runtime = prepare(&spec, context, progress);
                if let Err(why) = &runtime.state {
                    bail!("{name}: {why}\nname other runtimes with --runtime");
                }
                all.push(runtime);
            }
        }
        Ok(all)
    }

    fn wants(&self, mutant: &Mutant) -> bool {
        let name = mutant.name();
        self.filter.as_ref().is_none_or(|text| name.contains(text.as_str()))
    }
}
