//! What runs where: the first of the four values of a run.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use jiff::Timestamp;

use super::engine;
use crate::case::filter::Selection;
use crate::case::shard::Shard;
use crate::case::{Basis, Case, CaseSet, Rule, Tag};
use crate::instrument;
use crate::interop::wasi_testsuite;
use crate::known::{self, Divergences};
use crate::results::run_file::MachinePaths;
use crate::runtime::{Limits, RuntimeOptions, RuntimeSpec};
use crate::support::directories::{Directories, DirectoryOptions};
use crate::support::paths;
use crate::support::work_directory::WorkDirectory;

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct RunOptions {
    pub runtimes: RuntimeOptions,
    pub directories: DirectoryOptions,
    /// A directory in the layout of wasi-testsuite to run in place of our own cases.
    pub wasi_testsuite: Option<PathBuf>,
    /// Substrings and globs of ids. None: every case.
    pub filters: Vec<String>,
    /// Of these tags, cases have at least one. None: every case.
    pub tags: Vec<Tag>,
    /// Cases have one of these bases. None: every case.
    pub bases: Vec<Basis>,
    pub shard: Option<Shard>,
    pub limits: Limits,
    /// Whether to record which functions each guest calls.
    pub coverage: bool,
    /// How often each case runs.
    pub repeat: u32,
    /// One runner process for each case.
    pub isolate: bool,
    /// Whether runtimes are kept from everything that they do not need.
    pub contain: bool,
    /// Whether runtimes are left out whose runner would have to be built.
    pub quick: bool,
    /// How many cases run at once.
    pub jobs: usize,
}

impl Default for RunOptions {
    fn default() -> Self {
        RunOptions {
            runtimes: RuntimeOptions::default(),
            directories: DirectoryOptions::default(),
            wasi_testsuite: None,
            filters: vec![],
            tags: vec![],
            bases: vec![],
            shard: None,
            limits: Limits::default(),
            coverage: false,
            repeat: 1,
            isolate: false,
            contain: true,
            quick: false,
            jobs: engine::default_jobs(),
        }
    }
}

impl RunOptions {
    /// The options that may change a verdict, as they are typed. A run goes on only with the same, but
    /// may be given more time or less: a verdict that was reached in its time stands.
    pub fn conditions(&self) -> Vec<String> {
        let Limits { output, disk, memory, .. } = self.limits;
        let flags = [
            (self.coverage, "--coverage"),
            (self.isolate, "--isolate"),
            (!self.contain, "--no-containment"),
        ];
        let flags = flags.iter().filter(|(is_on, _)| *is_on).map(|(_, flag)| (*flag).to_owned());
        let values = [
            format!("--output-limit {}", output >> 20),
            format!("--disk-limit {}", disk >> 20),
            format!("--memory-limit {}", memory >> 20),
        ];
        values.into_iter().chain(flags).collect()
    }
}

/// Which cases run on which runtimes.
pub struct Plan {
    pub options: RunOptions,
    pub directories: Directories,
    /// All cases, also those that no runtime of the plan runs.
    pub cases: Vec<Case>,
    pub rules: Vec<Rule>,
    pub divergences: Divergences,
    /// In the order in which they are prepared and shown.
    pub runtimes: Vec<PlannedRuntime>,
    pub started: Timestamp,
    pub began: Instant,
    /// Where guests are instrumented and cases run. It is removed with the plan.
    pub work: WorkDirectory,
}

/// A runtime, and the cases that it is asked to run.
pub struct PlannedRuntime {
    pub spec: RuntimeSpec,
    /// Indices of [`Plan::cases`].
    pub cases: Vec<usize>,
}

impl Plan {
    /// Plans a run on the runtimes that the options name.
    pub fn new(options: RunOptions) -> Result<Plan> {
        let directories = Directories::find(&options.directories)?;
        let specs = options.runtimes.select(&directories.harness())?;
        Plan::on(specs, options)
    }

    /// Plans a run on these runtimes, whatever the options name.
    pub fn on(specs: Vec<RuntimeSpec>, options: RunOptions) -> Result<Plan> {
        let (started, began) = (Timestamp::now(), Instant::now());
        let directories = Directories::find(&options.directories)?;
        let (CaseSet { mut cases, rules }, divergences) = match &options.wasi_testsuite {
            Some(directory) => {
                let cases = wasi_testsuite::load(directory)?;
                (CaseSet { cases, rules: vec![] }, Divergences::default())
            }
            None => known::load_with_cases(&directories)?,
        };
        let selection = Selection::new(&options.filters, &options.tags, &options.bases)?;
        let mut runtimes = select(specs, &cases, &selection);
        if runtimes.is_empty() {
            return Err(selection.no_case());
        }
        if let Some(shard) = options.shard {
            // A runtime without a case in this shard stays: its row says that it was asked for.
            for runtime in &mut runtimes {
                runtime.cases.retain(|&place| shard.holds(place));
            }
        }
        let work = WorkDirectory::create()?;
        if options.coverage {
            cases = instrument::cases(&cases, &[], &work.path().join("guests"))?;
        }
        Ok(Plan { options, directories, cases, rules, divergences, runtimes, started, began, work })
    }

    /// The directories of this machine, which results do not name.
    pub fn machine_paths(&self) -> MachinePaths {
        MachinePaths::new(
            self.work.path(),
            paths::cache().ok().as_deref(),
            &self.directories.checkout,
            std::env::home_dir().as_deref(),
        )
    }
}

/// For each runtime, the cases that are selected. Runtimes without any are left out.
fn select(specs: Vec<RuntimeSpec>, cases: &[Case], selection: &Selection) -> Vec<PlannedRuntime> {
    let mut runtimes = Vec::new();
    for spec in specs {
        let accepted = |case: &Case| selection.accepts(&spec.name, case);
        let places = cases.iter().enumerate().filter(|(_, case)| accepted(case));
        let places: Vec<usize> = places.map(|(place, _)| place).collect();
        if !places.is_empty() {
            runtimes.push(PlannedRuntime { spec, cases: places });
        }
    }
    runtimes
}
