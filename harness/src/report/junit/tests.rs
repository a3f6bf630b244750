//! The structure of Jenkins' schema junit-10.xsd, the counts, and texts with unusual characters.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

use super::*;
use crate::results::run_file::VariantRow;
use crate::results::run_file::sample::{row, run};
use crate::verdict::judge::Mismatch;
use crate::verdict::judge::Part;

/// Each element with its allowed children and attributes; a `!` marks required attributes.
const SHAPE: [(&str, &[&str], &[&str]); 10] = [
    ("testsuites", &["testsuite"], &["name", "time", "tests", "failures", "errors"]),
    (
        "testsuite",
        &["properties", "testcase", "system-out", "system-err"],
        &["name!", "tests!", "failures!", "errors!", "time", "skipped", "timestamp", "hostname"],
    ),
    ("properties", &["property"], &[]),
    ("property", &[], &["name!", "value!"]),
    (
        "testcase",
        &["skipped", "error", "failure", "system-out", "system-err"],
        &["name!", "classname", "time"],
    ),
    ("skipped", &[], &["type", "message"]),
    ("error", &[], &["type", "message"]),
    ("failure", &[], &["type", "message"]),
    ("system-out", &[], &[]),
    ("system-err", &[], &[]),
];

fn assert_shape(node: Node) {
    let name = node.tag_name().name();
    let (_, children, attributes) = SHAPE.iter().find(|(n, ..)| *n == name).expect(name);
    for attribute in node.attributes().map(|a| a.name()) {
        let known = attributes.iter().any(|a| a.trim_end_matches('!') == attribute);
        assert!(known, "<{name} {attribute}>");
    }
    for needed in attributes.iter().filter_map(|a| a.strip_suffix('!')) {
        assert!(node.has_attribute(needed), "<{name}> without {needed}");
    }
    for child in node.children().filter(Node::is_element) {
        assert!(children.contains(&child.tag_name().name()), "{child:?} in <{name}>");
        assert_shape(child);
    }
}

#[test]
fn it_fits_the_schema_of_jenkins() {
    for run in [run(), Run { complete: false, ..run() }] {
        let xml = render(&run).unwrap();
        assert_shape(Document::parse(&xml).unwrap().root_element());
    }
}

#[test]
fn counts_are_correct() {
    let xml = render(&run()).unwrap();
    let document = Document::parse(&xml).unwrap();
    let mut sums: BTreeMap<&str, usize> = BTreeMap::new();
    for suite in document.root_element().children().filter(Node::is_element) {
        for (count, tag) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            let found = suite.descendants().filter(|n| n.has_tag_name(tag)).count();
            assert_eq!(suite.attribute(count).unwrap(), found.to_string(), "{count} of {suite:?}");
            *sums.entry(count).or_default() += found;
        }
    }
    for count in ["tests", "failures", "errors"] {
        assert_eq!(document.root_element().attribute(count).unwrap(), sums[count].to_string());
    }
}

/// Whatever a guest prints, the file can be parsed, and the output is visible.
#[test]
fn characters_that_xml_does_not_allow_are_escaped() {
    let mut run = run();
    let mut wrong = row("one", "path_open::a", Verdict::Fail, Some("a ]]> & <b>\u{8}\r"));
    wrong.mismatches = vec![Mismatch {
        part: Part::Stdout,
        expected: "x\n".into(),
        observed: "\u{0}\u{1b}[31mred\u{ffff}]]><![CDATA[é\n".into(),
    }];
    run.verdicts = vec![wrong];
    let xml = render(&run).unwrap();
    let document = Document::parse(&xml).unwrap();
    let failure = document.descendants().find(|n| n.has_tag_name("failure")).unwrap();
    let text = failure.text().unwrap();
    assert!(text.contains("+ \\u{0}\\u{1b}[31mred\\u{ffff}]]><![CDATA[é\n"), "{text}");
    assert!(text.contains("a ]]> & <b>\\u{8}\\r"), "{text}");
}

#[test]
fn flaky_results_are_listed() {
    let mut run = run();
    let ways = |verdict, times| VariantRow { times, verdict, mismatches: vec![] };
    run.verdicts[0].varies = vec![ways(Verdict::Fail, 2), ways(Verdict::Pass, 3)];
    assert!(render(&run).unwrap().contains("\nnot always the same: 2 × fail, 3 × pass\n"));
}
