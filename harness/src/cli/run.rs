//! `wasi-conformance run`, the main job: find, run, judge, report.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::compare::Base;
use super::report::history;
use super::{Folders, Status, no_case_matches, print, wanted};
use crate::case::filter::Filter;
use crate::case::guest_sources::GuestSources;
use crate::case::shard::Shard;
use crate::case::{Case, CaseSet};
use crate::cli::args::RunArgs;
use crate::exec::engine::{self, Job, JudgedCase};
use crate::exec::repeat::run_repeatedly;
use crate::instrument;
use crate::interop::wasi_testsuite;
use crate::known::Divergences;
use crate::observe::observation::Times;
use crate::report::{comment, comparison, html, junit, markdown, terminal};
use crate::results::compare::Comparison;
use crate::results::run_file::{CaseRow, FORMAT, Host, RuleRow, Run, RuntimeRow, VerdictRow};
use crate::runtime::{Limits, RunContext, Runtime, RuntimeSpec, prepare};
use crate::support::interrupt;
use crate::support::paths;
use crate::support::progress::Progress;

pub fn run(args: &RunArgs) -> Result<Status> {
    // Before the run, because a mistake in it would be told too late.
    let baseline = args.baseline.as_deref().map(Base::read).transpose()?;
    Filter::of_option("--allow", &args.allow)?;
    let (run, out) = execute(args)?;
    let Some(baseline) = baseline else { return conclude(&run, None, &out) };
    match baseline.compare(&run, &args.allow) {
        Ok(comparison) => conclude(&run, Some(&comparison), &out),
        Err(error) => {
            conclude(&run, None, &out)?;
            Err(error)
        }
    }
}

/// Runs what the options ask for, and says where its results belong. Nothing is written yet.
pub fn execute(args: &RunArgs) -> Result<(Run, PathBuf)> {
    let started = jiff::Timestamp::now();
    let began = Instant::now();
    let folders = Folders::find(&args.suite)?;
    let (library, records) = match &args.other_suite {
        Some(folder) => (
            CaseSet { cases: wasi_testsuite::load(folder)?, rules: vec![] },
            Divergences::default(),
        ),
        None => folders.load()?,
    };
    let CaseSet { mut cases, rules } = library;
    let wanted = wanted(&args.which, &folders)?;
    let filter = Filter::new(&args.filter)?;
    if select(&wanted, &cases, &filter).is_empty() {
        return Err(no_case_matches(&args.filter));
    }
    let results = paths::results(&folders.checkout);
    // The last run of our own cases, which `explain` and `bless` look into, stays.
    let results = if args.other_suite.is_some() { results.join("suite") } else { results };
    let out = args.out.clone().unwrap_or(results);
    // Now, because a run whose results cannot be written is lost.
    fs::create_dir_all(&out)
        .with_context(|| format!("make the results folder {} (--out moves it)", out.display()))?;
    interrupt::watch()?;
    let jobs = args.jobs.map_or_else(engine::default_jobs, usize::from);
    rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build_global()
        .context("start the workers")?;
    let work = tempfile::Builder::new()
        .prefix("wasi-conformance-")
        .tempdir_in(paths::scratch())
        .context("make a work folder")?;
    if args.coverage {
        cases = instrument::cases(&cases, &[], &work.path().join("guests"))?;
    }
    let mut selected = select(&wanted, &cases, &filter);
    if let Some(shard) = args.shard {
        keep_shard(&mut selected, &cases, shard);
    }
    let limits = Limits {
        time: Duration::from_secs_f64(args.timeout),
        output: args.output_limit as usize * 1024 * 1024,
    };
    let setting =
        RunContext::new(&folders.harness(), &folders.guests, work.path(), limits, args.isolate)?;
    let progress = Progress::on_stderr();
    let runtimes: Vec<Runtime> = selected
        .iter()
        .take_while(|_| !interrupt::requested())
        .map(|(wanted, _)| prepare(wanted, &setting, &progress))
        .collect();
    // A runtime whose preparing was interrupted is not one that cannot be had.
    let all_prepared = !interrupt::requested();
    let pairs = pairs(&runtimes, &selected);
    let bar = progress.bar(pairs.len() * args.repeat as usize);
    let times = Mutex::new(HashMap::<String, Times>::new());
    let finished = run_repeatedly(&pairs, args.repeat, &records, &setting, &|done: &JudgedCase| {
        add_times(&times, done);
        bar.set_message(done.pair.case.id_on(done.pair.runtime));
        bar.inc(1);
    });
    bar.finish_and_clear();
    let sources = match args.other_suite {
        Some(_) => GuestSources::default(),
        None => GuestSources::read(&folders.checkout),
    };
    let case_rows = case_rows(&cases, &runtimes, &selected, &sources, &folders.checkout);
    let suite = match args.other_suite {
        Some(_) => None,
        None => Some(folders.digest()?),
    };
    let run = Run {
        format: FORMAT,
        tool: format!("wasi-conformance {}", env!("CARGO_PKG_VERSION")),
        started: format!("{started:.0}"),
        seconds: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        complete: all_prepared
            && finished.len() == pairs.len()
            && finished.iter().all(|repeated| repeated.times() == args.repeat),
        host: host(jobs),
        suite,
        filters: args.filter.clone(),
        shard: args.shard,
        merged: vec![],
        runtimes: runtime_rows(&runtimes, &times.into_inner().expect(NO_PANIC), args.repeat),
        sources: sources.texts(case_rows.iter().flat_map(|case| &case.guest_sources)),
        cases: case_rows,
        rules: rules
            .iter()
            .filter(|rule| runtimes.iter().any(|runtime| runtime.runs(rule.area.of())))
            .map(RuleRow::new)
            .collect(),
        verdicts: finished.iter().map(VerdictRow::new).collect(),
    };
    Ok((run, out))
}

pub(super) fn conclude(run: &Run, since: Option<&Comparison>, out: &Path) -> Result<Status> {
    let file = out.join("run.json");
    run.write(&file)?;
    let reports = [
        ("report.html", html::render(run, &history(run, None)?)?),
        ("report.md", markdown::render(run)),
        ("comment.md", comment::render(run, since)),
        ("junit.xml", junit::render(run)?),
    ];
    for (name, text) in &reports {
        paths::write_whole(&out.join(name), text.as_bytes())?;
    }
    let beside = reports.map(|(name, _)| name).join(", ");
    let mut out = terminal::render(run);
    if let Some(since) = since {
        let _ = write!(out, "\ncompared with the baseline:\n{}", comparison::text::render(since));
    }
    let _ = writeln!(out, "wrote {} and, beside it, {beside}", file.display());
    if run.verdicts.iter().any(|v| v.verdict.is_unexpected()) {
        out.push_str("look closer with `wasi-conformance explain ID`\n");
    }
    print(&out)?;
    let no_runtime = run.runtimes.iter().all(|runtime| runtime.unavailable.is_some());
    // A shard of few cases may have none.
    if run.verdicts.is_empty() && run.complete && (no_runtime || run.shard.is_none()) {
        let problem = match no_runtime {
            true => "no runtime is available",
            false => "none of these runtimes runs this kind of guest (docs/reference/runtimes.md)",
        };
        bail!("no case ran: {problem}");
    }
    let regressed = since.is_some_and(|comparison| comparison.failures().next().is_some());
    Ok(match (run.complete, run.is_clean() && !regressed) {
        (false, _) => Status::Interrupted,
        (true, true) => Status::Clean,
        (true, false) => Status::Unexpected,
    })
}

/// For each runtime the cases that the filter leaves it; runtimes without any are left out.
fn select<'a>(
    wanted: &'a [RuntimeSpec],
    cases: &'a [Case],
    filter: &Filter,
) -> Vec<(&'a RuntimeSpec, Vec<&'a Case>)> {
    wanted
        .iter()
        .map(|w| (w, cases.iter().filter(|c| filter.accepts(&w.name, &c.id)).collect::<Vec<_>>()))
        .filter(|(_, cases)| !cases.is_empty())
        .collect()
}

fn pairs<'a>(runtimes: &'a [Runtime], selected: &[(&RuntimeSpec, Vec<&'a Case>)]) -> Vec<Job<'a>> {
    let mut pairs = Vec::new();
    for (runtime, (_, cases)) in runtimes.iter().zip(selected) {
        if let Ok(ready) = &runtime.state {
            let offered = cases.iter().filter(|case| runtime.runs(case.area.of()));
            pairs.extend(offered.map(|case| Job { runtime: &runtime.name, ready, case }));
        }
    }
    pairs
}

/// No code panics while holding the lock of the times.
const NO_PANIC: &str = "no code panics while holding this";

fn add_times(times: &Mutex<HashMap<String, Times>>, done: &JudgedCase) {
    if let Some(observed) = &done.observed {
        let mut times = times.lock().expect(NO_PANIC);
        *times.entry(done.pair.runtime.to_owned()).or_default() += observed.times;
    }
}

fn runtime_rows(
    runtimes: &[Runtime],
    times: &HashMap<String, Times>,
    repeats: u32,
) -> Vec<RuntimeRow> {
    let of = |name: &str| times.get(name).copied().unwrap_or_default();
    runtimes.iter().map(|runtime| RuntimeRow::new(runtime, of(&runtime.name), repeats)).collect()
}

/// Leaves to each runtime the cases of a shard. A runtime without any stays: that it has none here is
/// something else than that it was not asked for.
fn keep_shard(selected: &mut [(&RuntimeSpec, Vec<&Case>)], all: &[Case], shard: Shard) {
    let places = all.iter().enumerate().filter(|(place, _)| shard.holds(*place));
    let ids: HashSet<&str> = places.map(|(_, case)| case.id.as_str()).collect();
    for (_, cases) in selected {
        cases.retain(|case| ids.contains(case.id.as_str()));
    }
}

/// Every case that was to run on any runtime, in the order of the suite.
fn case_rows(
    all: &[Case],
    runtimes: &[Runtime],
    selected: &[(&RuntimeSpec, Vec<&Case>)],
    sources: &GuestSources,
    checkout: &Path,
) -> Vec<CaseRow> {
    let chosen = runtimes
        .iter()
        .zip(selected)
        .flat_map(|(runtime, (_, cases))| cases.iter().filter(|case| runtime.runs(case.area.of())));
    let ids: HashSet<&str> = chosen.map(|case| case.id.as_str()).collect();
    let chosen = all.iter().filter(|case| ids.contains(case.id.as_str()));
    chosen.map(|case| CaseRow::new(case, sources, checkout)).collect()
}

fn host(jobs: usize) -> Host {
    Host {
        os: std::env::consts::OS.into(),
        arch: std::env::consts::ARCH.into(),
        cpus: engine::processors(),
        jobs,
    }
}
