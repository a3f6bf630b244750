//! How one case is run on a runtime that is ready.
//!
//! Library and script runtimes have runners: processes that live on and speak a protocol of JSON
//! lines. A [`pool`] keeps the runners of one runtime and replaces those that hang, crash or talk
//! nonsense. A [`process`] is one of them, and a [`session`] is its conversation about one guest, with
//! the limits on time and output. A [`command_line`] runtime is started once for each case, and its
//! exit status and output tell traps from exits by the patterns of its registry entry.
//!
//! A backend reports an outcome. It knows no expectation and judges nothing.

pub mod command_line;
pub mod containment;
mod debian_package;
mod log;
pub mod pool;
pub mod process;
pub mod session;
mod streams;
