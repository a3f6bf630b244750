//! Ctrl-C in the middle of a run: finished verdicts are written, the run is marked as incomplete, and
//! no process is left.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use wasi_conformance::results::run_file::Run;
use wasi_conformance::verdict::judge::Verdict;

use crate::support::{Checkout, FAKE_CASES, case, command_entries, exists, good_case};

/// Far longer than any test here takes; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a run on one worker whose second case hangs, and waits until it does.
fn run_until_it_hangs(checkout: &Checkout) -> Child {
    run_until_it_hangs_with(checkout, &[])
}

fn run_until_it_hangs_with(checkout: &Checkout, more: &[&str]) -> Child {
    let cases = [good_case("done"), case("hangs", "[hang]", ""), good_case("never")];
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    let args = [&["run", "-r", "node", "-j1", "--timeout", "600"], more].concat();
    let mut program = checkout.program(&args);
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the second case hangs", || {
        if let Some(status) = child.try_wait().unwrap() {
            panic!("the program ended early: {status}");
        }
        checkout.log().contains(&"run hang".to_owned())
    });
    child
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn interrupt(child: &mut Child, signal: Signal) -> ExitStatus {
    kill(Pid::from_raw(child.id() as i32), signal).unwrap();
    let mut status = None;
    until("the program ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

#[test]
fn an_interrupt_writes_finished_verdicts_and_stops_the_runner() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let checkout = Checkout::with_fake("correct");
        let mut child = run_until_it_hangs(&checkout);
        let status = interrupt(&mut child, signal);
        assert_eq!(status.code(), Some(130), "{signal}");
        let run = checkout.run_file();
        assert!(!run.complete);
        let verdicts: Vec<_> = run.verdicts.iter().map(|v| (v.case.as_str(), v.verdict)).collect();
        assert_eq!(verdicts, [("a::done", Verdict::Pass)]);
        assert_eq!(run.runtimes[0].unavailable, None);
        let report = fs::read_to_string(checkout.path("target/wasi-conformance/report.md"));
        assert!(report.unwrap().contains("**Incomplete: the run was interrupted.**"));
        for pid in checkout.started() {
            assert!(!exists(pid), "runner {pid} was left behind");
        }
    }
}

/// The smoke test of the only runtime hangs, so there is no verdict yet.
#[test]
fn an_interrupt_during_the_smoke_test_stops_the_run() {
    let checkout = Checkout::with_fake("hangs_in_smoke_test");
    let mut program = checkout.program(&["run", "-r", "node", "--timeout", "600"]);
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the smoke test hangs", || checkout.log().contains(&"run all".to_owned()));
    let status = interrupt(&mut child, Signal::SIGINT);
    assert_eq!(status.code(), Some(130));
    assert!(!checkout.run_file().complete);
    for pid in checkout.started() {
        assert!(!exists(pid), "runner {pid} was left behind");
    }
}

/// The same while a command never answers the query for its version.
#[test]
fn an_interrupt_does_not_wait_for_a_version() {
    let checkout = Checkout::new();
    let script = "#!/bin/sh\necho $$ >pid.part\nmv pid.part started\nsleep 1000\n";
    checkout.write("mine.sh", script);
    let command = checkout.path("mine.sh");
    fs::set_permissions(&command, fs::Permissions::from_mode(0o755)).unwrap();
    let entries = command_entries("mine", command.to_str().unwrap()) + &checkout.allow();
    checkout.write("mine.yaml", entries);
    let args = ["run", "-r", "mine", "--runtimes-file", "mine.yaml"];
    let mut child =
        checkout.program(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = checkout.path("started");
    until("the command is asked", || started.exists());
    assert_eq!(interrupt(&mut child, Signal::SIGINT).code(), Some(130));
    assert!(!checkout.run_file().complete);
    let pid: u32 = fs::read_to_string(started).unwrap().trim().parse().unwrap();
    assert!(!exists(pid), "process {pid} was left behind");
}

/// A run merged with an interrupted shard is incomplete until that shard is run again.
#[test]
fn an_interrupted_shard_is_missing_until_it_is_run_again() {
    let checkout = Checkout::with_fake("correct");
    let mut child = run_until_it_hangs_with(&checkout, &["--shard", "1/1", "--out", "parts/1"]);
    assert_eq!(interrupt(&mut child, Signal::SIGINT).code(), Some(130));
    let output = checkout.output(&["merge", "parts", "--out", "merged"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("missing: shard 1/1, started "), "{said}");
    assert!(said.contains("was interrupted (node)"), "{said}");
    let args = ["run", "-r", "node", "--shard", "1/1", "--timeout", "1", "--out", "parts/again"];
    checkout.output(&args);
    let output = checkout.output(&["merge", "parts", "--out", "merged"]);
    let run = Run::read(&checkout.path("merged/run.json")).unwrap();
    assert!(run.complete, "{output:?}");
    assert_eq!(run.verdicts.len(), 3);
}

/// The earlier export stays as it is, and no temporary directory is left.
#[test]
fn an_interrupted_export_keeps_the_earlier_one() {
    let checkout = Checkout::new();
    assert!(checkout.output(&["export", "out"]).status.success());
    let many: Vec<String> = (0..5_000).map(|i| good_case(&format!("c{i}"))).collect();
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", many.concat()));
    let mut program = checkout.program(&["export", "out"]);
    let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = || {
        let entries = fs::read_dir(checkout.root()).unwrap().flatten();
        entries.into_iter().any(|e| e.file_name().to_string_lossy().starts_with(".export-"))
    };
    until("it writes", begun);
    assert_eq!(interrupt(&mut child, Signal::SIGINT).code(), Some(130));
    assert!(!begun(), "a part was left behind");
    assert!(checkout.path("out/a-fine.wasm").is_file());
    assert!(!checkout.path("out/a-c0.wasm").exists());
}

/// Starts a run, and kills the program when its second case hangs.
fn kill_a_run(checkout: &Checkout) {
    let mut child = run_until_it_hangs(checkout);
    kill(Pid::from_raw(child.id() as i32), Signal::SIGKILL).unwrap();
    child.wait().unwrap();
}

/// A run replaces the last run file only when it ends.
#[test]
fn a_killed_run_keeps_the_last_run_file() {
    let checkout = Checkout::with_fake("correct");
    assert!(checkout.output(&["run", "-r", "node"]).status.success());
    let before = checkout.run_file();
    assert!(before.complete);
    kill_a_run(&checkout);
    assert_eq!(checkout.run_file().verdicts.len(), before.verdicts.len());
    assert!(checkout.run_file().complete);
}

#[test]
fn a_killed_run_is_a_partial_report_and_can_be_resumed() {
    let checkout = Checkout::with_fake("correct");
    kill_a_run(&checkout);
    let log = "target/wasi-conformance/run.jsonl";
    let run = Run::read(&checkout.path(log)).unwrap();
    assert!(!run.complete);
    assert_eq!(run.verdicts.iter().map(|v| v.case.as_str()).collect::<Vec<_>>(), ["a::done"]);
    let report = checkout.output(&["report", log]);
    let shown = String::from_utf8(report.stdout).unwrap();
    assert!(shown.contains("**Incomplete: the run was interrupted.**"), "{shown}");

    // Only a run of the same cases goes on with it.
    let other = checkout.output(&["run", "-r", "node", "--resume", "--filter", "a::done"]);
    let said = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{said}");
    assert!(
        said.contains("run.jsonl: the unfinished run had no filters: repeat its command"),
        "{said}"
    );

    let before = checkout.log().len();
    let output = checkout.output(&["run", "-r", "node", "--timeout", "1", "--resume"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let run = checkout.run_file();
    assert!(run.complete);
    let ids: Vec<_> = run.verdicts.iter().map(|v| v.case.as_str()).collect();
    assert_eq!(ids, ["a::done", "a::hangs", "a::never"]);
    let again = &checkout.log()[before..];
    assert_eq!(again.iter().filter(|line| *line == "run open").count(), 1, "{again:?}");
    assert!(!checkout.path(log).exists());
    let nothing = checkout.output(&["run", "-r", "node", "--resume"]);
    let said = String::from_utf8(nothing.stderr).unwrap();
    assert_eq!(nothing.status.code(), Some(2), "{said}");
    assert!(said.contains("it holds no unfinished run: leave out --resume"), "{said}");
}

#[test]
fn a_second_run_into_the_same_directory_is_refused_and_disturbs_nothing() {
    let checkout = Checkout::with_fake("correct");
    let mut child = run_until_it_hangs(&checkout);
    let second = checkout.output(&["run", "-r", "node"]);
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(2), "{said}");
    assert!(said.contains("another run is writing to "), "{said}");
    assert!(said.contains("name another directory with --out"), "{said}");
    assert!(checkout.output(&["run", "-r", "node", "-f", "done", "--out", "b"]).status.success());
    assert_eq!(interrupt(&mut child, Signal::SIGINT).code(), Some(130));
    assert_eq!(checkout.run_file().verdicts.len(), 1);
}
