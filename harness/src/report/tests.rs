//! Every report of one run that contains every verdict.

mod hostile;

use runner_kit::Outcome;

use super::comparison;
use super::screen::Screen;
use super::summary::summary;
use super::{Before, FORMATS, Format, Made, badge, comment, junit, make, markdown, terminal};
use crate::case::{Area, Level};
use crate::known::DivergenceKind;
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::sample::{self, case, row, run, wrong};
use crate::results::run_file::{Run, TimeoutsRow, VerdictRow};
use crate::verdict::judge::{Mismatch, Part, Verdict};

#[test]
fn the_terminal_shows_what_is_unexpected_and_the_matrix() {
    let shown = terminal::render(&run(), Screen::new(80));
    insta::assert_snapshot!(anstream::adapter::strip_str(&shown));
}

#[test]
fn a_long_list_of_failures_is_cut_and_summarized_by_function_and_kind() {
    let mut run = run();
    let id = |i| if i < 30 { format!("path_open::{i}") } else { format!("fd_read::{}", i - 30) };
    let cases: Vec<String> = (0..32).map(id).collect();
    run.cases = cases.iter().map(|id| case(id, Area::Path, Level::Must)).collect();
    run.verdicts = cases.iter().map(|id| wrong("one", id, Verdict::Fail, None)).collect();
    for row in run.verdicts.iter_mut().take(4) {
        row.mismatches[0].observed = "open a -> success 5\nclose -> success\n".into();
    }
    run.verdicts[31] = row("one", "fd_read::1", Verdict::HarnessError, Some("no reply"));
    let shown = terminal::render(&run, Screen::new(80));
    let shown = anstream::adapter::strip_str(&shown).to_string();
    assert_eq!(shown.matches("\nFAIL ").count() + 1, 20, "{shown}");
    assert!(
        shown.contains("\nand 12 more unexpected verdicts, which report.html shows\n"),
        "{shown}"
    );
    let summary = "
one 1.2.3: 32 unexpected
    path_open: 30 fail (26 wrong errno, 4 wrong content)
    fd_read: 1 fail, 1 harness-error (1 wrong errno)
";
    assert!(shown.contains(summary), "{shown}");
}

#[test]
fn the_markdown_report_shows_counts_and_causes() {
    insta::assert_snapshot!(markdown::render(&run()));
}

#[test]
fn the_summary_says_whether_a_run_is_clean() {
    let of = |change: fn(&mut Run)| {
        let mut run = run();
        run.verdicts.retain(|row| !row.verdict.is_unexpected());
        change(&mut run);
        summary(&run)
    };
    assert_eq!(
        of(|_| {}),
        "5 verdicts in 6.8 s: 1 pass, 1 differs, 2 known, 1 skip: nothing unexpected"
    );
    assert_eq!(
        of(|run| run.complete = false),
        "5 verdicts in 6.8 s: 1 pass, 1 differs, 2 known, 1 skip: interrupted: incomplete"
    );
    assert_eq!(
        of(|run| run.verdicts = vec![row("one", "x::y", Verdict::UnexpectedPass, None)]),
        "1 verdict in 6.8 s: 1 unexpected-pass: unexpected verdicts"
    );
}

#[test]
fn an_incomplete_run_says_so_first() {
    let report = markdown::render(&Run { complete: false, ..run() });
    let head = report.split("\n\n").nth(2).unwrap();
    assert_eq!(head, "**Incomplete: the run was interrupted.**");
}

#[test]
fn a_run_reads_back_unchanged() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (directory.path().join("a.json"), directory.path().join("b.json"));
    run().write(&first).unwrap();
    Run::read(&first).unwrap().write(&second).unwrap();
    assert_eq!(std::fs::read(&first).unwrap(), std::fs::read(&second).unwrap());
    let read = Run::read(&second).unwrap();
    assert_eq!(read.verdicts[0].mismatches, run().verdicts[0].mismatches);
    assert_eq!(read.of_runtime("two").count(), 2);
    assert!(!read.is_clean());
}

#[test]
fn junit_has_a_suite_for_each_runtime() {
    insta::assert_snapshot!(junit::render(&run()).unwrap());
}

#[test]
fn a_badge_counts_passing_cases() {
    let files = badge::render(&run()).unwrap();
    let text: String = files.iter().map(|(name, text)| format!("{name}:\n{text}")).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn a_run_with_every_verdict_fits_the_published_schema() {
    let schema = serde_json::from_str(include_str!("../../../reports/run.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let run = serde_json::to_value(run()).unwrap();
    let complaints: Vec<String> =
        schema.iter_errors(&run).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn a_comment_shows_what_is_unexpected() {
    insta::assert_snapshot!(comment::render(&run(), None));
}

#[test]
fn a_comment_shows_what_has_changed() {
    let mut before = run();
    before.runtimes.truncate(1);
    before.verdicts.retain(|row| row.runtime == "one");
    before.verdicts[0] = row("one", "path_open::a", Verdict::Pass, None);
    before.verdicts[3] = wrong("one", "fd_read::d", Verdict::Known, Some("It was wrong."));
    let rows = |run: &Run| Side::of_run("run.json", run);
    let comparison = Comparison::new(&rows(&before), &rows(&run()), &[]).unwrap();
    insta::assert_snapshot!(comment::render(&run(), Some(&comparison)));
}

#[test]
fn every_summary_counts_cases_that_ran_again_after_a_time_out() {
    let mut run = run();
    run.verdicts.truncate(1);
    run.verdicts[0] = VerdictRow {
        timeouts: Some(TimeoutsRow { retried: 1, confirmed: 0 }),
        ..row("one", "path_open::a", Verdict::Pass, None)
    };
    let said = "1 case timed out; 1 was run again alone: 1 passed";
    let terminal = terminal::render(&run, Screen::new(80));
    for report in [terminal, markdown::render(&run), comment::render(&run, None)] {
        assert!(report.contains(said), "{report}");
    }
}

/// The texts of a report, by the name of their file if there are several.
fn texts(run: &Run, format: Format) -> Vec<(String, String)> {
    match make(run, &Before::default(), format).unwrap() {
        Made::Text(text) => vec![(String::new(), text)],
        Made::Files(files) => files,
    }
}

/// The sample run, with the coverage of one call.
fn run_with_calls() -> Run {
    let mut run = run();
    let calls = [("fd_read".to_owned(), ["success".to_owned()].into())].into();
    run.verdicts[0].observed.as_mut().unwrap().calls = Some(calls);
    run
}

#[test]
fn absurd_times_do_not_stop_a_report() {
    for seconds in [-1.0, f64::MAX] {
        let mut run = Run { seconds, ..run() };
        run.verdicts[0].observed.as_mut().unwrap().compile_us = u64::MAX;
        run.runtimes[0].times.compile_ms = u64::MAX;
        junit::render(&run).unwrap();
        markdown::render(&run);
        terminal::render(&run, Screen::new(80));
    }
}

#[test]
fn a_run_file_that_was_cut_or_edited_is_refused() {
    let path = std::path::Path::new("run.json");
    let text = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::from_str(&run().to_json().unwrap()).unwrap();
        change(&mut value);
        value.to_string()
    };
    assert!(Run::parse(path, &text(&|_| {})).is_ok());
    let verdicts = |value: &mut serde_json::Value| value["verdicts"].as_array().unwrap().clone();
    for (text, problem) in [
        (
            text(&|value| value["verdicts"] = verdicts(value)[1..].into()),
            "`verdict_count` is 8, and it has 7 verdicts",
        ),
        (
            text(&|value| value["verdicts"][0] = value["verdicts"][1].clone()),
            "one::path_open::b has two verdicts",
        ),
        (
            text(&|value| value["verdicts"][0]["case"] = "path_open::z".into()),
            "`runtimes` or `cases` lack one::path_open::z, which has a verdict",
        ),
        // `report --format badge` would write there.
        (
            text(&|value| value["runtimes"][0]["name"] = "../../x".into()),
            "`../../x` cannot name a runtime",
        ),
        (
            text(&|value| value["cases"][0]["id"] = "a::b\u{1b}[2J".into()),
            "`a::b\\u{1b}[2J` cannot name a case",
        ),
        (
            text(&|value| value["runtimes"][1]["name"] = value["runtimes"][0]["name"].clone()),
            "the runtime one is there twice",
        ),
        (
            text(&|value| value["cases"][1]["id"] = value["cases"][0]["id"].clone()),
            "the case path_open::a is there twice",
        ),
    ] {
        let error = Run::parse(path, &text).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "run.json: it contradicts itself: {problem}: make a new one with `wasi-conformance run`"
            )
        );
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("run.json");
    let run = run_with_calls();
    run.write(&file).unwrap();
    let read = Run::read(&file).unwrap();
    for (name, format, _) in FORMATS.iter().copied() {
        assert_eq!(texts(&run, format), texts(&run, format), "{name}");
        assert_eq!(texts(&run, format), texts(&read, format), "{name}");
    }
}

#[test]
fn no_report_has_a_path_of_the_machine() {
    let path = "/root/.cargo/registry/src/index.crates.io-1949cf8c/a-1.2.3/x.rs, /home/me/it";
    let mut run = run_with_calls();
    for row in &mut run.runtimes {
        row.details = format!("from {path}");
        row.source = path.into();
    }
    run.runtimes[1].smoke_test_failure = Some(format!("panicked at {path}"));
    run.runtimes[2].unavailable = Some(format!("cannot run {path}: no such file"));
    run.cases[0].source = "/home/me/wasi-testsuite/a.json:1".into();
    let how = format!("panicked at {path}");
    let exit = Mismatch {
        part: Part::Exit,
        expected: "exit 0\n".into(),
        observed: format!("crash: {how}\n"),
    };
    run.verdicts[0].mismatches = vec![exit];
    run.verdicts[0].note = Some(format!("it failed: {path}"));
    let observed = run.verdicts[0].observed.as_mut().unwrap();
    observed.outcome = Outcome::Crash { how };
    observed.stderr = path.into();
    for (name, format, _) in FORMATS.iter().copied() {
        for (_, text) in texts(&run, format) {
            // The data of the page is packed.
            let text = if name == "html" { super::html::unpacked(&text) } else { text };
            for part in ["/root", "/home", "1949cf8c"] {
                assert!(!text.contains(part), "{name} has {part}:\n{text}");
            }
        }
    }
    let side = Side::of_run("/home/me/run.json", &run);
    let comparison = Comparison::new(&side, &side, &[]).unwrap();
    for (name, format, _) in comparison::FORMATS {
        let text = (format.make)(&comparison, Screen::default()).unwrap();
        assert!(!text.contains("/home") && !text.contains("/root"), "{name}:\n{text}");
    }
}

/// As many rows, cases and causes as the published report has.
#[test]
fn a_full_page_of_markdown_stays_small() {
    let mut run = run();
    let names: Vec<String> = (0..22).map(|i| format!("runtime-{i}")).collect();
    run.runtimes = names.iter().map(|name| sample::runtime(name)).collect();
    for (i, row) in run.runtimes.iter_mut().enumerate() {
        row.divergences_of = format!("runtime-{}", i % 12);
    }
    run.cases =
        (0..1700).map(|i| case(&format!("path_open::{i}"), Area::Path, Level::Must)).collect();
    run.verdicts.clear();
    let sentence =
        "The specification defines what each right allows, and this does not. ".repeat(4);
    for row in &run.runtimes {
        for (i, case) in run.cases.iter().enumerate() {
            run.verdicts.push(match i % 5 {
                // 80 causes of each code base, most of them of one case.
                0 => {
                    let cause = if i / 5 < 60 { i / 5 } else { 60 + i / 5 % 20 };
                    let reason = format!("In {} of {cause}: {sentence}", row.divergences_of);
                    let mut row = wrong(&row.name, &case.id, Verdict::Known, Some(&reason));
                    let link = format!(
                        "https://github.com/example/{}/blob/v1/x.rs#L{cause}",
                        "x".repeat(40)
                    );
                    (row.known[0].kind, row.known[0].link) = (DivergenceKind::Bug, link);
                    row
                }
                _ => sample::row(&row.name, &case.id, Verdict::Pass, None),
            });
        }
    }
    let page = markdown::render(&run);
    assert!(page.len() < 100_000, "{} bytes", page.len());
    assert!(page.contains(" more causes with one case each: "), "some causes are only counted");
    for name in &names {
        assert!(page.contains(&format!("{name} 1.2.3")), "{name}");
    }
}

#[test]
fn a_comment_always_fits() {
    let mut run = run();
    run.cases = (0..2000).map(|i| case(&format!("a::{i:04}"), Area::Fd, Level::Must)).collect();
    run.verdicts =
        run.cases.iter().map(|case| wrong("one", &case.id, Verdict::Fail, None)).collect();
    let comment = comment::render(&run, None);
    assert!(comment.len() < 65_536, "{}", comment.len());
    assert!(comment.starts_with("# WASI preview 1 conformance: 2000 unexpected verdicts\n"));
    assert!(comment.contains("more are left out: there is no room for them here."));
}
