//! Figures of whole processes: a run, a check, a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeVal;
use tempfile::TempDir;

use super::figure::{Figure, Sample};

/// The command, and its package.
const PROGRAM: &str = "wasi-conformance";
/// The conformance tests.
const TESTS: &str = "conformance";
/// The case of [`Programs::one_test`].
const TEST: &str = "wasmtime::args_get::list";

/// What is measured, and where its results go.
pub struct Programs {
    checkout: PathBuf,
    program: PathBuf,
    tests: PathBuf,
    results: Rc<TempDir>,
}

impl Programs {
    /// Builds the command, as users run it, and the conformance tests, as `cargo test` does.
    pub fn build(checkout: &Path) -> Result<Programs> {
        let program = executable(checkout, PROGRAM, &["build", "--release", "--bin", PROGRAM])?;
        let arguments = ["test", "--no-run", "--package", PROGRAM, "--test", TESTS];
        let tests = executable(checkout, TESTS, &arguments)?;
        let results = Rc::new(tempfile::tempdir().context("make a directory for results")?);
        Ok(Programs { checkout: checkout.to_owned(), program, tests, results })
    }

    /// A run with these arguments.
    pub fn run(&self, name: &str, arguments: &[&str]) -> Result<Figure> {
        let mut all: Vec<String> = vec!["run".into()];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let results = self.results.path().to_str().context("its name is not UTF-8")?;
        all.extend(["--out".into(), results.to_owned()]);
        Ok(self.figure(name, &self.program, all))
    }

    /// `check`, which reads all cases, causes and snapshots.
    pub fn check(&self) -> Figure {
        self.figure("check", &self.program, vec!["check".into()])
    }

    /// One test in a process of its own, as nextest runs it.
    pub fn one_test(&self) -> Figure {
        self.figure(
            "one test, its runtime's start included",
            &self.tests,
            vec![TEST.into(), "--exact".into()],
        )
    }

    /// This program's `mutants`.
    pub fn mutants(&self) -> Result<Figure> {
        let xtask = std::env::current_exe().context("find this program")?;
        let figure = self.figure("mutants", &xtask, vec!["mutants".into()]);
        Ok(Figure { once: true, ..figure })
    }

    fn figure(&self, name: &str, program: &Path, arguments: Vec<String>) -> Figure {
        let (program, checkout) = (program.to_owned(), self.checkout.clone());
        // The results go when the last figure does.
        let results = Rc::clone(&self.results);
        let measure = move || {
            let _ = &results;
            let mut command = Command::new(&program);
            command.args(&arguments).current_dir(&checkout);
            measure(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()))
        };
        Figure { name: name.to_owned(), once: false, measure: Box::new(measure) }
    }
}

/// Runs a command to its end. It counts if it fails because of an unexpected verdict, and not if it
/// could not do its work.
fn measure(command: &mut Command) -> Result<Sample> {
    let (before, began) = (spent()?, Instant::now());
    let status = command.status().context("start it")?;
    let wall = began.elapsed();
    if !matches!(status.code(), Some(0 | 1)) {
        bail!("it ended with {status}");
    }
    Ok(Sample { wall, cpu: Some(spent()?.saturating_sub(before)) })
}

/// The CPU time of all children that have ended, and of theirs.
fn spent() -> Result<Duration> {
    let usage: Usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("ask for the CPU time")?;
    let time = |value: TimeVal| Duration::new(value.tv_sec() as u64, 1000 * value.tv_usec() as u32);
    Ok(time(usage.user_time()) + time(usage.system_time()))
}

/// Builds something with cargo, and returns the program of the target with this name. Cargo may build
/// others for it.
fn executable(checkout: &Path, target: &str, arguments: &[&str]) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).args(["--quiet", "--message-format", "json-render-diagnostics"]);
    let output = command.current_dir(checkout).stderr(Stdio::inherit()).output();
    let output = output.context("start cargo")?;
    if !output.status.success() {
        bail!("cargo {} failed", arguments.join(" "));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut programs = text.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_meant = message.pointer("/target/name")? == target;
        Some(PathBuf::from(message.get("executable")?.as_str()?)).filter(|_| is_meant)
    });
    programs.next_back().with_context(|| format!("cargo {} made no program", arguments.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_childs_children_counts() {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; exit 1"]);
        let sample = measure(&mut command).unwrap();
        assert!(sample.cpu.unwrap() > Duration::from_millis(10), "{sample:?}");
        assert!(measure(Command::new("sh").args(["-c", "exit 2"])).is_err());
    }
}
