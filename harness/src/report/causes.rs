//! Verdicts by what is behind them: one cause often shows in many cases.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::known::DivergenceKind;
use crate::results::run_file::{Run, VerdictRow};
use crate::verdict::judge::Verdict;

/// More names of cases than these are only counted.
const NAMED: usize = 12;

/// What cases of one runtime have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Cause<'a> {
    kind: Option<DivergenceKind>,
    link: Option<&'a str>,
    note: &'a str,
}

impl<'a> Cause<'a> {
    fn of(row: &'a VerdictRow) -> Self {
        let known = row.known.as_ref();
        let kind = known.map(|known| known.kind);
        let link = known.map(|known| known.link.as_str());
        Cause { kind, link, note: row.note.as_deref().unwrap_or_default() }
    }
}

/// Each cause with its cases, in the order of the first of these.
fn causes<'a>(
    run: &'a Run,
    runtime: &'a str,
    wanted: impl Fn(&VerdictRow) -> bool,
) -> Vec<(Cause<'a>, Vec<&'a str>)> {
    let mut places: BTreeMap<Cause, usize> = BTreeMap::new();
    let mut found: Vec<(Cause, Vec<&str>)> = Vec::new();
    for row in run.of_runtime(runtime).filter(|row| wanted(row)) {
        let cause = Cause::of(row);
        let place = *places.entry(cause).or_insert_with(|| {
            found.push((cause, Vec::new()));
            found.len() - 1
        });
        found[place].1.push(&row.case);
    }
    found
}

/// A section in which each runtime has an item for each cause. None without cases.
pub fn section(run: &Run, title: &str, verdict: Verdict) -> String {
    let wanted = |row: &VerdictRow| row.verdict == verdict;
    let total = run.verdicts.iter().filter(|row| wanted(row)).count();
    if total == 0 {
        return String::new();
    }
    let mut out = format!("## {title} ({total})\n\n");
    for runtime in &run.runtimes {
        let causes = causes(run, &runtime.name, wanted);
        if causes.is_empty() {
            continue;
        }
        let count: usize = causes.iter().map(|(_, cases)| cases.len()).sum();
        let _ = writeln!(out, "### {} {} ({count})\n", runtime.name, runtime.version);
        for (cause, cases) in causes {
            let note = cause.note.trim().replace('\n', "\n  ");
            let _ = write!(out, "- {note}");
            if let (Some(kind), Some(link)) = (cause.kind, cause.link) {
                let _ = write!(out, " ([{kind}]({link}))");
            }
            let _ = writeln!(out, "  \n  {}", names(&cases));
        }
        out.push('\n');
    }
    out
}

/// Bugs of which no report upstream is known: one item for each cause, with what makes it happen.
pub fn findings(run: &Run) -> String {
    let unreported = |row: &VerdictRow| {
        let known = row.known.as_ref();
        known.is_some_and(|known| known.kind == DivergenceKind::Bug && !is_reported(&known.link))
    };
    let mut items = String::new();
    let mut count = 0;
    for runtime in &run.runtimes {
        let name = &runtime.name;
        for (cause, cases) in causes(run, name, unreported) {
            count += 1;
            let more = match cases.len() {
                1 => String::new(),
                n => format!(" (and {} more cases)", n - 1),
            };
            let _ = writeln!(
                items,
                "- **{name}**: {} [Source]({}). `wasi-conformance run -r {name} -f {}`{more}",
                cause.note.trim().replace('\n', "\n  "),
                cause.link.unwrap_or_default(),
                cases[0]
            );
        }
    }
    if count == 0 {
        return String::new();
    }
    let head = "Bugs that we know of no report of; each links the source that does it.";
    format!("## Findings ({count})\n\n{head}\n\n{items}\n")
}

/// Whether a link leads to where somebody has reported or discussed it, and not just to the source.
pub fn is_reported(link: &str) -> bool {
    ["/issues/", "/pull/", "/discussions/", "/advisories/"].iter().any(|part| link.contains(part))
}

fn names(cases: &[&str]) -> String {
    let named = cases.iter().take(NAMED).map(|case| format!("`{case}`")).collect::<Vec<_>>();
    match cases.len().checked_sub(NAMED) {
        None | Some(0) => named.join(", "),
        Some(more) => format!("{} and {more} more", named.join(", ")),
    }
}
