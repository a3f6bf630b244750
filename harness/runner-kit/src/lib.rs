//! The common part of all runners: the [`protocol`] between runner and harness, and [`serve()`], the
//! loop that turns a [`Runtime`] into a runner.
//!
//! A runner knows only its runtime and this crate. It reports outcomes and never judges them.

mod module_cache;
pub mod panics;
mod peer;
pub mod protocol;
mod redirect;
mod serve;

pub use protocol::{
    Capability, Globals, MissingCapability, Outcome, Preopen, RunRequest, Socket, WasiVersion,
};
pub use serve::{Identity, Runtime, serve};
