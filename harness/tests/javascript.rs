//! The tests of the scripts in JavaScript, which Node runs.

use std::path::Path;
use std::process::Command;

#[test]
fn trees_go_to_the_shim_and_come_back() {
    let test = Path::new(env!("CARGO_MANIFEST_DIR")).join("runners/javascript/shim-host.test.mjs");
    let output = Command::new("node").arg("--test").arg(test).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // Node also succeeds where it finds no test.
    assert!(said.contains("pass 5"), "{said}");
}
