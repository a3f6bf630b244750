//! A conformance suite for WASI preview 1 that runs on many runtimes. ARCHITECTURE.md is the map.

pub mod case;
pub mod cli;
pub mod commands;
pub mod coverage;
pub mod digest;
pub mod divergence;
pub mod engine;
pub mod essence;
pub mod filter;
pub mod fixture;
pub mod guest_sources;
pub mod instrument;
pub mod interrupt;
pub mod join;
pub mod judge;
pub mod observe;
pub mod paths;
pub mod progress;
pub mod provision;
pub mod record;
pub mod repeat;
pub mod report;
pub mod runtimes;
pub mod suite;
pub mod text;
pub mod yaml;
