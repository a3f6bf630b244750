//! One comparison that has every kind of change, in every format.

use super::*;
use crate::known::{Part, of_texts};
use crate::report::screen::Screen;
use crate::results::compare::Comparison;
use crate::results::compare::{Side, SideRow};
use crate::results::run_file::Run;
use crate::results::run_file::sample::{row, run, wrong};
use crate::results::snapshot::{Class, Entry, Row};
use crate::verdict::judge::Verdict;

/// The sample run, and a run of a later version in which everything changed.
fn comparison() -> Comparison {
    let before = Side::of_run("before/run.json", &run());
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
    let after = Side::of_run("after/run.json", &after);
    Comparison::new(&before, &after, &["fd_read::f".into(), "none".into()]).unwrap()
}

fn make(comparison: &Comparison, format: Format) -> anyhow::Result<String> {
    (format.make)(comparison, Screen::default())
}

#[test]
fn text() {
    let text = make(&comparison(), text::FORMAT).unwrap();
    insta::assert_snapshot!(anstream::adapter::strip_str(&text));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(make(&comparison(), markdown::FORMAT).unwrap());
}

#[test]
fn html() {
    let page = make(&comparison(), html::FORMAT).unwrap();
    // The style is the same for all.
    let (head, rest) = page.split_once("<style>").unwrap();
    insta::assert_snapshot!(head.to_owned() + rest.split_once("</style>").unwrap().1);
}

#[test]
fn json_reads_back_unchanged_and_fits_its_schema() {
    let text = make(&comparison(), json::FORMAT).unwrap();
    let again: Comparison = serde_json::from_str(&text).unwrap();
    assert_eq!(make(&again, json::FORMAT).unwrap(), text);
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
    for (name, format, _) in FORMATS {
        let made = || make(&comparison(), format).unwrap();
        assert_eq!(made(), made(), "{name}");
    }
}

#[test]
fn output_of_a_guest_never_becomes_markup() {
    let mut before = run();
    before.verdicts = vec![row("one", "path_open::a", Verdict::Pass, None)];
    let mut after = before.clone();
    after.verdicts = vec![wrong("one", "path_open::a", Verdict::Fail, None)];
    let observed = "</pre><script>alert(\"1\")</script>\n````\n";
    after.verdicts[0].difference = of_texts(Part::Stdout, "", observed);
    let rows = |run: &Run| Side::of_run("run.json", run);
    let comparison = Comparison::new(&rows(&before), &rows(&after), &[]).unwrap();
    let html = make(&comparison, html::FORMAT).unwrap();
    assert!(!html.contains("<script"), "{html}");
    assert!(html.contains("&lt;/pre&gt;&lt;script&gt;alert(&quot;1&quot;)"), "{html}");
    let markdown = make(&comparison, markdown::FORMAT).unwrap();
    assert!(markdown.contains("  `````diff\n"), "{markdown}");
}

#[test]
fn many_regressions_still_fit_into_a_comment() {
    let one = &Row::of_run(&run())[0];
    let many = |result: Class| {
        let mut row = one.clone();
        let observed = if result == Class::AsExpected { "" } else { &"long\n".repeat(80) };
        let difference = of_texts(Part::Stdout, "", observed);
        let entry = Entry { result, difference, ..row.cases["path_open::a"].clone() };
        row.cases = (0..1500).map(|i| (format!("a::{i:04}"), entry.clone())).collect();
        Side { rows: vec![SideRow::new("x".into(), row)], ..Side::default() }
    };
    let comparison =
        Comparison::new(&many(Class::AsExpected), &many(Class::NotAsExpected), &[]).unwrap();
    let markdown = make(&comparison, markdown::FORMAT).unwrap();
    assert!(markdown.len() < 65_536, "{}", markdown.len());
    assert!(markdown.contains("and 1467 more, which `--format html` shows"));
    assert!(markdown.starts_with(
        "# WASI preview 1 conformance: one 1.2.3 -> 1.2.3: 1500 regressions: exit 1\n"
    ));
}
