//! What the reports make of one run that has every verdict in it.

use super::{badge, comment, junit, markdown, terminal};
use crate::compare::{Comparison, Rows};
use crate::judge::Verdict;
use crate::record::Run;
use crate::record::sample::{row, run, wrong};

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
        summary(|run| run.verdicts = vec![row("one", "x::y", Verdict::Fixed, None)]),
        "1 verdicts in 6.8 s: 1 fixed: unexpected verdicts"
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
    let rows = |run: &Run| Rows::of_run("run.json", run);
    let comparison = Comparison::new(&rows(&before), &rows(&run()), &[]).unwrap();
    insta::assert_snapshot!(comment::render(&run(), Some(&comparison)));
}
