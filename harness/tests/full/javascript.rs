//! Runs the JavaScript tests of the JavaScript runners.

use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![
        Need::Node;
        trees_survive_the_round_trip_through_the_shim,
    ]
}

fn trees_survive_the_round_trip_through_the_shim() {
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("runners/javascript/shim-host.test.mjs");
    let output = Command::new("node").arg("--test").arg(test).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // Node succeeds even if it finds no test.
    assert!(said.contains("pass 5"), "{said}");
}
