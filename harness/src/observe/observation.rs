//! The observation of a run: facts, no judgement.

use std::time::Duration;

use runner_kit::{Globals, Outcome};

use crate::case::Tree;

/// The result of running a case on a runtime.
#[derive(Clone, Debug)]
pub struct Observation {
    pub outcome: Outcome,
    /// As text: see [`crate::support::bytes::output`].
    pub stdout: String,
    pub stderr: String,
    /// The tree after the run.
    pub tree: Tree,
    /// Why the tree is not all there: what the guest left is more than is read.
    pub tree_cut: Option<String>,
    /// A change outside the guest's tree, if any.
    pub escaped: Option<String>,
    /// The names of the processes that outlived the guest, and were killed.
    pub left_running: Vec<String>,
    /// The globals of an instrumented guest.
    pub globals: Globals,
    /// The missing import that the guest called, if any.
    pub missing_import: Option<String>,
    pub times: Times,
}

/// The time of a case, by phase.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Starting a runner's process, if one had to be started.
    pub start: Duration,
    pub compile: Duration,
    pub execute: Duration,
}

impl std::ops::AddAssign for Times {
    fn add_assign(&mut self, other: Times) {
        self.start += other.start;
        self.compile += other.compile;
        self.execute += other.execute;
    }
}
