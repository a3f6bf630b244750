//! Turns what was run into a run file: the last of the four values of a run.

use anyhow::Result;

use super::judged_cases::JudgedCases;
use super::plan::Plan;
use super::prepare::PreparedRuntimes;
use super::run_head::{head, milliseconds};
use super::verdict_rows::verdict_row;
use crate::results::run_file::Run;
use crate::results::run_log::RunLog;

/// The run file of a plan that was run. `log` is its log, if it has one: it may hold verdicts from
/// before it was resumed.
pub fn run_file(
    plan: &Plan,
    prepared: &PreparedRuntimes,
    judged: &JudgedCases,
    log: Option<&RunLog>,
) -> Result<Run> {
    let mut run = head(plan, prepared)?;
    for row in &mut run.runtimes {
        let times = judged.times.get(&row.name).copied().unwrap_or_default();
        row.times.start_ms += milliseconds(times.start);
        row.times.compile_ms = milliseconds(times.compile);
        row.times.execute_ms = milliseconds(times.execute);
    }
    let seconds = log.map_or_else(|| plan.began.elapsed().as_secs_f64(), RunLog::seconds);
    run.seconds = (seconds * 1000.0).round() / 1000.0;
    run.complete = judged.complete;
    let earlier = log.map_or(&[][..], RunLog::earlier_verdicts);
    run.set_verdicts(earlier.iter().cloned().chain(judged.cases.iter().map(verdict_row)).collect());
    Ok(plan.machine_paths().hide_in_run(run))
}
