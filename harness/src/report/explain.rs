//! One case: the guest's input, the expectation, and the result of each runtime.

use std::fmt::Write;

use serde_json::Value;

use super::printable::printable;
use super::screen::{BOLD, DIM, GREEN, RED, Screen, YELLOW, paint};
use super::side_by_side::side_by_side;
use super::tree::{self, Name};
use crate::results::run_file::{CaseRow, ObservedRow, RuleRow, RuntimeRow, VerdictRow};
use crate::results::snapshot::title;
use crate::support::escape::{line, visible};
use crate::verdict::judge::{Part, Verdict, describe_outcome};

/// The width of the labels on the left.
const LABEL: usize = 10;

/// A verdict, with the places of its causes.
pub struct Shown<'a> {
    pub verdict: &'a VerdictRow,
    pub runtime: Option<&'a RuntimeRow>,
    /// By id.
    pub causes_at: Vec<(String, String)>,
}

/// A case: its input and its expectation.
pub fn case(case: &CaseRow, rules: &[RuleRow], screen: Screen) -> String {
    let (case, rules) = (&printable(case), rules.iter().map(printable).collect::<Vec<_>>());
    let mut out =
        format!("{} ({}, {}, {})\n", paint(BOLD, &case.id), case.area, case.level, case.basis);
    let rules: Vec<&RuleRow> = rules.iter().filter(|rule| case.rules.contains(&rule.id)).collect();
    if !rules.iter().any(|rule| rule.text == case.title) {
        out.push_str(&screen.wrap(&case.title, "  "));
    }
    for rule in rules {
        let text = format!("{} ({}, {}): {}", rule.id, rule.level, rule.basis, rule.text);
        out.push_str(&screen.wrap(&text, "  "));
        let _ = writeln!(out, "      {}", paint(DIM, &rule.spec));
    }
    let _ = writeln!(out, "  {}", paint(DIM, &case.source));
    let _ = writeln!(out, "\n{}", paint(BOLD, "given"));
    given(&mut out, case);
    let _ = writeln!(out, "\n{}", paint(BOLD, "expected"));
    expected(&mut out, case);
    out
}

fn given(out: &mut String, case: &CaseRow) {
    let sources = case.guest_sources.iter().map(String::as_str);
    lines(out, "guest", std::iter::once(case.guest.as_str()).chain(sources));
    lines(out, "args", case.args.iter().map(String::as_str));
    lines(out, "env", case.env.iter().map(String::as_str));
    match (&case.socket, &case.stdin) {
        (Some(socket), _) => {
            let socket = serde_json::to_value(socket).unwrap_or_default();
            lines(out, "stdin", [format!("a socket: {}", content(&socket)).as_str()]);
        }
        (None, Value::String(text)) if text.is_empty() => lines(out, "stdin", ["empty"]),
        (None, stdin) => lines(out, "stdin", [content(stdin).as_str()]),
    }
    if let Some(seconds) = case.timeout {
        lines(out, "timeout", [format!("{seconds} s").as_str()]);
    }
    let preopens = case.preopens.iter().map(|preopen| {
        let host = if preopen.host == "." { "the directory of all files" } else { &preopen.host };
        let read_only = if preopen.read_only { ", read-only" } else { "" };
        format!("{} is {host}{read_only}", preopen.guest)
    });
    let preopens: Vec<String> = preopens.collect();
    match preopens.is_empty() {
        true => lines(out, "preopens", ["none"]),
        false => lines(out, "preopens", preopens.iter().map(String::as_str)),
    }
    match &case.fs {
        Some(tree) => names(out, "files", tree::before(tree)),
        None => lines(out, "files", ["copies of the directories beside the test"]),
    }
}

fn expected(out: &mut String, case: &CaseRow) {
    match &case.exit {
        Value::Null => lines(out, "exit", ["any"]),
        Value::Number(status) => lines(out, "exit", [status.to_string().as_str()]),
        word => lines(out, "exit", [content(word).trim_matches('"')]),
    }
    texts(out, "stdout", &case.stdout);
    texts(out, "stderr", &case.stderr);
    match (&case.fs, &case.fs_after) {
        (Some(before), Some(after)) => {
            let after = tree::after(before, after);
            match after.iter().any(|name| name.change.is_some()) {
                true => names(out, "files", after),
                false => lines(out, "files", ["unchanged"]),
            }
        }
        _ => lines(out, "files", ["not compared"]),
    }
}

/// The expected text, or the alternatives.
fn texts(out: &mut String, label: &str, allowed: &[String]) {
    if allowed.is_empty() {
        lines(out, label, ["not compared"]);
    }
    for (i, text) in allowed.iter().enumerate() {
        let label = if i == 0 { label } else { "or" };
        match text.is_empty() {
            true => lines(out, label, ["empty"]),
            false => lines(out, label, text.lines()),
        }
        if !text.is_empty() && !text.ends_with('\n') {
            lines(out, "", ["(no newline at the end)"]);
        }
    }
}

fn names(out: &mut String, label: &str, names: Vec<Name>) {
    let shown = |name: &Name| {
        let change = match name.change {
            Some('+') => "new      ",
            Some('~') => "changed  ",
            Some('-') => "removed  ",
            _ => "",
        };
        let path = line(name.path);
        match name.what.is_empty() {
            true => format!("{change}{path}"),
            false => format!("{change}{path}: {}", line(&name.what)),
        }
    };
    let names: Vec<String> = names.iter().map(shown).collect();
    match names.is_empty() {
        true => lines(out, label, ["none"]),
        false => lines(out, label, names.iter().map(String::as_str)),
    }
}

/// The content of a file or of stdin as a case writes it: a quoted text, or a description of the bytes.
fn content(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let part = |(key, value): (&String, &Value)| format!("{key} {value}");
            map.iter().map(part).collect::<Vec<_>>().join(", ").replace('"', "")
        }
        other => other.to_string(),
    }
}

/// A label, and lines beside and below it.
fn lines<'a>(out: &mut String, label: &str, lines: impl IntoIterator<Item = &'a str>) {
    for (i, line) in lines.into_iter().enumerate() {
        let label = if i == 0 { label } else { "" };
        let line = format!("  {label:LABEL$}{}", visible(line));
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// The result of a runtime.
pub fn verdict(case: &CaseRow, shown: &Shown, screen: Screen) -> String {
    let row = &printable(shown.verdict);
    let version = shown.runtime.map(|runtime| line(&runtime.version)).unwrap_or_default();
    let style = match row.verdict {
        Verdict::Pass => GREEN,
        verdict if verdict.is_unexpected() => RED,
        _ => YELLOW,
    };
    let verdict = paint(style, row.verdict);
    let mut out = format!("\n{}: {verdict}\n", paint(BOLD, title(&row.runtime, &version)));
    if let Some(note) = &row.note {
        out.push_str(&screen.wrap(note, "    "));
    }
    for known in &row.known {
        let at = shown.causes_at.iter().find(|(id, _)| *id == known.cause);
        let at = at.map(|(_, at)| format!(" at {at}")).unwrap_or_default();
        let _ = writeln!(out, "    {} ({}{at})", paint(BOLD, &known.cause), known.kind);
        out.push_str(&screen.wrap(&known.why, "    "));
        let _ = writeln!(out, "    {}", paint(DIM, &known.link));
    }
    for way in &row.varies {
        let _ = writeln!(out, "    {} × {}", way.times, way.verdict);
    }
    for mismatch in &row.mismatches {
        let _ = writeln!(out, "    {}:", mismatch.part);
        out.push_str(&side_by_side(&mismatch.expected, &mismatch.observed, screen, "    "));
    }
    if let Some(observed) = &row.observed {
        out.push_str(&also_observed(case, row, observed));
    }
    out
}

/// Results that the expectation does not determine: the outcome, and output that the case does not
/// compare.
fn also_observed(case: &CaseRow, row: &VerdictRow, observed: &ObservedRow) -> String {
    let differs = |part: Part| row.mismatches.iter().any(|mismatch| mismatch.part == part);
    let mut out = String::new();
    if !differs(Part::Exit) {
        let outcome = visible(describe_outcome(&observed.outcome).trim_end());
        let _ = writeln!(out, "    {outcome}");
    }
    for (part, allowed, text) in [
        (Part::Stdout, &case.stdout, &observed.stdout),
        (Part::Stderr, &case.stderr, &observed.stderr),
    ] {
        let follows = allowed.len() == 1 && allowed[0] == *text;
        if text.is_empty() || follows || differs(part) {
            continue;
        }
        let _ = writeln!(out, "    {part}:");
        for line in text.lines() {
            let _ = writeln!(out, "      {}", visible(line));
        }
    }
    out
}

#[cfg(test)]
mod tests;
