//! `run --shard` and `merge` with the real cases on a real runtime.

use libtest_mimic::Trial;
use wasi_conformance::results::run_file::Run;

use crate::support::timeless;
use crate::support::trials::Need;
use crate::trials;

pub fn tests() -> Vec<Trial> {
    trials![Need::Node; a_merged_matrix_equals_one_run]
}

/// With a filter, by shard and by area.
fn a_merged_matrix_equals_one_run() {
    let directory = tempfile::tempdir().unwrap();
    let out = |name: &str| directory.path().join(name);
    let program = |args: &[&str], to: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
        command.args(args).arg("--out").arg(out(to)).output().unwrap()
    };
    let run = |args: &[&str], to: &str| program(&[&["run", "-r", "node"], args].concat(), to);
    let both = ["-f", "clock_*", "-f", "fd_read::"];
    run(&both, "whole");
    run(&[&both[..], &["--shard", "2/2"]].concat(), "matrix/b");
    run(&[&both[..], &["--shard", "1/2"]].concat(), "matrix/c/deep");
    run(&both[..2], "areas/clock");
    run(&both[2..], "areas/read");
    let whole = Run::read(&out("whole/run.json")).unwrap();
    assert!(whole.verdicts.len() > 40, "{}", whole.verdicts.len());
    for matrix in ["matrix", "areas"] {
        let merged = program(&["merge", out(matrix).to_str().unwrap()], "merged");
        assert_eq!(merged.status.code(), Some(0), "{}", String::from_utf8_lossy(&merged.stderr));
        let merged = Run::read(&out("merged/run.json")).unwrap();
        assert_eq!(timeless(&merged), timeless(&whole), "{matrix}");
    }
}
