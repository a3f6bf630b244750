//! Runtimes: finding them, preparing them, and running a case on one.
//!
//! [`registry`] lists the runtimes, as `harness/runners/registry.yaml` and users' own files describe
//! them. [`prepare()`] builds or finds one, starts it and runs the smoke test. `acquire` obtains what is
//! not installed, and `backend` talks to runners and commands. [`PreparedRuntime::observe`] runs a case
//! and returns an observation.
//!
//! This layer must not know the cases of the suite, divergences or reports: [`crate::verdict`] judges
//! observations, and a runtime that is unavailable is a value with a reason, not an error.
//!
//! Start reading at [`prepare()`].

pub mod acquire;
pub mod backend;
pub mod config;
mod guest_exit;
mod missing_imports;
pub mod overrides;
mod prepare;
mod prepared;
pub mod registry;
pub mod releases;
pub mod selection;
mod smoke_test;

pub use backend::limits::Limits;
pub use prepare::{needs_build, prepare};
pub use prepared::{PreparedRuntime, RunContext, Runtime, our_error};
pub use registry::RuntimeSpec;
pub use selection::RuntimeOptions;
