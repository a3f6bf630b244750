//! A run as a page of Markdown that stays small: the counts, and what is behind them, by cause. The
//! HTML page has every case.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::causes::{self, Cause, CodeBase};
use super::format::{Format, Made, Uses};
use super::printable::printable;
use super::summary::summary;
use super::timeouts::Timeouts;
use super::{coverage, flaky, markdown_items, tables};
use crate::known::DivergenceKind;
use crate::results::run_file::{Run, VerdictRow};
use crate::results::snapshot::title;
use crate::support::escape::markdown::{code, link, prose};
use crate::support::text::count;
use crate::verdict::failure::Failure;
use crate::verdict::judge::Verdict;

pub const FORMAT: Format = Format {
    name: "markdown",
    help: "a page of Markdown: the counts, and what is behind them, by cause",
    file: Some("report.md"),
    uses: Uses::Run,
    make: |run, _| Ok(Made::Text(render(run))),
};

/// What a page takes at most, if its tables are no longer than that.
const MOST_BYTES: usize = 96 * 1024;
/// A longer reason is cut.
const LONGEST_REASON: usize = 100;
/// How many unexpected verdicts are shown with their diffs.
const WITH_DIFFS: usize = 20;
/// How many cases of a group are named.
const NAMED: usize = 12;

pub fn render(run: &Run) -> String {
    let run = &printable(run);
    let head = head(run);
    let rest = rest(run);
    // Causes of few cases are only counted where all would be too many.
    let mut fewest = 1;
    loop {
        let causes = known(run, fewest);
        let all = head.len() + causes.len() + rest.len();
        if all <= MOST_BYTES || fewest > run.cases.len() {
            return [head, causes, rest].concat();
        }
        fewest += 1;
    }
}

/// What is most important: the counts, and what is unexpected.
fn head(run: &Run) -> String {
    let mut out = String::from("# WASI preview 1 conformance\n\n");
    let _ = writeln!(
        out,
        "{}, {} cases{}, {} {}, {}.\n",
        prose(&run.tool),
        run.cases.len(),
        run.shard.map(|shard| format!(" of shard {shard}")).unwrap_or_default(),
        prose(&run.host.os),
        prose(&run.host.arch),
        prose(&run.started)
    );
    if !run.complete {
        let _ = writeln!(out, "**Incomplete: {}.**\n", prose(&run.missing().join("; ")));
    }
    let _ = writeln!(out, "{}.\n", summary(run));
    if let Some(sentence) = flaky::sentence(run) {
        let _ = writeln!(out, "{}\n", prose(&sentence));
    }
    if let Some(sentence) = Timeouts::of(&run.verdicts).sentence() {
        let _ = writeln!(out, "{sentence}.\n");
    }
    let _ = writeln!(out, "{}", tables::by_verdict(run, &run.available()));
    out.push_str("`report.html`, made of the same run, shows every case with its differences.\n\n");
    unexpected(&mut out, run);
    out.push_str(&flaky::section(run));
    out
}

fn rest(run: &Run) -> String {
    let mut out = String::new();
    differs(&mut out, run);
    skipped(&mut out, run);
    let _ = writeln!(out, "## By area\n\nPassed, of those that ran.\n");
    let _ = writeln!(out, "{}", tables::by_area(run));
    if run.has_coverage() {
        let _ = writeln!(out, "## Coverage\n\n{}", coverage::in_short(run));
    }
    let _ = writeln!(out, "## Runtimes\n\n{}", tables::runtimes(run));
    out.truncate(out.trim_end().len());
    out + "\n"
}

fn unexpected(out: &mut String, run: &Run) {
    let rows: Vec<&VerdictRow> =
        run.verdicts.iter().filter(|row| row.verdict.is_unexpected()).collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "## Unexpected ({})\n", rows.len());
    let (first, others) = rows.split_at(rows.len().min(WITH_DIFFS));
    first.iter().for_each(|row| out.push_str(&markdown_items::verdict(run, row)));
    if !others.is_empty() {
        let _ = writeln!(out, "\n{} more, by what differs:\n", others.len());
        out.push_str(&by_difference(others));
    }
    out.push('\n');
}

/// Verdicts that nobody has explained, by runtime and by what differs.
fn by_difference(rows: &[&VerdictRow]) -> String {
    let mut groups: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for row in rows {
        let failure = Failure::new(&row.mismatches).map(|failure| failure.summary);
        let what = failure.unwrap_or_else(|| row.verdict.to_string());
        groups.entry((&row.runtime, what)).or_default().push(&row.case);
    }
    let mut sorted: Vec<_> = groups.into_iter().collect();
    sorted.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    let item = |((runtime, what), cases): &((&str, String), Vec<&str>)| {
        let (runtime, what) = (prose(runtime), prose(what));
        format!("- {} × {runtime}: {what}: {}\n", cases.len(), names(cases))
    };
    sorted.iter().map(item).collect()
}

/// The causes of known divergences, of those code bases that have any. Causes of fewer cases are only
/// counted.
fn known(run: &Run, fewest: usize) -> String {
    let is_known = |row: &VerdictRow| row.verdict == Verdict::Known;
    let mut out = String::new();
    for code_base in causes::code_bases(run) {
        let causes = code_base.causes(run, is_known);
        if causes.is_empty() {
            continue;
        }
        let _ =
            writeln!(out, "### {}: {}\n", prose(&rows(&code_base)), count(causes.len(), "cause"));
        let (shown, others): (Vec<_>, Vec<_>) =
            causes.iter().partition(|cause| cause.cases.len() >= fewest);
        shown.iter().for_each(|cause| out.push_str(&item(&code_base, cause)));
        if !others.is_empty() {
            let _ = writeln!(out, "- {}", only_counted(&others, fewest - 1));
        }
        out.push('\n');
    }
    if out.is_empty() {
        return out;
    }
    let findings = match causes::count_findings(run) {
        1 => "1 of the causes is a bug with no report".to_owned(),
        n => format!("{n} of the causes are bugs with no report"),
    };
    let head = format!(
        "## Causes\n\nWhat is behind the known divergences: the number of cases, the kind, and a link \
         to the report or the source. Rows of one code base are shown together. {findings} that we \
         know of.\n\n"
    );
    head + &out
}

/// `wasmtime 48.0.8, wasmtime 36.0.20`
fn rows(code_base: &CodeBase) -> String {
    let title = |row: &&crate::results::run_file::RuntimeRow| title(&row.name, &row.version);
    code_base.rows.iter().map(title).collect::<Vec<_>>().join(", ")
}

fn item(code_base: &CodeBase, cause: &Cause) -> String {
    let reason = cause.reason;
    let kind = reason.kind.map(|kind| kind.to_string()).unwrap_or_default();
    let kind = match reason.link {
        Some(address) => link(&kind, address),
        None => kind,
    };
    let only = match cause.rows.len() < code_base.rows.len() {
        true => {
            let rows: Vec<&str> = cause.rows.iter().copied().collect();
            format!(" ({} only)", prose(&rows.join(", ")))
        }
        false => String::new(),
    };
    format!("- {} × {kind}: {}{only}\n", cause.cases.len(), cut(reason.text))
}

/// `56 more causes with one case each: 40 bug, 16 unspecified`
fn only_counted(causes: &[&Cause], most: usize) -> String {
    let mut kinds: BTreeMap<DivergenceKind, usize> = BTreeMap::new();
    for kind in causes.iter().filter_map(|cause| cause.reason.kind) {
        *kinds.entry(kind).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let each = match most {
        1 => "one case each".to_owned(),
        n => format!("at most {n} cases each"),
    };
    format!("{} with {each}: {}", count(causes.len(), "more cause"), kinds.join(", "))
}

/// Differences that the specification allows, by what differs.
fn differs(out: &mut String, run: &Run) {
    let rows: Vec<&VerdictRow> =
        run.verdicts.iter().filter(|row| row.verdict == Verdict::Differs).collect();
    if !rows.is_empty() {
        let _ = writeln!(out, "## Differences that the specification allows ({})\n", rows.len());
        let _ = writeln!(out, "{}", by_difference(&rows));
    }
}

/// Why cases were skipped.
fn skipped(out: &mut String, run: &Run) {
    let is_skipped = |row: &VerdictRow| row.verdict == Verdict::Skip;
    let mut items = String::new();
    for code_base in causes::code_bases(run) {
        for cause in code_base.causes(run, is_skipped) {
            let rows: Vec<&str> = cause.rows.iter().copied().collect();
            let (rows, text) = (prose(&rows.join(", ")), cut(cause.reason.text));
            let _ = writeln!(items, "- {} × {rows}: {text}", cause.cases.len());
        }
    }
    if !items.is_empty() {
        let total = run.verdicts.iter().filter(|row| is_skipped(row)).count();
        let _ = writeln!(out, "## Skipped ({total})\n\n{items}");
    }
}

/// The beginning of a reason, in one line.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_REASON {
        return prose(&line);
    }
    let short: String = line.chars().take(LONGEST_REASON).collect();
    let end = short.rfind(' ').unwrap_or(short.len());
    // A backquote that nothing closes would change what follows.
    let mut short = short[..end].to_owned();
    if !short.matches('`').count().is_multiple_of(2) {
        short.push('`');
    }
    prose(&short) + "…"
}

fn names(cases: &[&str]) -> String {
    let named = cases.iter().take(NAMED).map(|case| code(case)).collect::<Vec<_>>();
    match cases.len().checked_sub(NAMED) {
        None | Some(0) => named.join(", "),
        Some(more) => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_cut_between_words_and_its_code_is_closed() {
        assert_eq!(cut("Short,\n in two lines."), "Short, in two lines.");
        let long = format!("It says `{}`.", "word ".repeat(40).trim_end());
        let shown = cut(&long);
        assert!(shown.chars().count() <= LONGEST_REASON + 2, "{shown}");
        assert!(shown.ends_with("word`…"), "{shown}");
    }
}
