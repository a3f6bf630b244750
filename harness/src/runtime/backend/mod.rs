//! Runs one case on a prepared runtime.
//!
//! Library and script runtimes have runners: long-lived processes that speak a protocol of JSON
//! lines. A [`pool`] holds the runners of one runtime and replaces any that hangs, crashes or breaks
//! the protocol. A [`process`] is one runner, and a [`session`] is its exchange about one guest, with
//! limits on time and output. A [`command_line`] runtime is started once for each case; the patterns
//! of its registry entry tell traps from exits by its exit status and output.
//!
//! A backend reports an outcome. It knows no expectations and judges nothing.

pub mod command_line;
pub mod containment;
mod debian_package;
pub mod limits;
mod log;
pub mod pool;
pub mod process;
pub mod session;
mod streams;
mod watch;
