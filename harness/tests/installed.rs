//! The command away from any checkout: it brings the suite along.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use wasi_conformance::results::run_file::Run;

/// A copy of the program, a folder with nothing in it, and a cache of its own.
struct Installed {
    folder: TempDir,
}

impl Installed {
    fn new() -> Self {
        let installed = Installed { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(installed.path("bin")).unwrap();
        fs::create_dir(installed.here()).unwrap();
        let built = env!("CARGO_BIN_EXE_wasi-conformance");
        fs::copy(built, installed.path("bin/wasi-conformance")).unwrap();
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn here(&self) -> PathBuf {
        self.path("here")
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.path("bin/wasi-conformance"));
        command
            .args(args)
            .current_dir(self.here())
            .env("WASI_CONFORMANCE_CACHE", self.path("cache"));
        command
    }

    fn output(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn it_runs_the_same_cases_with_the_same_results() {
    needs_node!();
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
    assert_eq!(away.suite, home.suite);
    assert_eq!(away.cases, home.cases);
    assert_eq!(away.sources, home.sources);
    let verdicts = |run: &Run| -> Vec<_> {
        run.verdicts.iter().map(|v| (v.case.clone(), v.verdict, v.mismatches.clone())).collect()
    };
    assert_eq!(verdicts(&away), verdicts(&home));
    // What it keeps is kept here, and not in what was unpacked. It keeps whole runs only.
    let whole = Run { filters: vec![], ..away.clone() };
    whole.write(&installed.here().join("wasi-conformance-results/run.json")).unwrap();
    let kept = installed.output(&["baseline"]);
    assert_eq!(kept.status.code(), Some(0), "{}", text(&kept.stderr));
    let baselines = names(&installed.here().join("wasi-conformance-results/baselines"));
    assert!(baselines.len() == 1 && baselines[0].starts_with("node-"), "{baselines:?}");
    // What there is to type is what is installed.
    let said = text(&installed.output(&["explain", "fd_read::closed"]).stdout);
    assert!(!said.contains("cargo run"), "{said}");
}

#[test]
fn it_says_which_suite_it_carries() {
    let installed = Installed::new();
    let said = text(&installed.output(&["--version"]).stdout);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], concat!("wasi-conformance ", env!("CARGO_PKG_VERSION")));
    let digest = lines[1].strip_prefix("suite ").unwrap().strip_suffix(", carried inside").unwrap();
    // Asking costs nothing: nothing is unpacked.
    assert!(!installed.path("cache/suites").exists());
    let home = Command::new(env!("CARGO_BIN_EXE_wasi-conformance")).arg("-V").output().unwrap();
    assert!(text(&home.stdout).contains(&format!("suite {digest} of ")), "{}", text(&home.stdout));
}

#[test]
fn several_programs_unpack_one_suite() {
    let installed = Installed::new();
    let mut children: Vec<_> = (0..4)
        .map(|_| installed.command(&["check"]).stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(names(&installed.path("cache/suites")).len(), 1);
    assert_eq!(names(&installed.here()), Vec::<String>::new());
}

#[test]
fn a_checkout_here_is_what_counts() {
    let installed = Installed::new();
    for folder in ["expectations", "guests/prebuilt"] {
        fs::create_dir_all(installed.here().join(folder)).unwrap();
    }
    let output = installed.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("here/expectations: no case found"), "{output:?}");
    assert!(!installed.path("cache/suites").exists());
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let installed = Installed::new();
    fs::write(installed.path("cache"), "").unwrap();
    let output = installed.output(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("(set WASI_CONFORMANCE_CACHE to move it)"), "{said}");
}
