//! The runtimes of a plan, which become ready one after the other: the second of the four values of a
//! run.

use std::sync::OnceLock;
use std::sync::mpsc::{self, Receiver};
use std::thread::Scope;
use std::time::Duration;

use anyhow::Result;

use super::plan::{Plan, PlannedRuntime};
use crate::runtime::{self, RunContext, Runtime, RuntimeSpec};
use crate::support::interrupt;
use crate::support::progress::Progress;

/// The runtimes of a plan, and where they run cases.
pub struct PreparedRuntimes {
    pub context: RunContext,
    /// In the order of the plan. Each is set once, when it is ready or turns out to be unavailable.
    slots: Vec<OnceLock<Runtime>>,
}

impl PreparedRuntimes {
    /// A place for each runtime of a plan. None is ready.
    pub fn new(plan: &Plan) -> Result<PreparedRuntimes> {
        let options = &plan.options;
        let harness = plan.directories.harness();
        let context = RunContext::new(&harness, plan.work.path(), options.limits, options.isolate)?;
        let context = RunContext {
            contain: options.contain,
            // More are needed only while guests wait.
            kept_runners: options.jobs,
            ..context.with_guests(&plan.cases)
        };
        let slots = plan.runtimes.iter().map(|_| OnceLock::new()).collect();
        Ok(PreparedRuntimes { context, slots })
    }

    /// The runtime at this place of the plan. `None` until it is ready.
    pub fn get(&self, place: usize) -> Option<&Runtime> {
        self.slots[place].get()
    }

    /// Whether no runtime is still being prepared.
    pub fn are_all_ready(&self) -> bool {
        self.slots.iter().all(|slot| slot.get().is_some())
    }
}

/// Prepares the runtimes of a plan: at once those that need no build, and in the background, one after
/// the other, those that do. Sends the places of the runtimes that became ready together. A runtime
/// that cannot be prepared is ready, with the reason. After an interrupt, nothing more is prepared.
pub fn prepare<'scope>(
    scope: &'scope Scope<'scope, '_>,
    plan: &'scope Plan,
    prepared: &'scope PreparedRuntimes,
    progress: &'scope Progress,
) -> Receiver<Vec<usize>> {
    let context = &prepared.context;
    // If that cannot be found out, preparing it says why.
    let needs_build =
        |runtime: &PlannedRuntime| runtime::needs_build(&runtime.spec, context).unwrap_or_default();
    let all = plan.runtimes.iter().enumerate();
    let (to_build, others): (Vec<_>, Vec<_>) = all.partition(|(_, planned)| needs_build(planned));
    let set = move |place: usize, planned: &PlannedRuntime| {
        if interrupt::requested() {
            return place;
        }
        let runtime = match plan.options.quick && needs_build(planned) {
            true => not_built(&planned.spec),
            false => runtime::prepare(&planned.spec, context, progress),
        };
        // The reason why it is unavailable may be an interrupt.
        if runtime.state.is_ok() || !interrupt::requested() {
            let _ = prepared.slots[place].set(runtime);
        }
        place
    };
    let (ready, batches) = mpsc::channel();
    let of_builds = ready.clone();
    // If nobody receives, the run has ended.
    scope.spawn(move || {
        for (place, planned) in to_build {
            let _ = of_builds.send(vec![set(place, planned)]);
        }
    });
    let others: Vec<usize> = others.into_iter().map(|(place, plan)| set(place, plan)).collect();
    let _ = ready.send(others);
    batches
}

/// A runtime that a quick run leaves out.
fn not_built(spec: &RuntimeSpec) -> Runtime {
    Runtime {
        name: spec.name.clone(),
        state: Err("its runner is not built yet, and --quick builds none".into()),
        required: spec.requested,
        build: Duration::ZERO,
        start: Duration::ZERO,
    }
}
