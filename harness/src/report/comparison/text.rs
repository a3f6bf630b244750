//! A comparison for the terminal.

use std::fmt::Write;

use super::{counts, is_list, remarks, same, side, sides, verdict};
use crate::report::tables::Style;
use crate::results::compare::{Change, Comparison, Kind, RowPair};

/// Of what was added or removed, so many are named: the other formats have all.
const NAMED: usize = 20;

pub fn render(comparison: &Comparison) -> String {
    let mut out = String::new();
    for pair in &comparison.pairs {
        out.push_str(&of_pair(pair));
    }
    for remark in remarks(comparison) {
        let _ = writeln!(out, "note: {remark}");
    }
    let _ = writeln!(out, "{}", verdict(comparison));
    out
}

fn of_pair(pair: &RowPair) -> String {
    let mut out = format!("{}\n{}\n", side("A", &pair.a), side("B", &pair.b));
    for note in &pair.notes {
        let _ = writeln!(out, "note: {note}");
    }
    out.push('\n');
    for change in pair.changes.iter().filter(|change| !is_list(change.kind)) {
        out.push_str(&of_change(&pair.b.runtime, change));
    }
    for kind in Kind::ALL.into_iter().filter(|&kind| is_list(kind)) {
        let ids: Vec<&str> = pair.of(kind).map(|change| change.case.as_str()).collect();
        if ids.is_empty() {
            continue;
        }
        let _ = writeln!(out, "{} ({}):", kind.word().to_uppercase(), kind.meaning());
        for id in ids.iter().take(NAMED) {
            let _ = writeln!(out, "    {id}");
        }
        if ids.len() > NAMED {
            let more = ids.len() - NAMED;
            let _ = writeln!(out, "    and {more} more, which --format markdown or json shows");
        }
        out.push('\n');
    }
    if !pair.changes.is_empty() {
        let _ = writeln!(out, "{}", counts(pair, Style::Terminal));
    }
    let _ = writeln!(out, "{}\n", same(pair));
    out
}

fn of_change(runtime: &str, change: &Change) -> String {
    let allowed = if change.allowed { ", allowed" } else { "" };
    let mut out = format!(
        "{} {runtime}::{} ({}{allowed})\n",
        change.kind.word().to_uppercase(),
        change.case,
        change.level
    );
    if let (Some(about), Some(spec)) = (&change.title, &change.spec) {
        let _ = writeln!(out, "    {about} {spec}");
    }
    for (name, outcome, difference) in sides(change) {
        let _ = writeln!(out, "    {name}: {outcome}");
        for line in difference.into_iter().flat_map(str::lines) {
            let _ = writeln!(out, "      {line}");
        }
    }
    out.push('\n');
    out
}
