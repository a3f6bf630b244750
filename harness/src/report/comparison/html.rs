//! A comparison as one page that needs no network and no script.

use std::fmt::Write;

use super::format::Format;
use super::wording::{
    against_expectation, cases, headline, level, reason, remarks, row, same, title, verdict,
};
use crate::case::Level;
use crate::report::printable::printable;
use crate::results::compare::{Change, ChangeKind, Comparison, Group, RowPair};
use crate::support::escape::{html, web_address};

const STYLE: &str = include_str!("comparison.css");

pub const FORMAT: Format = Format {
    name: "html",
    help: "a page that needs no network",
    make: |comparison, _| Ok(render(comparison)),
};

pub fn render(comparison: &Comparison) -> String {
    let comparison = &printable(comparison);
    let title = format!("WASI preview 1 conformance: {}", headline(comparison));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n<h1>{0}</h1>\n",
        html(&title)
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
        let items: String = lines.iter().map(|line| format!("<li>{}\n", html(line))).collect();
        let _ = writeln!(out, "<ul>\n{items}</ul>");
    }
}

fn of_pair(out: &mut String, pair: &RowPair) {
    let line = format!("{}: {}", title(pair), verdict(std::slice::from_ref(pair)));
    let _ = writeln!(out, "<h2>{}</h2>", html(&line.replacen("->", "→", 1)));
    let lines = [row("A", &pair.a), row("B", &pair.b), same(pair)];
    list(out, &[&lines[..], &pair.notes].concat());
    counts(out, pair);
    for kind in ChangeKind::ALL {
        let count = pair.of_kind(kind).count();
        if count == 0 {
            continue;
        }
        let open = if kind == ChangeKind::Regressed { " open" } else { "" };
        let _ = writeln!(
            out,
            "<details{open} class=\"{0}\"><summary>{0}: {1} ({2})</summary>",
            kind.word(),
            kind.meaning(),
            cases(count)
        );
        for group in pair.groups(kind) {
            of_group(out, pair, kind, &group);
        }
        out.push_str("</details>\n");
    }
}

fn counts(out: &mut String, pair: &RowPair) {
    if pair.changes.is_empty() {
        return;
    }
    out.push_str("<table>\n<tr><th><th>must<th>should<th>may\n");
    for kind in ChangeKind::ALL.into_iter().filter(|&kind| pair.of_kind(kind).count() > 0) {
        let _ = write!(out, "<tr><th>{}", kind.word());
        for level in [Level::Must, Level::Should, Level::May] {
            let _ = write!(out, "<td>{}", pair.count(kind, level));
        }
        out.push('\n');
    }
    out.push_str("</table>\n");
}

/// A cause, and the cases behind it.
fn of_group(out: &mut String, pair: &RowPair, kind: ChangeKind, group: &Group) {
    if !kind.is_list() {
        let (reason, link) = reason(group);
        let count = cases(group.changes.len());
        let _ = write!(out, "<h3>{} ({count})", code(&html(&reason)));
        if let Some(link) = link.and_then(web_address) {
            let _ = write!(out, " <a href=\"{}\">link</a>", html(link));
        }
        out.push_str("</h3>\n");
    }
    for change in &group.changes {
        of_change(out, pair, change);
    }
}

fn of_change(out: &mut String, pair: &RowPair, change: &Change) {
    let id = format!("{}::{}", pair.b.runtime, change.case);
    let _ = writeln!(
        out,
        "<section id=\"{0}\">\n<h4><a href=\"#{0}\">{0}</a> {1}</h4>",
        html(&id),
        html(&level(change))
    );
    if let (Some(title), Some(spec)) = (&change.title, &change.spec) {
        let rule = match web_address(spec) {
            Some(spec) => format!("<a href=\"{}\">rule</a>", html(spec)),
            None => html(spec),
        };
        let _ = writeln!(out, "<p>{} {rule}</p>", code(&html(title)));
    }
    if let Some(difference) = &change.difference {
        let _ = writeln!(out, "<p>From A to B:</p>\n<pre>{}</pre>", marked(difference));
    }
    let sides = against_expectation(change);
    if !sides.is_empty() {
        out.push_str("<div class=\"sides\">\n");
        for (outcome, difference) in sides {
            let _ = writeln!(out, "<div><p>{}</p>", html(&outcome));
            if let Some(difference) = difference {
                let _ = writeln!(out, "<pre>{}</pre>", marked(&difference));
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
        Some('-') => format!("<del>{}</del>\n", html(line)),
        Some('+') => format!("<ins>{}</ins>\n", html(line)),
        _ => format!("{}\n", html(line)),
    };
    difference.lines().map(line).collect()
}

/// Escaped text, with what is between backquotes as code.
fn code(escaped: &str) -> String {
    let mut parts = escaped.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut rest = parts.peekable();
    while let Some(inside) = rest.next() {
        match rest.next() {
            Some(outside) => {
                let _ = write!(out, "<code>{inside}</code>{outside}");
            }
            // A backquote that nothing closes stands for itself.
            None => {
                let _ = write!(out, "`{inside}");
            }
        }
    }
    out
}
