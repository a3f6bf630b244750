//! All cases on two runtimes, under attack; on one, if the other is not built.

use std::process::Command;
use std::time::Duration;

use libtest_mimic::Trial;

use crate::support::chaos;
use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![Need::Node; no_verdict_is_lost_or_wrong_under_attack]
}

fn no_verdict_is_lost_or_wrong_under_attack() {
    let program = || Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    let runtimes = if Need::WasmtimeRunner.is_met() { "node,wasmtime" } else { "node" };
    // Four idle runners of each, and one more for a case that runs again.
    let arguments = ["run", "-r", runtimes, "--jobs", "4"];
    chaos::compare(program, &arguments, Duration::from_secs(20), 12);
}
