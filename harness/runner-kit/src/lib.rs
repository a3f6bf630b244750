//! What every runner shares: the [`protocol`] that it speaks with the harness, and [`serve`], the
//! loop that turns a [`Runtime`] into a runner.
//!
//! A runner knows its runtime and this crate, nothing else: it reports what happened and never
//! judges it.

mod peer;
pub mod protocol;
mod redirect;
mod serve;

pub use protocol::{
    Capability, Globals, MissingCapability, Outcome, Preopen, RunRequest, Socket, WasiVersion,
};
pub use serve::{Identity, Runtime, serve};
