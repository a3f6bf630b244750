//! A run as JUnit XML for CI servers: a test suite for each runtime, a test for each case.
//!
//! A known divergence is `skipped`, as in pytest's output for expected failures, so that a server shows
//! neither a failure nor a pass. An unexpected pass is a failure, as it is in the run.

use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::conformance::{Conformance, bases};
use super::flaky::ways;
use super::format::{Format, Made, Uses};
use super::printable::printable;
use crate::results::run_file::{CaseRow, Run, RuntimeRow, VerdictRow};
use crate::support::text::{diff, shorten};
use crate::verdict::judge::{Known, Verdict};

pub const FORMAT: Format = Format {
    name: "junit",
    help: "JUnit XML, for CI servers",
    file: Some("junit.xml"),
    uses: Uses::Run,
    make: |run, _| Ok(Made::Text(render(run)?)),
};

/// The limit of these texts, because servers keep them for every build.
const LONGEST_DIFF: usize = 4000;

pub fn render(run: &Run) -> Result<String> {
    let run = &printable(run);
    let mut report = Report::new(&run.tool);
    report.set_time(Duration::try_from_secs_f64(run.seconds).unwrap_or_default());
    for runtime in &run.runtimes {
        report.add_test_suite(suite(run, runtime));
    }
    let xml = report.to_string().context("encode the run as JUnit XML")?;
    Ok(without_skipped(&xml, report.skipped))
}

/// The root without a count of skipped tests, which the schema of Jenkins' xUnit plugin does not
/// know there and refuses. Each suite has its own.
fn without_skipped(xml: &str, skipped: usize) -> String {
    xml.replacen(&format!(" skipped=\"{skipped}\""), "", 1)
}

fn suite(run: &Run, runtime: &RuntimeRow) -> TestSuite {
    let mut suite = TestSuite::new(&runtime.name);
    // As text, because the crate's own field needs its time library.
    suite.extra.insert("timestamp".into(), run.started.as_str().into());
    let times = runtime.times;
    suite.set_time(Duration::from_millis(times.compile_ms.saturating_add(times.execute_ms)));
    let platform = format!("{} {}", run.host.os, run.host.arch);
    for (name, value) in [
        ("version", runtime.version.as_str()),
        ("details", &runtime.details),
        ("source", &runtime.source),
        ("platform", &platform),
    ] {
        suite.add_property((name, value));
    }
    let conformance = Conformance::of(run, runtime);
    for basis in bases(std::slice::from_ref(&conformance)) {
        let share = conformance.get(basis);
        let name = format!("as expected, {basis}");
        suite.add_property((name.as_str(), format!("{} of {}", share.held, share.all).as_str()));
    }
    if !run.complete {
        suite.add_property(("complete", "false"));
    }
    if let Some(reason) = &runtime.unavailable {
        let (mut status, kind) = match runtime.required {
            true => (TestCaseStatus::non_success(NonSuccessKind::Error), "missing runtime"),
            false => (TestCaseStatus::skipped(), "skip"),
        };
        status.set_type(kind).set_message("not available").set_description(reason.as_str());
        let mut test = TestCase::new("available", status);
        test.set_classname(&runtime.name);
        suite.add_test_case(test);
    }
    suite.add_test_cases(run.of_runtime(&runtime.name).map(|row| test(run, row)));
    suite
}

fn test(run: &Run, row: &VerdictRow) -> TestCase {
    let case = run.case(&row.case);
    // Servers group by what is before the last dot.
    let group = row.case.split("::").next().unwrap_or_default();
    let mut test = TestCase::new(&row.case, status(row, case));
    test.set_classname(format!("{}.{group}", row.runtime));
    if let Some(observed) = &row.observed {
        test.set_time(Duration::from_micros(
            observed.compile_us.saturating_add(observed.execute_us),
        ));
    }
    let is_passed = matches!(row.verdict, Verdict::Pass | Verdict::Differs | Verdict::Flaky);
    if row.verdict == Verdict::Differs || is_passed && !row.varies.is_empty() {
        test.set_system_out(description(row, case));
    }
    test
}

fn status(row: &VerdictRow, case: Option<&CaseRow>) -> TestCaseStatus {
    let mut status = match row.verdict {
        Verdict::Pass | Verdict::Differs | Verdict::Flaky => return TestCaseStatus::success(),
        Verdict::Fail | Verdict::UnexpectedPass => {
            TestCaseStatus::non_success(NonSuccessKind::Failure)
        }
        Verdict::HarnessError => TestCaseStatus::non_success(NonSuccessKind::Error),
        Verdict::Known | Verdict::Skip => TestCaseStatus::skipped(),
    };
    let note = row.note.as_deref().unwrap_or_default();
    let why = |known: &Known| format!("known ({}): {}", known.kind, known.why);
    let message = match (row.verdict, case) {
        (Verdict::Fail, Some(case)) => format!("{}, {}: {}", case.level, case.basis, case.title),
        (Verdict::Known, _) => row.known.iter().map(why).collect::<Vec<_>>().join("; "),
        _ => note.to_owned(),
    };
    // XML parsers turn newlines in attributes into spaces.
    let message = message.trim_end().replace('\n', " ");
    status.set_type(row.verdict.to_string()).set_message(message);
    if row.verdict != Verdict::Skip {
        status.set_description(description(row, case));
    }
    status
}

/// The rule, the differences, and the command that reproduces them.
fn description(row: &VerdictRow, case: Option<&CaseRow>) -> String {
    let mut out = String::from("\n");
    if let Some(case) = case {
        let _ = writeln!(out, "{}, {}: {}\n{}", case.level, case.basis, case.title, case.spec);
    }
    if let Some(note) = &row.note {
        let _ = writeln!(out, "{note}");
    }
    for known in &row.known {
        let _ = writeln!(out, "{}\n{}", known.why, known.link);
    }
    if !row.varies.is_empty() {
        let _ = writeln!(out, "not always the same: {}", ways(row));
    }
    for mismatch in &row.mismatches {
        let lines = shorten(&diff(&mismatch.expected, &mismatch.observed), LONGEST_DIFF);
        let _ = write!(out, "{}:\n{lines}", mismatch.part);
    }
    let _ = writeln!(out, "reproduce: wasi-conformance run -r {} -f {}", row.runtime, row.case);
    out
}

#[cfg(test)]
mod tests;
