//! A conformance suite for WASI preview 1 that runs on many runtimes. ARCHITECTURE.md is the map.
//!
//! One module for each layer; a layer uses only those below it (`tests/fast/layers.rs` enforces this).

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod case;
pub mod cli;
pub mod exec;
pub mod explore;
pub mod instrument;
pub mod interop;
pub mod known;
pub mod modelled;
pub mod observe;
pub mod report;
pub mod results;
pub mod runtime;
pub mod support;
pub mod verdict;
