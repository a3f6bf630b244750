//! The fast tier: everything that needs no runtime, because the fake runner or a script stands in
//! for one. `cargo fast` runs it with the unit tests.

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod cases;
#[cfg(target_os = "linux")]
mod chaos;
mod ci;
mod commands;
mod compare;
mod containment;
mod divergences;
mod docs;
mod export;
mod faults;
mod fetch;
mod help;
mod installed;
mod interrupt;
mod layers;
mod messages;
mod model;
mod modelled;
mod output;
mod pages;
mod processes;
mod ready;
mod repeat;
mod reports;
mod rerun;
mod results;
mod run_file;
mod runtimes;
mod schemas;
mod shards;
mod timeouts;
mod versions;
mod wasi_testsuite;
