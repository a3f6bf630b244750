//! Passes the linked versions on. Neither wasmi nor wasi-common exports its own; with `--locked`, the
//! versions are those in the lock file.

use std::fs;

fn main() {
    println!("cargo::rerun-if-changed=Cargo.lock");
    let lock = fs::read_to_string("Cargo.lock").expect("the lock file is beside this file");
    for (package, variable) in [("wasmi", "WASMI"), ("wasi-common", "WASI_COMMON")] {
        let heading = format!("name = \"{package}\"\nversion = \"");
        let (_, rest) = lock.split_once(&heading).expect("the lock file has every dependency");
        let (version, _) = rest.split_once('"').expect("a version ends in a quote");
        println!("cargo::rustc-env={variable}_VERSION={version}");
    }
}
