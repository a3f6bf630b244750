//! What a run file says of a run before its first verdict, which is also how a run log begins.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;

use super::engine;
use super::plan::{Plan, RunOptions};
use super::prepare::PreparedRuntimes;
use crate::case::Area;
use crate::case::guest_sources::GuestSources;
use crate::results::run_file::{
    CaseRow, FORMAT, Host, MachinePaths, RuleRow, Run, RuntimeRow, TimesRow,
};
use crate::runtime::Runtime;
use crate::support::text::without_paths;

/// A run without verdicts and times, as far as its runtimes are ready.
pub fn head(plan: &Plan, prepared: &PreparedRuntimes) -> Result<Run> {
    let options = &plan.options;
    let ours = options.wasi_testsuite.is_none();
    let sources = match ours {
        true => GuestSources::read(&plan.directories.checkout),
        false => GuestSources::default(),
    };
    let cases = case_rows(plan, prepared, &sources);
    let paths = plan.machine_paths();
    let all: Vec<usize> = (0..plan.runtimes.len()).collect();
    let some_runtime_runs = |area: Area| all.iter().any(|&place| runs(prepared, place, area));
    let run = Run {
        format: FORMAT,
        tool: format!("wasi-conformance {}", env!("CARGO_PKG_VERSION")),
        started: format!("{:.0}", plan.started),
        seconds: 0.0,
        complete: false,
        host: Host {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cpus: engine::processors(),
            jobs: options.jobs,
        },
        cases_digest: ours.then(|| plan.directories.digest()).transpose()?,
        filters: limits(options),
        shard: options.shard,
        merged: vec![],
        runtimes: runtime_rows(plan, prepared, &all),
        sources: sources.texts(cases.iter().flat_map(|case| &case.guest_sources)),
        cases,
        rules: plan
            .rules
            .iter()
            .filter(|rule| some_runtime_runs(rule.area))
            .map(RuleRow::new)
            .collect(),
        verdict_count: 0,
        verdicts: vec![],
    };
    Ok(paths.hide_in_run(run))
}

pub fn milliseconds(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

/// Every case that any runtime was to run, in the order of the plan's cases.
fn case_rows(plan: &Plan, prepared: &PreparedRuntimes, sources: &GuestSources) -> Vec<CaseRow> {
    let mut places = HashSet::new();
    for (place, planned) in plan.runtimes.iter().enumerate() {
        let runs = |case: &&usize| runs(prepared, place, plan.cases[**case].area);
        places.extend(planned.cases.iter().filter(runs).copied());
    }
    let cases = plan.cases.iter().enumerate().filter(|(place, _)| places.contains(place));
    cases.map(|(_, case)| CaseRow::new(case, sources, &plan.directories.checkout)).collect()
}

/// Whether a runtime runs cases of an area. One that is not ready may.
fn runs(prepared: &PreparedRuntimes, place: usize, area: Area) -> bool {
    prepared.get(place).is_none_or(|runtime| runtime.runs(area.of()))
}

/// The rows of the runtimes at these places of the plan, without paths of this machine.
pub fn runtime_rows(plan: &Plan, prepared: &PreparedRuntimes, places: &[usize]) -> Vec<RuntimeRow> {
    let paths = plan.machine_paths();
    let row = |place: usize| runtime_row(plan, place, prepared.get(place), &paths);
    places.iter().map(|&place| row(place)).collect()
}

fn runtime_row(
    plan: &Plan,
    place: usize,
    runtime: Option<&Runtime>,
    paths: &MachinePaths,
) -> RuntimeRow {
    let shown = |text: &str| without_paths(&paths.hide(text));
    let spec = &plan.runtimes[place].spec;
    let took = |time: fn(&Runtime) -> Duration| runtime.map(time).unwrap_or_default();
    let mut row = RuntimeRow {
        name: spec.name.clone(),
        version: String::new(),
        details: String::new(),
        source: String::new(),
        divergences_of: String::new(),
        unavailable: None,
        required: runtime.map_or(spec.requested, |runtime| runtime.required),
        smoke_test_failure: None,
        repeats: plan.options.repeat,
        times: TimesRow {
            build_ms: milliseconds(took(|runtime| runtime.build)),
            start_ms: milliseconds(took(|runtime| runtime.start)),
            compile_ms: 0,
            execute_ms: 0,
        },
    };
    match runtime.map(|runtime| &runtime.state) {
        None => row.unavailable = Some("the run ended before it was ready".into()),
        Some(Ok(ready)) => {
            row.version = ready.version.clone();
            row.details = ready.details.clone();
            row.source = ready.source.clone();
            row.divergences_of = ready.divergences_of.clone();
            row.smoke_test_failure = ready.smoke_test_failure.as_deref().map(shown);
        }
        Some(Err(reason)) => row.unavailable = Some(shown(reason)),
    }
    row
}

/// What limits the cases of a run, as its file says it.
fn limits(options: &RunOptions) -> Vec<String> {
    let tags = options.tags.iter().map(|tag| format!("tag:{tag}"));
    let bases = options.bases.iter().map(|basis| format!("basis:{basis}"));
    options.filters.iter().cloned().chain(tags).chain(bases).collect()
}
