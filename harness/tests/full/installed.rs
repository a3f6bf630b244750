//! The installed command outside of a checkout, on Node.

use std::process::Command;

use libtest_mimic::Trial;
use wasi_conformance::results::run_file::Run;

use crate::support::installed::{Installed, names, text};
use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![Need::Node; the_installed_command_gives_the_results_of_the_checkout]
}

fn the_installed_command_gives_the_results_of_the_checkout() {
    let installed = Installed::new();
    let args = ["run", "-r", "node", "-f", "fd_read::", "-f", "c_stdio::"];
    let away = installed.output(&args);
    assert_eq!(text(&away.stderr), "");
    assert_eq!(away.status.code(), Some(0), "{}", text(&away.stdout));
    assert_eq!(names(&installed.here()), ["wasi-conformance-results"]);
    let away = Run::read(&installed.here().join("wasi-conformance-results/run.json")).unwrap();
    let out = installed.path("checkout");
    let program = env!("CARGO_BIN_EXE_wasi-conformance");
    Command::new(program).args(args).arg("--out").arg(&out).output().unwrap();
    let home = Run::read(&out.join("run.json")).unwrap();
    assert!(home.verdicts.len() > 40);
    assert_eq!(away.cases_digest, home.cases_digest);
    assert_eq!(away.cases, home.cases);
    assert_eq!(away.sources, home.sources);
    let verdicts = |run: &Run| -> Vec<_> {
        run.verdicts.iter().map(|v| (v.case.clone(), v.verdict, v.mismatches.clone())).collect()
    };
    assert_eq!(verdicts(&away), verdicts(&home));
    // Snapshots go to the current directory, not to the unpacked files. Only whole runs are kept.
    let whole = Run { filters: vec![], ..away.clone() };
    whole.write(&installed.here().join("wasi-conformance-results/run.json")).unwrap();
    let kept = installed.output(&["snapshot"]);
    assert_eq!(kept.status.code(), Some(0), "{}", text(&kept.stderr));
    let snapshots = names(&installed.here().join("wasi-conformance-results/snapshots"));
    // The list of the cases that ran, and what differed.
    assert!(
        matches!(&snapshots[..], [cases, node] if cases == "cases" && node.starts_with("node-")),
        "{snapshots:?}"
    );
    // D1: the bundled divergences are never written.
    let blessed = installed.output(&["bless"]);
    assert_eq!(blessed.status.code(), Some(2));
    let said = text(&blessed.stderr);
    assert!(said.contains("the bundled divergences are never written"), "{said}");
    // It names the command, not cargo.
    let said = text(&installed.output(&["explain", "fd_read::closed"]).stdout);
    assert!(!said.contains("cargo run"), "{said}");
}
