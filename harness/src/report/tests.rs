//! What the reports make of one run that has every verdict in it.

use super::{Before, Format, Made, badge, comment, junit, make, markdown, terminal};
use crate::case::{Area, Level};
use crate::results::compare::{Comparison, Side};
use crate::results::run_file::Run;
use crate::results::run_file::sample::{case, row, run, wrong};
use crate::verdict::judge::Verdict;

#[test]
fn the_terminal_shows_what_is_unexpected_and_the_matrix() {
    insta::assert_snapshot!(terminal::render(&run()));
}

#[test]
fn the_markdown_report_shows_every_difference() {
    insta::assert_snapshot!(markdown::render(&run()));
}

#[test]
fn the_summary_says_whether_all_is_well() {
    let summary = |change: fn(&mut Run)| {
        let mut run = run();
        run.verdicts.retain(|row| !row.verdict.is_unexpected());
        change(&mut run);
        terminal::summary(&run)
    };
    assert_eq!(
        summary(|_| {}),
        "5 verdicts in 6.8 s: 1 pass, 1 differs, 2 known, 1 skip: nothing unexpected"
    );
    assert_eq!(
        summary(|run| run.complete = false),
        "5 verdicts in 6.8 s: 1 pass, 1 differs, 2 known, 1 skip: interrupted: incomplete"
    );
    assert_eq!(
        summary(|run| run.verdicts = vec![row("one", "x::y", Verdict::UnexpectedPass, None)]),
        "1 verdicts in 6.8 s: 1 unexpected-pass: unexpected verdicts"
    );
}

#[test]
fn an_incomplete_run_says_so_first() {
    let report = markdown::render(&Run { complete: false, ..run() });
    let head = report.split("\n\n").nth(2).unwrap();
    assert_eq!(head, "**Incomplete: the run was interrupted.**");
}

#[test]
fn a_run_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.json"), folder.path().join("b.json"));
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
fn a_badge_counts_what_holds_of_what_was_asked_for() {
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
fn the_same_run_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    run().write(&file).unwrap();
    let read = Run::read(&file).unwrap();
    // This run has no calls to report the coverage of.
    let formats = Format::ALL.map(|(_, format, _)| format);
    for format in formats.into_iter().filter(|format| *format != Format::Coverage) {
        let of = |run: &Run| match make(run, &Before::default(), format).unwrap() {
            Made::Text(text) => vec![("".to_owned(), text)],
            Made::Files(files) => files,
        };
        assert_eq!(of(&run()), of(&run()), "{format:?}");
        assert_eq!(of(&run()), of(&read), "{format:?}");
    }
}

#[test]
fn however_much_is_unexpected_a_comment_holds_it() {
    let mut run = run();
    run.cases = (0..2000).map(|i| case(&format!("a::{i:04}"), Area::Fd, Level::Must)).collect();
    run.verdicts =
        run.cases.iter().map(|case| wrong("one", &case.id, Verdict::Fail, None)).collect();
    let comment = comment::render(&run, None);
    assert!(comment.len() < 65_536, "{}", comment.len());
    assert!(comment.starts_with("# WASI preview 1 conformance: 2000 unexpected verdicts\n"));
    assert!(comment.contains("more are left out: there is no room for them here."));
}
