//! The runtimes of a plan, ready to run cases: the second of the four values of a run.

use anyhow::Result;

use super::plan::Plan;
use crate::runtime::{self, RunContext, Runtime};
use crate::support::interrupt;
use crate::support::progress::Progress;

/// The runtimes of a plan, and where they run cases.
pub struct PreparedRuntimes {
    pub context: RunContext,
    /// In the order of the plan; fewer if the user interrupted it.
    pub runtimes: Vec<Runtime>,
    /// Whether an interrupt came before the last one was ready. The reason why a runtime is
    /// unavailable may then be the interrupt.
    pub interrupted: bool,
}

/// Builds, finds and smoke-tests the runtimes of a plan, one after the other. A runtime that cannot
/// be prepared is part of the result, with the reason.
pub fn prepare(plan: &Plan, progress: &Progress) -> Result<PreparedRuntimes> {
    let directories = &plan.directories;
    let context = RunContext::new(
        &directories.harness(),
        plan.work.path(),
        plan.options.limits,
        plan.options.isolate,
    )?;
    let context = RunContext { contain: plan.options.contain, ..context.with_guests(&plan.cases) };
    let runtimes = plan
        .runtimes
        .iter()
        .take_while(|_| !interrupt::requested())
        .map(|planned| runtime::prepare(&planned.spec, &context, progress))
        .collect();
    Ok(PreparedRuntimes { context, runtimes, interrupted: interrupt::requested() })
}
