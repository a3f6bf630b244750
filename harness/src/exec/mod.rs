//! Executes a run, which passes through four values. Each is made in one place from the one before:
//!
//! 1. [`plan::Plan`]: which cases run on which runtimes. Mistakes of the user end here.
//! 2. [`prepare::PreparedRuntimes`]: the runtimes of the plan, built, started and smoke-tested, or
//!    the reason why one is unavailable. They become ready one after the other.
//! 3. [`judged_cases::JudgedCases`]: what each runtime did with each case, and the verdict on it. Cases
//!    run on the runtimes that are ready while others are being built.
//! 4. [`crate::results::run_file::Run`], made by [`run_file::run_file`]: what is written, and all
//!    that reports and comparisons read.
//!
//! This layer must not know the command line or reports, and prints no results.
//!
//! Start reading at [`plan::RunOptions`]; `cli/run.rs` passes the four values along.

pub mod causes;
pub mod engine;
pub mod judged_cases;
pub mod plan;
pub mod prepare;
pub mod repeat;
mod rerun;
pub mod run_file;
mod run_head;
pub mod verdict_rows;

use anyhow::Result;

use crate::results::run_file::Run;
use crate::support::progress::Progress;

use plan::Plan;
use prepare::PreparedRuntimes;

/// The four steps in one: runs a plan.
pub fn run(plan: &Plan, progress: &Progress) -> Result<Run> {
    let prepared = PreparedRuntimes::new(plan)?;
    let judged = judged_cases::run(plan, &prepared, None, &|_, _| (), progress)?;
    run_file::run_file(plan, &prepared, &judged, None)
}
