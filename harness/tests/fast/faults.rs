//! Runners and commands with every kind of fault: a fault affects only the verdict of its own case, and
//! leaves no process behind.

use std::fs;
use std::time::{Duration, Instant};

use runner_kit::Outcome;
use wasi_conformance::exec::engine::Job;
use wasi_conformance::exec::repeat::run_repeatedly;
use wasi_conformance::exec::verdict_rows::verdict_row;
use wasi_conformance::known;
use wasi_conformance::results::run_file::VerdictRow;
use wasi_conformance::runtime::{Limits, RunContext, Runtime, prepare, registry};
use wasi_conformance::support::directories::Directories;
use wasi_conformance::support::progress::Progress;
use wasi_conformance::verdict::judge::{Part, Verdict};

use crate::support::{
    Checkout, FAKE_CASES, FAKES, case, command_entries, exists, good_case, verdict_of,
};

/// Enough for a trivial guest, even on a busy machine.
const TIME: Duration = Duration::from_secs(4);
const OUTPUT: usize = 64 * 1024;
const DISK: u64 = 8 << 20;
const FILES: usize = 1_000;
const MEMORY: u64 = 256 << 20;
/// How many runners are started when one case crashes: the first; a fresh one for that case, because
/// an earlier guest may have caused the crash; and one for the cases that follow.
const AFTER_A_CRASH: usize = 4;
const RUNNER: &str = "node";
const COMMAND: &str = "fake-command";

struct Session {
    checkout: Checkout,
    directories: Directories,
    context: RunContext,
    runtime: Runtime,
}

impl Session {
    /// Prepares a fake runtime for these cases (YAML).
    fn new(runtime: &str, mode: &str, cases: &str) -> Session {
        Session::with(runtime, mode, cases, false)
    }

    fn with(runtime: &str, mode: &str, cases: &str, isolate: bool) -> Session {
        let checkout = Checkout::with_fake(mode);
        checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{cases}"));
        checkout.write("commands.yaml", command_entries(COMMAND, &format!("{FAKES}/command.sh")));
        for directory in ["work", "cache"] {
            fs::create_dir(checkout.path(directory)).unwrap();
        }
        let directories = Directories {
            checkout: checkout.root(),
            expectations: checkout.path("expectations"),
            guests: checkout.path("guests/prebuilt"),
            own_divergences: vec![],
        };
        let context = RunContext {
            harness: directories.harness(),
            cache: checkout.path("cache"),
            work: checkout.path("work"),
            limits: Limits {
                time: TIME,
                output: OUTPUT,
                disk: DISK,
                files: FILES,
                memory: MEMORY,
                ..Limits::default()
            },
            isolate,
            kept_runners: 4,
            contain: true,
            guests: [directories.guests.clone()].into(),
        };
        let all = registry::load(&context.harness, &[checkout.path("commands.yaml")]).unwrap();
        let wanted = all.iter().find(|wanted| wanted.name == runtime).unwrap();
        let runtime = prepare(wanted, &context, &Progress::silent());
        Session { checkout, directories, context, runtime }
    }

    /// Runs all cases, and checks that no process of the runtime is left.
    fn run(self, jobs: usize) -> Ran {
        let (library, divergences) = known::load_with_cases(&self.directories).unwrap();
        let ready = self.runtime.state.as_ref().unwrap();
        let name = &self.runtime.name;
        let pairs: Vec<Job> =
            library.cases.iter().map(|case| Job { runtime: name, ready, case }).collect();
        let (finished, _) = run_repeatedly(&pairs, jobs, 1, &divergences, &self.context, &|_| {});
        assert_eq!(finished.len(), library.cases.len(), "a verdict is missing");
        let rows = finished.iter().map(verdict_row).collect();
        let started = self.checkout.started();
        let alive = started.iter().filter(|&&pid| exists(pid)).count();
        assert!(alive <= jobs, "{alive} of {started:?} are there, for {jobs} workers");
        drop(self.runtime);
        for &pid in &started {
            assert!(!exists(pid), "process {pid} was left behind");
        }
        let left = fs::read_dir(&self.context.work).unwrap().flatten();
        // Guests that were made may serve another runtime.
        let left: Vec<_> = left.filter(|entry| entry.file_name() != "guests").collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        Ran { rows, starts: started.len() }
    }
}

struct Ran {
    rows: Vec<VerdictRow>,
    /// The number of runners that were started.
    starts: usize,
}

/// Runs a case with a fault, and cases without before and after it, which must pass. Returns the
/// verdict of the first and the number of runners that were started.
fn among_others(runtime: &str, fault: &str, stdout: &str) -> (VerdictRow, usize) {
    let cases = [
        good_case("before_1"),
        good_case("before_2"),
        case("fault", &format!("[{fault}]"), stdout),
        good_case("after_1"),
        good_case("after_2"),
    ];
    let ran = Session::new(runtime, "correct", &cases.concat()).run(1);
    for id in ["a::before_1", "a::before_2", "a::after_1", "a::after_2"] {
        let row = verdict_of(&ran.rows, id);
        assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
    }
    (verdict_of(&ran.rows, "a::fault").clone(), ran.starts)
}

fn outcome(row: &VerdictRow) -> Outcome {
    row.observed.as_ref().unwrap().outcome.clone()
}

/// The case failed, and differs in its ending only.
fn assert_ends_with(row: &VerdictRow, ending: &str) {
    assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
    let [mismatch] = row.mismatches.as_slice() else { panic!("{row:?}") };
    assert_eq!(mismatch.part, Part::Exit);
    assert_eq!(mismatch.observed, ending);
}

/// A fault of the runner is a harness error.
fn assert_error(row: &VerdictRow, message: &str) {
    assert_eq!(row.verdict, Verdict::HarnessError, "{row:?}");
    assert_eq!(row.note.as_deref(), Some(message));
}

#[test]
fn one_correct_runner_serves_every_case() {
    let cases = [good_case("one"), case("two", "[open, b]", "open b -> noent\n")];
    let session = Session::new(RUNNER, "correct", &cases.concat());
    assert_eq!(session.runtime.state.as_ref().unwrap().version, "1.2.3");
    assert_eq!(session.runtime.state.as_ref().unwrap().smoke_test_failure, None);
    let ran = session.run(1);
    assert!(ran.rows.iter().all(|row| row.verdict == Verdict::Pass), "{:?}", ran.rows);
    assert_eq!(ran.starts, 1);
}

#[test]
fn isolated_cases_run_in_a_process_each() {
    let cases = [good_case("one"), good_case("two")];
    let ran = Session::with(RUNNER, "correct", &cases.concat(), true).run(1);
    assert!(ran.rows.iter().all(|row| row.verdict == Verdict::Pass), "{:?}", ran.rows);
    // One each for the two cases of the smoke test and for ours.
    assert_eq!(ran.starts, 4);
}

#[test]
fn a_wrong_errno_fails_with_the_difference() {
    let (row, starts) = among_others(RUNNER, "wrong_errno", "open missing -> noent\n");
    assert_eq!(row.verdict, Verdict::Fail);
    let [mismatch] = row.mismatches.as_slice() else { panic!("{row:?}") };
    assert_eq!(mismatch.expected, "open missing -> noent\n");
    assert_eq!(mismatch.observed, "open missing -> acces\n");
    // One more to run it again, alone.
    assert_eq!(starts, 2);
}

#[test]
fn a_guest_that_hangs_times_out() {
    let (row, starts) = among_others(RUNNER, "hang", "before\n");
    assert_ends_with(&row, "timeout\n");
    assert_eq!(outcome(&row), Outcome::Timeout);
    // For the cases before it, for those after it, and to run it again alone.
    assert_eq!(starts, 3);
}

#[test]
fn a_case_can_shorten_the_timeout() {
    let checkout = Checkout::with_fake("correct");
    let slow = case("slow", "[hang]", "before\n") + "    timeout: 0.2\n";
    checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{slow}"));
    let began = Instant::now();
    checkout.output(&["run", "-r", "node"]);
    // Less than the default timeout of ten seconds.
    assert!(began.elapsed() < Duration::from_secs(8));
    let row = verdict_of(&checkout.run_file().verdicts, "a::slow").clone();
    assert_eq!(outcome(&row), Outcome::Timeout);
}

#[test]
fn an_aborting_runner_is_a_crash_with_its_signal() {
    let (row, starts) = among_others(RUNNER, "abort", "before\n");
    assert_ends_with(&row, "crash: killed by SIGABRT\n");
    assert_eq!(starts, AFTER_A_CRASH);
}

#[test]
fn a_panic_of_the_runner_is_our_error_and_one_of_its_runtime_a_crash() {
    let (row, _) = among_others(RUNNER, "panics", "");
    assert_eq!(row.verdict, Verdict::HarnessError, "{row:?}");
    let note = row.note.unwrap();
    assert!(note.contains("the runner panicked: "), "{note}");
    assert!(note.ends_with("the runner has a bug"), "{note}");
    let (row, _) = among_others(RUNNER, "panics_in_a_package", "");
    assert_ends_with(&row, "crash: exited with 101\n");
}

#[test]
fn an_exiting_runner_is_a_crash_with_its_status() {
    let (row, starts) = among_others(RUNNER, "exit", "");
    assert_ends_with(&row, "crash: exited with 7\n");
    assert_eq!(starts, AFTER_A_CRASH);
}

#[test]
fn endless_output_is_cut_off() {
    let (row, starts) = among_others(RUNNER, "endless_output", "");
    assert_eq!(row.verdict, Verdict::Fail);
    assert_eq!(outcome(&row), Outcome::OutputLimit);
    assert_eq!(row.observed.unwrap().stdout.len(), OUTPUT);
    assert_eq!(starts, 3);
}

/// It ends alone: the space is there for the next case.
#[test]
fn a_guest_that_fills_the_disk_is_stopped() {
    for fault in ["fills_the_disk", "fills_the_disk_secretly", "makes_files_for_ever"] {
        let (row, starts) = among_others(RUNNER, fault, "");
        assert_eq!(row.verdict, Verdict::Fail, "{row:?}");
        assert_eq!(outcome(&row), Outcome::OutputLimit, "{fault}");
        assert_eq!(starts, 3);
    }
}

#[test]
fn a_guest_that_fills_the_memory_is_stopped() {
    let (row, _) = among_others(RUNNER, "fills_the_memory", "");
    assert_ends_with(&row, "crash: used more than 256 MiB of memory\n");
}

#[test]
fn a_hole_fills_no_disk() {
    let cases = case("hole", "[makes_a_hole]", "made\n")
        + "    fs_after: { a.txt: x, big: { size: 1099511627776 } }\n";
    let ran = Session::new(RUNNER, "correct", &cases).run(1);
    assert_eq!(ran.rows[0].verdict, Verdict::Pass, "{:?}", ran.rows[0]);
}

#[test]
fn garbage_for_a_reply_is_a_harness_error_that_quotes_it() {
    let (row, starts) = among_others(RUNNER, "garbage", "");
    // Run again, alone, it is the first request of its process.
    assert_error(&row, "the runner's reply to request 1 is invalid: }{ no reply");
    assert_eq!(starts, 3);
}

#[test]
fn an_endless_reply_is_a_harness_error() {
    let (row, starts) = among_others(RUNNER, "endless_reply", "");
    assert_error(&row, "the runner's reply to request 1 is invalid: an endless line");
    assert_eq!(starts, 3);
}

#[test]
fn a_reply_to_another_request_is_a_harness_error() {
    let (row, starts) = among_others(RUNNER, "reply_to_another", "");
    assert_eq!(row.verdict, Verdict::HarnessError, "{row:?}");
    assert!(row.note.as_ref().unwrap().contains("Done { id: 1001"), "{row:?}");
    assert_eq!(starts, 3);
}

#[test]
fn half_a_reply_is_a_harness_error_whether_the_runner_ends_or_hangs() {
    for fault in ["half_reply_then_end", "half_reply_then_hang"] {
        let (row, starts) = among_others(RUNNER, fault, "");
        let half = r#"{"event":"done","id":1,"outcome":{"kind"#;
        let message = format!("the runner's reply to request 1 is incomplete: {half}");
        assert_eq!(row.verdict, Verdict::HarnessError, "{row:?}");
        assert!(row.note.as_ref().unwrap().starts_with(&message), "{row:?}");
        assert_eq!(starts, 3);
    }
}

#[test]
fn faults_between_cases_change_no_verdict() {
    let faults =
        ["dies_after", "garbage_after", "half_reply_after", "replies_twice", "ruins_the_next"];
    let mut cases = good_case("first");
    for fault in faults {
        cases += &case(fault, &format!("[{fault}]"), "");
        cases += &good_case(&format!("after_{fault}"));
    }
    let ran = Session::new(RUNNER, "correct", &cases).run(1);
    for row in &ran.rows {
        assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
    }
    assert_eq!(ran.starts, 1 + faults.len());
}

#[test]
fn simultaneous_faults_do_not_affect_each_other() {
    let faults = ["abort", "garbage", "exit", "dies_after", "garbage_after", "endless_output"];
    let mut cases = String::new();
    for (i, fault) in faults.iter().enumerate() {
        cases += &good_case(&format!("good_{i}a"));
        cases += &case(&format!("fault_{i}"), &format!("[{fault}]"), "");
        cases += &good_case(&format!("good_{i}b"));
    }
    let ran = Session::new(RUNNER, "correct", &cases).run(3);
    for row in ran.rows.iter().filter(|row| row.case.starts_with("a::good")) {
        assert_eq!(row.verdict, Verdict::Pass, "{row:?}");
    }
    let of_faults = ran.rows.iter().filter(|row| row.case.starts_with("a::fault"));
    let verdicts: Vec<Verdict> = of_faults.map(|row| row.verdict).collect();
    use Verdict::{Fail, HarnessError, Pass};
    assert_eq!(verdicts, [Fail, HarnessError, Fail, Pass, Pass, Fail]);
}

#[test]
fn a_runner_that_does_not_start_makes_its_runtime_unavailable() {
    let reason = |mode| {
        let session = Session::new(RUNNER, mode, &good_case("one"));
        let reason = session.runtime.state.as_ref().err().unwrap();
        let reason = reason.strip_prefix("it was found and does not start: ").unwrap().to_owned();
        assert!(session.checkout.started().iter().all(|&pid| !exists(pid)));
        reason
    };
    assert_eq!(
        reason("refuses"),
        "start the node runner: the runner said: this machine has no such engine: \
         the runner ended before its hello (exited with 1)"
    );
    assert_eq!(
        reason("other_protocol"),
        "start the node runner: the runner speaks protocol 2, this harness 1: rebuild it"
    );
    assert_eq!(
        reason("garbage_hello"),
        "start the node runner: the runner's hello is not a reply: }{ no reply"
    );
}

#[test]
fn a_runner_that_fails_its_smoke_test_gives_harness_errors() {
    let session = Session::new(RUNNER, "fails_smoke_test", &good_case("one"));
    let failure = session.runtime.state.as_ref().unwrap().smoke_test_failure.clone().unwrap();
    assert!(failure.ends_with("exit:\n- exit 33\n+ exit 0\n"), "{failure}");
    let ran = session.run(1);
    assert_error(&ran.rows[0], "the runner failed its smoke test");
}

#[test]
fn a_correct_command_passes() {
    let (row, _) = among_others(COMMAND, "wrong_errno", "open missing -> acces\n");
    assert_eq!(row.verdict, Verdict::Pass);
}

#[test]
fn a_command_that_hangs_times_out() {
    let (row, _) = among_others(COMMAND, "hang", "before\n");
    assert_ends_with(&row, "timeout\n");
}

#[test]
fn an_aborting_command_is_a_crash_with_its_signal() {
    let (row, _) = among_others(COMMAND, "abort", "before\n");
    assert_ends_with(&row, "crash: killed by SIGABRT\n");
}

#[test]
fn endless_output_of_a_command_is_cut_off() {
    let (row, _) = among_others(COMMAND, "endless_output", "");
    assert_eq!(outcome(&row), Outcome::OutputLimit);
}

#[test]
fn a_command_that_closes_its_output_early_is_awaited() {
    let (row, _) = among_others(COMMAND, "closes_early", "");
    assert_ends_with(&row, "exit 5\n");
}
