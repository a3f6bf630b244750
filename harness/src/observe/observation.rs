//! What a runner saw: facts, no judgement.

use std::time::Duration;

use runner_kit::{Globals, Outcome};

use crate::case::Tree;

/// All that came out of running a case on a runtime.
#[derive(Clone, Debug)]
pub struct Observation {
    pub outcome: Outcome,
    /// As readable text: bytes that are not UTF-8 are `\xNN`.
    pub stdout: String,
    pub stderr: String,
    /// The tree after the run.
    pub tree: Tree,
    /// What the guest did outside its tree.
    pub escaped: Option<String>,
    /// The names of the processes that outlived the guest, and were killed.
    pub left_running: Vec<String>,
    /// What an instrumented guest saw.
    pub globals: Globals,
    /// The import that the guest called and that the runtime lacks.
    pub missing_import: Option<String>,
    pub times: Times,
}

/// Where the time of a case went.
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
