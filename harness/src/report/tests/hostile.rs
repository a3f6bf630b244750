//! One hostile text in every field of a run file: no report passes any of it on. The fields are found by
//! walking the JSON of a run, so that a new one is covered as well.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag};
use regex::Regex;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::case::Basis;
use crate::report::explain::{self, Shown};
use crate::report::finished::finished;
use crate::report::html;
use crate::report::tables::Style;
use crate::results::run_file::{MergedRun, PreopenRow, RuleRow, VariantRow};
use crate::support::escape;

/// What attacks terminals, CI servers, Markdown, HTML and XML.
const HOSTILE: &str = "\n::set-output name=x::y\n  ::add-mask::z\n##[error]z ##vso[task]b \
    \u{1b}[35m\u{1b}]0;t\u{7}\u{9b}2J\0\u{7f}\u{8}\r\u{202e}\u{200b}\u{feff}\u{e0041}\u{fffe}\u{2028} | ` ``` \
    </td></pre></script><script>alert(1)</script><img src=x onerror=\"a\"> & &lt; ]]> --> ' \\ \\| \
    [link](javascript:x) ![img](https://evil.example/x.png) [r]: https://evil.example <http://evil.example> \
    @octocat #1 *b* _i_ ~~s~~ $x$ <!-- \n# Head\n- item\n\n1. one\n> quote\n| a | b |\n|---|---|\n```\n~~~\n";

/// Colours, line starts and commands, as a terminal or a CI server reads them.
static COLOR: LazyLock<Regex> = LazyLock::new(|| Regex::new("\u{1b}\\[[0-9;]*m").unwrap());
static COMMAND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*::|##\w*\[").unwrap());

/// The HTML of our Markdown.
static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    let summary = r"[a-z-]+( otherwise)?(: [^<`]+)? \(\d+\)";
    Regex::new(&format!(r"^(<details( open)?><summary>{summary}</summary>|</details>)\n?$"))
        .unwrap()
});
static BAR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(^|[^\\])(\\\\)*\|").unwrap());

/// A run in which every field has a value.
fn full() -> Run {
    let mut run = run();
    run.filters = vec!["path_open".into()];
    run.shard = Some("1/2".parse().unwrap());
    run.complete = false;
    run.merged = vec![MergedRun::of(&Run { complete: false, ..run.clone() })];
    run.rules = vec![RuleRow {
        id: "path_open.a".into(),
        basis: Basis::Wasi,
        level: Level::Must,
        text: "It opens.".into(),
        spec: "https://example.org/spec".into(),
        untested: Some("no way".into()),
    }];
    run.sources = [("a.rs".into(), "fn main() {}".into())].into();
    run.runtimes[0].repeats = 3;
    let tree = [
        ("a".to_owned(), json!("text")),
        ("b".to_owned(), json!({ "content": "text" })),
        ("s".to_owned(), json!({ "symlink": "to" })),
        ("h".to_owned(), json!({ "hard_link": "a" })),
    ];
    for case in &mut run.cases {
        case.rules = vec!["path_open.a".into()];
        case.args = vec!["arg".into()];
        case.env = vec!["A=b".into()];
        case.stdin = "text".into();
        case.socket = None;
        case.preopens = vec![PreopenRow { guest: "/".into(), host: "d".into(), read_only: false }];
        case.fs = Some(tree.clone().into());
        case.fs_after = Some(tree[1..].iter().cloned().collect());
        case.exit = "trap".into();
        case.stdout = vec!["text".into(), "or".into()];
        case.guest_sources = vec!["a.rs:1".into()];
    }
    let outcomes = [
        Outcome::Trap { message: "text".into() },
        Outcome::Unsupported { reason: "text".into() },
        Outcome::Crash { how: "text".into() },
        Outcome::Error { message: "text".into() },
    ];
    for (i, row) in run.verdicts.iter_mut().enumerate() {
        let observed = wrong("one", "path_open::a", Verdict::Fail, None).observed;
        let mut observed = observed.unwrap();
        observed.outcome = outcomes[i % outcomes.len()].clone();
        observed.stderr = "text".into();
        observed.tree_changes = Some(tree.clone().into());
        observed.calls = Some([("fd_read".to_owned(), ["success".to_owned()].into())].into());
        row.observed = Some(observed);
        row.note = Some("text".into());
        row.varies = vec![VariantRow {
            times: 2,
            verdict: Verdict::Fail,
            mismatches: [Part::Exit, Part::Stdout, Part::Stderr, Part::Tree]
                .map(|part| Mismatch { part, expected: "one\n".into(), observed: "other\n".into() })
                .into(),
        }];
        row.mismatches = row.varies[0].mismatches.clone();
    }
    run
}

/// The value with a hostile text around (or only after) every text that can be any text. Words of
/// enumerations stay, because a value with another word cannot be read.
fn hostile<T: DeserializeOwned>(value: &Value, around: bool) -> (T, usize) {
    let evil = |text: &str| match around {
        true => format!("{HOSTILE}{text}{HOSTILE}"),
        false => format!("{text}{HOSTILE}"),
    };
    let can_be = |change: &dyn Fn(&mut Value)| {
        let mut changed = value.clone();
        change(&mut changed);
        serde_json::from_value::<T>(changed).is_ok()
    };
    let mut texts = texts_in(value, String::new());
    texts.retain(|path| can_be(&|value| *value.pointer_mut(path).unwrap() = "any".into()));
    let mut maps = maps_in(value, String::new());
    maps.retain(|path| can_be(&|value| rename(value, path, &|key| format!("any{key}"))));
    let mut filled = value.clone();
    for path in &texts {
        let text = filled.pointer_mut(path).unwrap();
        *text = evil(text.as_str().unwrap()).into();
    }
    for path in &maps {
        rename(&mut filled, path, &evil);
    }
    (serde_json::from_value(filled).unwrap(), texts.len() + maps.len())
}

fn rename(value: &mut Value, path: &str, new: &dyn Fn(&str) -> String) {
    let map = value.pointer_mut(path).unwrap();
    let entries = map.as_object().unwrap().clone().into_iter();
    *map = Value::Object(entries.map(|(key, value)| (new(&key), value)).collect());
}

fn pointer(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn children(value: &Value, path: &str) -> Vec<(String, Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(k, v)| (pointer(path, k), v.clone())).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(i, v)| (format!("{path}/{i}"), v.clone())).collect()
        }
        _ => vec![],
    }
}

fn texts_in(value: &Value, path: String) -> Vec<String> {
    match value {
        Value::String(_) => vec![path],
        _ => children(value, &path).into_iter().flat_map(|(p, v)| texts_in(&v, p)).collect(),
    }
}

/// The maps, the innermost first, because their paths change with the keys around them.
fn maps_in(value: &Value, path: String) -> Vec<String> {
    let mut found: Vec<String> =
        children(value, &path).into_iter().flat_map(|(p, v)| maps_in(&v, p)).collect();
    found.extend(value.is_object().then_some(path));
    found
}

fn hostile_runs() -> [Run; 2] {
    let run = serde_json::to_value(full()).unwrap();
    [true, false].map(|around| {
        let (run, count) = hostile::<Run>(&run, around);
        assert!(count > 250, "only {count} texts");
        run
    })
}

fn comparison_of(run: &Run) -> Comparison {
    let mut before = run.clone();
    for row in &mut before.verdicts {
        let other = if row.verdict == Verdict::Pass { Verdict::Fail } else { Verdict::Pass };
        *row = VerdictRow { verdict: other, mismatches: vec![], known: vec![], ..row.clone() };
    }
    before.cases.pop();
    let side = |run: &Run| Side::of_run(&format!("run{HOSTILE}.json"), run);
    Comparison::new(&side(&before), &side(run), &[format!("a{HOSTILE}")]).unwrap()
}

/// What a terminal or the log of a CI job gets of a report.
fn assert_harmless_when_printed(name: &str, text: &str) {
    let shown = escape::colored(text);
    assert!(!shown.contains("\u{1b}[35m"), "{name}: a colour of the guest:\n{shown}");
    let plain = COLOR.replace_all(&shown, "");
    let unseen: BTreeSet<char> = plain.chars().filter(|&c| escape::is_unseen(c)).collect();
    assert!(unseen.is_empty(), "{name} has {unseen:?}:\n{shown}");
    for line in plain.lines() {
        assert!(!COMMAND.is_match(line), "{name}: a command to a CI server: {line}");
    }
}

/// A text of one line stays in its line.
fn assert_no_line_of_its_own(name: &str, text: &str) {
    let shown = escape::colored(text);
    let plain = COLOR.replace_all(&shown, "");
    for start in ["# Head", "- item", "> quote", "| a |", "::"] {
        let own = plain.lines().find(|line| line.starts_with(start));
        assert_eq!(own, None, "{name} has a line of the guest:\n{plain}");
    }
}

/// As GitHub reads it.
fn assert_harmless_markdown(name: &str, text: &str) {
    assert_harmless_when_printed(name, text);
    let mut in_code = false;
    for event in Parser::new_ext(text, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(SECTION.is_match(&html), "{name} has HTML: {html}");
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://example.org/"), "{name} links to {dest_url}");
            }
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Event::Start(
                tag @ (Tag::Image { .. }
                | Tag::BlockQuote(_)
                | Tag::Emphasis
                | Tag::Strikethrough
                | Tag::List(Some(_))
                | Tag::FootnoteDefinition(_)
                | Tag::MetadataBlock(_)),
            ) => panic!("{name} has {tag:?}:\n{text}"),
            Event::InlineMath(text) | Event::DisplayMath(text) => panic!("{name} has {text}"),
            Event::Text(text) if !in_code => {
                assert!(!text.contains("@octocat"), "{name} mentions a person: {text}");
                assert!(!["Head", "item"].contains(&&*text), "{name}: {text} is of its own");
            }
            _ => {}
        }
    }
    for table in text.split("\n\n").filter(|part| part.starts_with("| ")) {
        let columns = |line: &str| BAR.find_iter(line).count();
        let all: BTreeSet<usize> = table.lines().map(columns).collect();
        assert_eq!(all.len(), 1, "{name}: a table with rows of several lengths:\n{table}");
    }
}

fn assert_harmless_html(name: &str, text: &str) {
    assert_harmless_when_printed(name, text);
    let tags = Regex::new(r#"<[!/]?[a-z][^<>]*>|<"#).unwrap();
    let ours = Regex::new(
        r##"^<(!doctype html|html lang="en"|/?(html|title|style|h[1-6]|ul|li|table|t[rhd]|details|summary|section|p|code|pre|del|ins|div)|meta [a-z0-9-]+="[^"<>]*"( content="[^"<>]*")?|details( open)? class="[a-z]+"|section id="[^"<>]*"|a href="(#|https://example\.org/)[^"<>]*"|/a|div class="sides")>$"##,
    )
    .unwrap();
    for tag in tags.find_iter(text).map(|tag| tag.as_str()) {
        assert!(ours.is_match(tag), "{name} has {tag}");
    }
}

#[test]
fn no_report_passes_on_what_a_run_file_hides() {
    for run in &hostile_runs() {
        assert_harmless_markdown("markdown", &markdown::render(run));
        assert_harmless_markdown("comment", &comment::render(run, None));
        let changes = comment::render(run, Some(&comparison_of(run)));
        assert_harmless_markdown("comment with changes", &changes);
        let terminal = terminal::render(run, Screen::new(80));
        assert_harmless_when_printed("terminal", &terminal);
        assert_no_line_of_its_own("terminal", &terminal);
        for runtime in &run.runtimes {
            let finished = finished(runtime, &run.verdicts);
            assert_harmless_when_printed("a finished runtime", &finished);
            assert_no_line_of_its_own("a finished runtime", &finished);
        }
        let coverage = super::super::coverage::render(run, Style::Terminal);
        assert_harmless_when_printed("coverage", &coverage);
        assert_no_line_of_its_own("coverage", &coverage);
        let xml = junit::render(run).unwrap();
        assert_harmless_when_printed("junit", &xml);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let elements: BTreeSet<&str> = document
            .descendants()
            .filter(|n| n.is_element())
            .map(|n| n.tag_name().name())
            .collect();
        assert!(!elements.contains("script") && !elements.contains("img"), "{elements:?}");
    }
}

#[test]
fn formats_for_programs_keep_every_text_and_print_none() {
    for run in &hostile_runs() {
        for (name, format, _) in FORMATS {
            for (_, text) in texts(run, *format) {
                assert_harmless_when_printed(name, &text);
            }
        }
        let [(_, text)] = texts(run, super::super::json::FORMAT).try_into().unwrap();
        assert_eq!(escape::colored(&text), text, "what is printed is the same JSON");
        let read: Value = serde_json::from_str(&text).unwrap();
        let hidden: Value =
            serde_json::from_str(&run.without_machine_paths().to_json().unwrap()).unwrap();
        assert_eq!(read, hidden);
    }
}

#[test]
fn a_page_has_texts_only_in_its_packed_data() {
    let island = Regex::new(r#"id="data">([A-Za-z0-9+/=]*)<"#).unwrap();
    let page = |run: &Run| {
        let page = html::render(run, &Side::default()).unwrap();
        assert!(island.is_match(&page));
        island.replace(&page, "id=\"data\"><").into_owned()
    };
    let clean = page(&run());
    for run in &hostile_runs() {
        assert_eq!(page(run), clean);
    }
    assert_eq!(escape::colored(&clean), clean, "what is printed is the same page");
}

#[test]
fn no_comparison_passes_on_what_a_run_file_hides() {
    for run in &hostile_runs() {
        let whole = serde_json::to_value(comparison_of(run)).unwrap();
        for comparison in [comparison_of(run), hostile::<Comparison>(&whole, true).0] {
            for (name, format, _) in comparison::FORMATS {
                let text = (format.make)(&comparison, Screen::new(80)).unwrap();
                match name {
                    "markdown" => assert_harmless_markdown("comparison", &text),
                    "html" => assert_harmless_html("comparison", &text),
                    _ => assert_harmless_when_printed(name, &text),
                }
                if name == "text" {
                    assert_no_line_of_its_own(name, &text);
                }
                if name == "json" {
                    let read: Comparison = serde_json::from_str(&text).unwrap();
                    assert_eq!(json!(read), json!(comparison));
                }
            }
            let after_run = comparison::text::of_run(&comparison, Screen::new(80));
            assert_harmless_when_printed("after a run", &after_run);
        }
    }
}

#[test]
fn explain_passes_on_nothing_that_a_run_file_hides() {
    for run in &hostile_runs() {
        let mut shown = explain::case(&run.cases[0], &run.rules, Screen::new(80));
        for verdict in &run.verdicts {
            let runtime = run.runtimes.iter().find(|row| row.name == verdict.runtime);
            let causes_at = vec![(format!("a{HOSTILE}"), "a.yaml:1".to_owned())];
            let row = Shown { verdict, runtime, causes_at };
            shown.push_str(&explain::verdict(&run.cases[0], &row, Screen::new(80)));
        }
        assert_harmless_when_printed("explain", &shown);
        assert_no_line_of_its_own("explain", &shown);
    }
}
