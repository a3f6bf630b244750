//! The runtimes: finding them, preparing them, and running a case on one.
//!
//! [`registry`] lists the runtimes, [`prepare()`] builds or finds one and starts it, and
//! [`PreparedRuntime::observe`] runs a case on it. This layer knows no expectations: it returns an
//! observation, which `verdict` judges. `acquire` obtains runtimes, `backend` talks to them.

pub mod acquire;
pub mod backend;
pub mod config;
mod missing_imports;
pub mod overrides;
mod prepare;
mod prepared;
pub mod registry;
pub mod releases;
pub mod selection;
mod smoke_test;

pub use backend::session::Limits;
pub use prepare::{needs_build, prepare};
pub use prepared::{PreparedRuntime, RunContext, Runtime, our_error};
pub use registry::RuntimeSpec;
pub use selection::RuntimeOptions;
