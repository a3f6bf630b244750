//! No process outlives its case or the run, whatever it does; none is waited for without a limit, and
//! none fills a file of ours.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{SigHandler, Signal, kill, signal};
use nix::unistd::Pid;
use wasi_conformance::results::run_file::{Run, VerdictRow};
use wasi_conformance::verdict::judge::{Part, Verdict};

use crate::support::{
    Checkout, FAKE_CASES, FAKES, case, command_entries, exists, good_case, make_program, verdict_of,
};

/// Far longer than anything here takes; only a failing test waits that long.
const PATIENCE: Duration = Duration::from_secs(60);

fn checkout(mode: &str, cases: &[String]) -> Checkout {
    let checkout = Checkout::with_fake(mode);
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
    checkout
}

/// The run file of these cases on the fake runner, on one worker.
fn run(checkout: &Checkout, more: &[&str]) -> Run {
    let began = Instant::now();
    let output = checkout.output(&[&["run", "-r", "node", "-j1"], more].concat());
    assert!(began.elapsed() < PATIENCE, "{output:?}");
    for pid in checkout.started() {
        assert!(!exists(pid), "process {pid} was left behind");
    }
    checkout.run_file()
}

/// The case failed, and differs only in what it left running.
fn assert_left(row: &VerdictRow, names: &str) {
    assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
    let mismatch = row.mismatches.last().unwrap();
    assert_eq!(mismatch.part, Part::Processes);
    assert_eq!(mismatch.observed, format!("left running: {names}\n"));
}

#[test]
fn a_daemon_of_a_runner_fails_the_case_that_started_it() {
    let daemon = case("daemon", "[leaves_a_daemon]", "");
    let checkout = checkout("correct", &[good_case("before"), daemon, good_case("after")]);
    let run = run(&checkout, &[]);
    assert_left(verdict_of(&run.verdicts, "a::daemon"), "sleep");
    assert_eq!(verdict_of(&run.verdicts, "a::before").verdict, Verdict::Pass);
    assert_eq!(verdict_of(&run.verdicts, "a::after").verdict, Verdict::Pass);
}

#[test]
fn a_daemon_of_a_command_fails_its_case() {
    let checkout = checkout("correct", &[case("daemon", "[leaves_a_daemon]", "")]);
    let entries = command_entries("mine", &format!("{FAKES}/command.sh"));
    checkout.write("mine.yaml", entries);
    checkout.output(&["run", "-r", "mine", "--runtimes-file", "mine.yaml"]);
    let run = checkout.run_file();
    let row = verdict_of(&run.verdicts, "a::daemon");
    assert_left(row, "sleep");
    let pid = row.observed.as_ref().unwrap().stdout.trim().parse().unwrap();
    assert!(!exists(pid));
}

#[test]
fn a_runner_that_leaves_its_process_group_is_killed() {
    let hangs = case("hangs", "[hang]", "before\n");
    let checkout = checkout("leaves_its_group", &[hangs, good_case("after")]);
    let run = run(&checkout, &["--timeout", "1"]);
    assert_eq!(verdict_of(&run.verdicts, "a::hangs").verdict, Verdict::Fail);
    assert_eq!(verdict_of(&run.verdicts, "a::after").verdict, Verdict::Pass);
}

#[test]
fn done_without_started_is_a_harness_error() {
    let checkout = checkout("correct", &[case("odd", "[done_without_started]", "")]);
    let run = run(&checkout, &[]);
    let row = verdict_of(&run.verdicts, "a::odd");
    assert_eq!(row.verdict, Verdict::HarnessError);
    assert!(row.note.as_ref().unwrap().ends_with("`done` without `started`"));
}

#[test]
fn output_after_the_reply_is_part_of_the_case() {
    let checkout = checkout("correct", &[case("late", "[prints_late]", "late\n")]);
    let run = run(&checkout, &[]);
    let row = verdict_of(&run.verdicts, "a::late");
    assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
}

#[test]
fn a_runner_that_floods_its_stderr_fills_no_file() {
    let checkout = checkout("floods", &[good_case("one")]);
    let run = run(&checkout, &[]);
    let reason = run.runtimes[0].unavailable.as_ref().unwrap();
    assert!(reason.contains("wrote more than 64 MiB to its stderr"), "{reason}");
    let file = fs::metadata(checkout.path("target/wasi-conformance/run.json")).unwrap();
    assert!(file.len() < 1 << 20);
}

#[test]
fn a_runner_on_which_no_guest_starts_is_given_up() {
    let cases: Vec<String> = (0..8).map(|i| case(&format!("c{i}"), "[never_starts]", "")).collect();
    let checkout = checkout("correct", &cases);
    let run = run(&checkout, &["--start-timeout", "2"]);
    let given_up = "not run, because 3 guests in a row did not start in 2s";
    let notes = run.verdicts.iter().filter(|row| row.note.as_deref() == Some(given_up));
    assert!(notes.count() >= 5, "{:?}", run.verdicts);
    assert!(checkout.started().len() <= 4);
}

/// Its output is open in a process of another session.
#[test]
fn a_version_is_not_waited_for_longer_than_its_command() {
    let checkout = checkout("correct", &[good_case("one")]);
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then setsid sleep 1000 & echo $! >pid; fi\n\
         exec {FAKES}/command.sh \"$@\"\n"
    );
    let command = make_program(&checkout, "mine.sh", &script);
    checkout.write("mine.yaml", command_entries("mine", &command) + &checkout.allow());
    let began = Instant::now();
    checkout.output(&["run", "-r", "mine", "--runtimes-file", "mine.yaml"]);
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(verdict_of(&checkout.run_file().verdicts, "a::one").verdict, Verdict::Pass);
    let pid = fs::read_to_string(checkout.path("pid")).unwrap().trim().parse().unwrap();
    assert!(!exists(pid));
}

/// However the program ends, nothing runs on, and the next one removes its directory.
#[test]
fn nothing_outlives_a_killed_run() {
    use Signal::{SIGHUP, SIGINT, SIGKILL, SIGQUIT};
    for signals in [&[SIGKILL][..], &[SIGQUIT], &[SIGHUP], &[SIGINT, SIGINT]] {
        let hangs = case("hangs", "[leaves_a_daemon_and_hangs]", "");
        let checkout = checkout("correct", &[hangs]);
        fs::create_dir(checkout.path("tmp")).unwrap();
        let mut program = checkout.program(&["run", "-r", "node", "-j1", "--timeout", "600"]);
        program.env("TMPDIR", checkout.path("tmp"));
        // Who started these tests may have ignored signals, which programs inherit.
        // SAFETY: `signal` may be called between `fork` and `exec`.
        unsafe {
            program.pre_exec(|| {
                for ignored in [SIGQUIT, SIGHUP, SIGINT] {
                    signal(ignored, SigHandler::SigDfl)?;
                }
                Ok(())
            });
        }
        let mut child = program.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the case hangs", || checkout.started().len() >= 2);
        for &sent in signals {
            // The last one may come too late, when the program has ended.
            let _ = kill(Pid::from_raw(child.id() as i32), sent);
        }
        child.wait().unwrap();
        let gone = || checkout.started().iter().all(|&pid| !is_running(pid));
        until("all processes end", gone);
        checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", good_case("fine")));
        let mut next = checkout.program(&["run", "-r", "node"]);
        assert!(next.env("TMPDIR", checkout.path("tmp")).output().unwrap().status.success());
        let left: Vec<_> = fs::read_dir(checkout.path("tmp")).unwrap().flatten().collect();
        assert!(left.is_empty(), "{signals:?}: {left:?}");
    }
}

#[test]
fn a_download_that_hangs_ends_with_the_program() {
    let checkout = Checkout::new();
    let entry = "runtimes:\n  - name: mine\n    kind: script\n    binary: node\n    \
                 script: harness/runners/runner.mjs\n    args: ['{script}']\n    install: x\n    \
                 fetch: { npm: { packages: [mine] } }\n";
    checkout.write("mine.yaml", entry);
    let script =
        format!("#!/bin/sh\necho start $$ >>{}\nsleep 1000\n", checkout.path("log").display());
    make_program(&checkout, "bin/npm", &script);
    let mut program =
        checkout.program(&["runtimes", "fetch", "mine", "--runtimes-file", "mine.yaml"]);
    let path = format!("{}:{}", checkout.path("bin").display(), std::env::var("PATH").unwrap());
    program.env("PATH", path).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = program.spawn().unwrap();
    until("npm is started", || !checkout.started().is_empty());
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).unwrap();
    until("the program ends", || child.try_wait().unwrap().is_some());
    until("npm ends", || !is_running(checkout.started()[0]));
}

/// An orphan that ended may wait for the first process of the machine to notice.
fn is_running(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    !status.is_empty() && !status.contains("State:\tZ")
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
