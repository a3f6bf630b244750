//! `cargo xtask mutants`: whether the suite notices a runtime's faults.
//!
//! A mutant is a correct runtime with one deliberate fault, put between guest and host: every guest's
//! calls go through a wrapper in its own module that does it. A case kills a mutant if it passes
//! without the fault and does not with it.

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
use wasi_conformance::known;
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

/// Measure the suite: run it on null runtimes, and on a catalogue of runtimes with one fault each
///
/// Prints which mutants no case notices. Exit status 1 if a null runtime passes a case, or if fewer of
/// the mutants are killed than there should be.
#[derive(clap::Args)]
pub struct Args {
    /// Measure a folder in the layout of wasi-testsuite on the same mutants instead
    #[arg(long, value_name = "DIR")]
    suite: Option<PathBuf>,
    /// The runtimes that the faults are put on, in this order: a mutant that is not noticed on the
    /// first is tried on the next, which may be right where the first is not
    #[arg(
        long = "runtime",
        short,
        value_name = "NAME",
        value_delimiter = ',',
        default_value = "wasmtime,wasmedge,node,wasmer"
    )]
    runtimes: Vec<String>,
    /// Only mutants whose `FUNCTION: FAULT` has this in it
    #[arg(long, short, value_name = "TEXT")]
    filter: Option<String>,
    /// Percent of the mutants that are not equivalent which must be killed
    #[arg(long, value_name = "PERCENT", default_value = "98")]
    at_least: f64,
    /// Also write the result as Markdown
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Status> {
    let began = Instant::now();
    let directories = Directories::find(&DirectoryOptions::default())?;
    let cases = match &args.suite {
        Some(folder) => wasi_testsuite::load(folder)?,
        None => {
            let (CaseSet { mut cases, .. }, _) = known::load_with_cases(&directories)?;
            // The faults are in calls of preview 1.
            cases.retain(|case| case.area.of() == WasiVersion::Preview1);
            cases
        }
    };
    let nulls = nulls::all(1);
    let mutants = catalogue::all(nulls.len() as i32 + 1);
    let chosen: Vec<&Mutant> = mutants.iter().filter(|m| args.wants(m)).collect();
    if chosen.is_empty() {
        bail!("--filter {}: no mutant has this in it", args.filter.as_deref().unwrap_or_default());
    }
    interrupt::watch()?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(engine::default_jobs())
        .build_global()
        .context("start the workers")?;
    let work = WorkDirectory::create()?;
    let faults: Vec<_> = nulls.iter().chain(&mutants).flat_map(|m| m.faults.clone()).collect();
    let cases = instrument::cases(&cases, &faults, &work.path().join("guests"))?;
    let limits = Limits::default();
    let setting = RunContext::new(&directories.harness(), work.path(), limits, false)?;
    let progress = Progress::on_stderr();
    let runtimes = args.prepare(&directories, &setting, &progress)?;
    let mut hunts = Vec::new();
    for runtime in &runtimes {
        hunts.push(Hunt::begin(runtime, &cases, &setting, &progress)?);
    }
    let mut passed = hunts[0].nulls(&nulls, &progress)?;
    let mut fates: Vec<Fate> = chosen.iter().map(|mutant| Fate::unknown(mutant)).collect();
    for hunt in &hunts {
        fates = hunt.mutants(fates, &progress)?;
    }
    // What was found out before an interrupt is shown; what was not tried did not survive.
    fates.retain(|fate| fate.tried);
    passed.sort_by_key(|(null, _)| null.number);
    let summary = report::Summary {
        suite: args.suite.as_deref(),
        cases: cases.len(),
        bases: hunts.iter().map(|hunt| (hunt.name(), hunt.sound())).collect(),
        nulls: passed,
        fates,
    };
    let took = began.elapsed().as_secs_f64();
    print(&format!("{}took {took:.0} s\n", report::text(&summary)))?;
    if interrupt::requested() {
        bail!("interrupted: {} of {} mutants were tried", summary.fates.len(), chosen.len());
    }
    if let Some(file) = &args.report {
        paths::write_whole(file, report::markdown(&summary).as_bytes())?;
        print(&format!("wrote {}\n", file.display()))?;
    }
    Ok(if summary.holds(args.at_least) { Status::Fine } else { Status::Failed })
}

impl Args {
    /// The runtimes that were asked for and are there, in the order in which they were asked for.
    fn prepare(
        &self,
        directories: &Directories,
        setting: &RunContext,
        progress: &Progress,
    ) -> Result<Vec<Runtime>> {
        let mut all = Vec::new();
        for name in &self.runtimes {
            let options = RuntimeOptions { names: vec![name.clone()], ..Default::default() };
            for spec in options.select(&directories.harness())? {
                let runtime = prepare(&spec, setting, progress);
                if let Err(why) = &runtime.state {
                    bail!("{name}: {why}\nname others with --runtime");
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
