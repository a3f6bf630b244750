//! One comparison with every kind of change in it, in every format.

use super::*;
use crate::results::compare::Rows;
use crate::results::run_file::Run;
use crate::results::run_file::sample::{row, run, wrong};
use crate::results::snapshot::Snapshot;
use crate::verdict::judge::Verdict;

/// The sample run, and one of a later version in which everything has become something else.
fn comparison() -> Comparison {
    let before = Rows::of_run("before/run.json", &run());
    let mut after = run();
    after.tool = "wasi-conformance 0.2.0".into();
    after.runtimes.truncate(1);
    after.runtimes[0].version = "2.0.0".into();
    after.verdicts = vec![
        row("one", "path_open::a", Verdict::Pass, None),
        wrong("one", "path_open::b", Verdict::Differs, None),
        row("one", "path_open::c", Verdict::HarnessError, Some("no reply")),
        wrong("one", "fd_read::d", Verdict::Known, Some("It is recorded <now>.")),
        wrong("one", "fd_read::e", Verdict::Fail, None),
        wrong("one", "fd_read::f", Verdict::Fail, None),
    ];
    let after = Rows::of_run("after/run.json", &after);
    Comparison::new(&before, &after, &["fd_read::f".into(), "none".into()]).unwrap()
}

#[test]
fn text() {
    insta::assert_snapshot!(make(&comparison(), Format::Text).unwrap());
}

#[test]
fn markdown() {
    insta::assert_snapshot!(make(&comparison(), Format::Markdown).unwrap());
}

#[test]
fn html() {
    let page = make(&comparison(), Format::Html).unwrap();
    // The style is the same for all.
    let (head, rest) = page.split_once("<style>").unwrap();
    insta::assert_snapshot!(head.to_owned() + rest.split_once("</style>").unwrap().1);
}

#[test]
fn json_is_read_as_it_was_written_and_fits_its_schema() {
    let text = make(&comparison(), Format::Json).unwrap();
    let again: Comparison = serde_json::from_str(&text).unwrap();
    assert_eq!(make(&again, Format::Json).unwrap(), text);
    let schema = include_str!("../../../../reports/comparison.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let complaints: Vec<String> = schema
        .iter_errors(&serde_json::from_str(&text).unwrap())
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn the_same_comparison_gives_the_same_bytes() {
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Json] {
        assert_eq!(make(&comparison(), format).unwrap(), make(&comparison(), format).unwrap());
    }
}

#[test]
fn what_a_guest_prints_becomes_no_markup() {
    let mut before = run();
    before.verdicts = vec![row("one", "path_open::a", Verdict::Pass, None)];
    let mut after = before.clone();
    after.verdicts = vec![wrong("one", "path_open::a", Verdict::Fail, None)];
    after.verdicts[0].mismatches[0].observed = "</pre><script>alert(\"1\")</script>\n````\n".into();
    let rows = |run: &Run| Rows::of_run("run.json", run);
    let comparison = Comparison::new(&rows(&before), &rows(&after), &[]).unwrap();
    let html = make(&comparison, Format::Html).unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;/pre&gt;&lt;script&gt;alert(&quot;1&quot;)"), "{html}");
    let markdown = make(&comparison, Format::Markdown).unwrap();
    assert!(markdown.contains("  `````diff\n"), "{markdown}");
}

#[test]
fn however_much_regresses_a_comment_holds_it() {
    let one = &Snapshot::of_run(&run())[0];
    let many = |verdict: Verdict| {
        let mut row = one.clone();
        let entry = Entry { verdict, ..row.cases["path_open::a"].clone() };
        let entry = match verdict {
            Verdict::Pass => Entry { signature: None, difference: None, ..entry },
            _ => Entry { difference: Some("stdout:\n+ long\n".repeat(80)), ..entry },
        };
        row.cases = (0..1500).map(|i| (format!("a::{i:04}"), entry.clone())).collect();
        Rows { rows: vec![("x".into(), row)], ..Rows::default() }
    };
    let comparison = Comparison::new(&many(Verdict::Pass), &many(Verdict::Fail), &[]).unwrap();
    let markdown = make(&comparison, Format::Markdown).unwrap();
    assert!(markdown.len() < 65_536, "{}", markdown.len());
    assert!(markdown.contains("more are left out"));
    assert!(markdown.starts_with("# WASI preview 1 conformance: 1500 regressions\n"));
}
