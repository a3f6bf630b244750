//! A comparison as one page that needs no network and no script.

use std::fmt::Write;

use super::{is_list, remarks, same, side, sides, verdict};
use crate::case::Level;
use crate::results::compare::{Change, Comparison, Kind, RowPair};

const STYLE: &str = include_str!("comparison.css");

pub fn render(comparison: &Comparison) -> String {
    let title = format!("WASI preview 1 conformance: {}", verdict(comparison));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    list(&mut out, &remarks(comparison));
    for pair in &comparison.pairs {
        of_pair(&mut out, pair);
    }
    out.push_str("</html>\n");
    out
}

fn list(out: &mut String, lines: &[String]) {
    if !lines.is_empty() {
        let items: String = lines.iter().map(|line| format!("<li>{}\n", escape(line))).collect();
        let _ = writeln!(out, "<ul>\n{items}</ul>");
    }
}

fn of_pair(out: &mut String, pair: &RowPair) {
    let _ = writeln!(out, "<h2>{} → {}</h2>", escape(&pair.a.title()), escape(&pair.b.title()));
    let lines = [side("A", &pair.a), side("B", &pair.b), same(pair)];
    list(out, &[&lines[..], &pair.notes].concat());
    counts(out, pair);
    for kind in Kind::ALL {
        let count = pair.of(kind).count();
        if count == 0 {
            continue;
        }
        let open = if kind == Kind::Regressed { " open" } else { "" };
        let _ = writeln!(
            out,
            "<details{open} class=\"{0}\"><summary>{0} ({count}): {1}</summary>",
            kind.word(),
            kind.meaning()
        );
        for change in pair.of(kind) {
            of_change(out, pair, change);
        }
        out.push_str("</details>\n");
    }
}

fn counts(out: &mut String, pair: &RowPair) {
    if pair.changes.is_empty() {
        return;
    }
    out.push_str("<table>\n<tr><th><th>must<th>should<th>may\n");
    for kind in Kind::ALL.into_iter().filter(|&kind| pair.of(kind).count() > 0) {
        let _ = write!(out, "<tr><th>{}", kind.word());
        for level in [Level::Must, Level::Should, Level::May] {
            let _ = write!(out, "<td>{}", pair.count(kind, level));
        }
        out.push('\n');
    }
    out.push_str("</table>\n");
}

fn of_change(out: &mut String, pair: &RowPair, change: &Change) {
    let id = format!("{}::{}", pair.b.runtime, change.case);
    let allowed = if change.allowed { ", allowed" } else { "" };
    let _ = writeln!(
        out,
        "<section id=\"{0}\">\n<h3><a href=\"#{0}\">{0}</a> ({1}{allowed})</h3>",
        escape(&id),
        change.level
    );
    if let (Some(about), Some(spec)) = (&change.title, &change.spec) {
        let _ = writeln!(out, "<p>{} <a href=\"{}\">rule</a></p>", escape(about), escape(spec));
    }
    if is_list(change.kind) {
        let entry = change.b.as_ref().or(change.a.as_ref());
        let _ =
            writeln!(out, "<p>{}</p>", entry.map_or_else(String::new, |e| e.verdict.to_string()));
    } else {
        out.push_str("<div class=\"sides\">\n");
        for (name, outcome, difference) in sides(change) {
            let _ = writeln!(out, "<div><p>{name}: {}</p>", escape(&outcome));
            if let Some(difference) = difference {
                let _ = writeln!(out, "<pre>{}</pre>", marked(difference));
            }
            out.push_str("</div>\n");
        }
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}

/// A diff whose lines have elements of their own. The signs stay: a colour is never the only one.
fn marked(difference: &str) -> String {
    let line = |line: &str| match line.chars().next() {
        Some('-') => format!("<del>{}</del>\n", escape(line)),
        Some('+') => format!("<ins>{}</ins>\n", escape(line)),
        _ => format!("{}\n", escape(line)),
    };
    difference.lines().map(line).collect()
}

/// Text as the content of an element or of an attribute in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}
