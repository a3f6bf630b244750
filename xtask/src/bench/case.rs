//! Figures of one warm case: with everything that the harness does for it, and what of that is the
//! runtime's own work.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use wasi_conformance::case::Case;
use wasi_conformance::exec::engine::{Job, run_one};
use wasi_conformance::known::{self, Divergences};
use wasi_conformance::runtime::{Limits, RunContext, Runtime, RuntimeOptions, prepare};
use wasi_conformance::support::directories::Directories;
use wasi_conformance::support::progress::Progress;
use wasi_conformance::support::work_directory::WorkDirectory;

use super::figure::{Figure, Sample, median};

const RUNTIME: &str = "wasmtime";
/// A case with a tree of files, an output, and no wait.
const CASE: &str = "fd_read::goes_on_at_the_offset";
/// How often it runs for one sample.
const TIMES: usize = 300;

/// A runtime that is running, and a case.
struct Warm {
    case: Case,
    divergences: Divergences,
    context: RunContext,
    runtime: Runtime,
    _work: WorkDirectory,
}

/// The median of one case, and that of its guest in the runtime's process: the loop that calls the
/// library and nothing else.
pub fn figures(directories: &Directories) -> Result<Vec<Figure>> {
    let warm = Rc::new(Warm::new(directories)?);
    let figure = |name: &str, pick: fn(&(Duration, Duration)) -> Duration| {
        let warm = Rc::clone(&warm);
        let measure = move || {
            let times = warm.times()?;
            let mut picked: Vec<Duration> = times.iter().map(pick).collect();
            let wall = median(&mut picked).context("it did not run")?;
            Ok(Sample { wall, cpu: None })
        };
        let name = format!("{name} (median of {TIMES})");
        Figure { name, once: false, measure: Box::new(measure) }
    };
    Ok(vec![
        figure("one case on wasmtime", |(all, _)| *all),
        figure("the same, in the runtime alone", |(_, execute)| *execute),
    ])
}

impl Warm {
    fn new(directories: &Directories) -> Result<Warm> {
        let (set, divergences) = known::load_with_cases(directories)?;
        let case = set.cases.into_iter().find(|case| case.id == CASE);
        let case = case.with_context(|| format!("there is no case {CASE}"))?;
        let work = WorkDirectory::create()?;
        let context =
            RunContext::new(&directories.harness(), work.path(), Limits::default(), false)?;
        let context = context.with_guests([&case]);
        let options =
            RuntimeOptions { names: vec![RUNTIME.to_owned()], ..RuntimeOptions::default() };
        let specs = options.select(&directories.harness())?;
        let spec = specs.first().context("the registry has no wasmtime")?;
        let runtime = prepare(spec, &context, &Progress::silent());
        Ok(Warm { case, divergences, context, runtime, _work: work })
    }

    /// For each time, that of the case and that of its guest.
    fn times(&self) -> Result<Vec<(Duration, Duration)>> {
        let ready = self.runtime.state.as_ref().map_err(|why| anyhow!("{RUNTIME}: {why}"))?;
        let job = Job { runtime: &self.runtime.name, ready, case: &self.case };
        let once = || {
            let began = Instant::now();
            let judged = run_one(job, &self.divergences, &self.context).context("interrupted")?;
            let all = began.elapsed();
            match judged.observed {
                Some(observed) => Ok((all, observed.times.execute)),
                None => bail!("{CASE} did not run on {RUNTIME}"),
            }
        };
        (0..TIMES).map(|_| once()).collect()
    }
}
