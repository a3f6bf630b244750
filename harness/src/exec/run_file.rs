//! Turns what was run into a run file: the last of the four values of a run.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Result;

use super::engine;
use super::judged_cases::JudgedCases;
use super::plan::{Plan, RunOptions};
use super::prepare::PreparedRuntimes;
use super::repeat::{Repeated, Way};
use crate::case::guest_sources::GuestSources;
use crate::case::{Files, changes};
use crate::instrument::coverage;
use crate::observe::observation::{Observation, Times};
use crate::results::run_file::{
    CaseRow, FORMAT, Host, LONGEST_TEXT, ObservedRow, RuleRow, Run, RuntimeRow, TimeoutsRow,
    TimesRow, VariantRow, VerdictRow,
};
use crate::runtime::Runtime;
use crate::support::text::{shorten, without_paths};
use crate::verdict::judge::{Mismatch, Part};

/// The run file of a plan that was run.
pub fn run_file(plan: &Plan, prepared: &PreparedRuntimes, judged: &JudgedCases) -> Result<Run> {
    let options = &plan.options;
    let ours = options.wasi_testsuite.is_none();
    let sources = match ours {
        true => GuestSources::read(&plan.directories.checkout),
        false => GuestSources::default(),
    };
    let cases = case_rows(plan, prepared, &sources);
    let some_runtime_runs =
        |area: crate::case::Area| prepared.runtimes.iter().any(|runtime| runtime.runs(area.of()));
    let run = Run {
        format: FORMAT,
        tool: format!("wasi-conformance {}", env!("CARGO_PKG_VERSION")),
        started: format!("{:.0}", plan.started),
        seconds: (plan.began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        complete: judged.complete,
        host: Host {
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            cpus: engine::processors(),
            jobs: options.jobs,
        },
        suite: ours.then(|| plan.directories.digest()).transpose()?,
        filters: limits(options),
        shard: options.shard,
        merged: vec![],
        runtimes: prepared
            .runtimes
            .iter()
            .map(|runtime| {
                let times = judged.times.get(&runtime.name).copied().unwrap_or_default();
                runtime_row(runtime, times, options.repeat)
            })
            .collect(),
        sources: sources.texts(cases.iter().flat_map(|case| &case.guest_sources)),
        cases,
        rules: plan
            .rules
            .iter()
            .filter(|rule| some_runtime_runs(rule.area))
            .map(RuleRow::new)
            .collect(),
        verdicts: judged.cases.iter().map(verdict_row).collect(),
    };
    Ok(run.without_machine_paths())
}

/// Every case that any runtime was to run, in the order of the plan's cases.
fn case_rows(plan: &Plan, prepared: &PreparedRuntimes, sources: &GuestSources) -> Vec<CaseRow> {
    let mut places = HashSet::new();
    for (runtime, planned) in prepared.runtimes.iter().zip(&plan.runtimes) {
        let runs = |place: &&usize| runtime.runs(plan.cases[**place].area.of());
        places.extend(planned.cases.iter().filter(runs).copied());
    }
    let cases = plan.cases.iter().enumerate().filter(|(place, _)| places.contains(place));
    cases.map(|(_, case)| CaseRow::new(case, sources, &plan.directories.checkout)).collect()
}

fn runtime_row(runtime: &Runtime, times: Times, repeats: u32) -> RuntimeRow {
    let ms = |duration: Duration| duration.as_millis() as u64;
    let mut row = RuntimeRow {
        name: runtime.name.clone(),
        version: String::new(),
        details: String::new(),
        source: String::new(),
        divergences_of: String::new(),
        unavailable: None,
        smoke_test_failure: None,
        repeats,
        times: TimesRow {
            build_ms: ms(runtime.build),
            start_ms: ms(runtime.start + times.start),
            compile_ms: ms(times.compile),
            execute_ms: ms(times.execute),
        },
    };
    match &runtime.state {
        Ok(ready) => {
            row.version = ready.version.clone();
            row.details = ready.details.clone();
            row.source = ready.source.clone();
            row.divergences_of = ready.divergences_of.clone();
            row.smoke_test_failure = ready.smoke_test_failure.as_deref().map(without_paths);
        }
        Err(reason) => row.unavailable = Some(without_paths(reason)),
    }
    row
}

/// The row of a job that was judged at least once.
pub fn verdict_row(repeated: &Repeated) -> VerdictRow {
    let shown = repeated.shown();
    let judgement = &shown.judgement;
    VerdictRow {
        runtime: shown.job.runtime.to_owned(),
        case: shown.job.case.id.clone(),
        verdict: judgement.verdict,
        note: judgement.note.clone(),
        known: judgement.known.clone(),
        flaky: judgement.flaky,
        varies: variant_rows(repeated),
        timeouts: match repeated.timeouts.retried {
            0 => None,
            retried => Some(TimeoutsRow { retried, confirmed: repeated.timeouts.confirmed }),
        },
        mismatches: judgement.mismatches.iter().map(shorten_mismatch).collect(),
        observed: shown
            .observed
            .as_ref()
            .map(|observed| observed_row(observed, &shown.job.case.files, &judgement.mismatches)),
    }
}

fn observed_row(observed: &Observation, initial: &Files, mismatches: &[Mismatch]) -> ObservedRow {
    ObservedRow {
        outcome: observed.outcome.clone(),
        stdout: shorten(&observed.stdout, LONGEST_TEXT),
        stderr: shorten(&observed.stderr, LONGEST_TEXT),
        tree_changes: match initial {
            Files::Tree(initial) if mismatches.iter().any(|m| m.part == Part::Tree) => {
                Some(changes(initial, &observed.tree))
            }
            _ => None,
        },
        compile_us: observed.times.compile.as_micros() as u64,
        execute_us: observed.times.execute.as_micros() as u64,
        calls: (!observed.globals.is_empty()).then(|| coverage::calls(&observed.globals)),
    }
}

/// The ways in which a case came out, if there is more than one.
fn variant_rows(repeated: &Repeated) -> Vec<VariantRow> {
    if repeated.ways.len() < 2 {
        return vec![];
    }
    let row = |way: &Way| VariantRow {
        times: way.times,
        verdict: way.judged.judgement.verdict,
        mismatches: way.judged.judgement.mismatches.iter().map(shorten_mismatch).collect(),
    };
    repeated.ways.iter().map(row).collect()
}

fn shorten_mismatch(mismatch: &Mismatch) -> Mismatch {
    Mismatch {
        part: mismatch.part,
        expected: shorten(&mismatch.expected, LONGEST_TEXT),
        observed: shorten(&mismatch.observed, LONGEST_TEXT),
    }
}

/// What limits the cases of a run, as its file says it.
fn limits(options: &RunOptions) -> Vec<String> {
    let tags = options.tags.iter().map(|tag| format!("tag:{tag}"));
    options.filters.iter().cloned().chain(tags).collect()
}
