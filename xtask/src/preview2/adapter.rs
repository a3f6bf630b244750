//! The differences between the same guests on the same Wasmtime, without and with the preview 1
//! adapter.

use std::collections::BTreeMap;
use std::fmt::Write;

use runner_kit::{Outcome, WasiVersion};
use wasi_conformance::results::run_file::{ObservedRow, Run, VerdictRow};
use wasi_conformance::verdict::judge::{Verdict, describe_outcome};

const NATIVE: &str = "wasmtime";
const ADAPTED: &str = "wasmtime-p2";

/// The results of one case of preview 1, without and with the adapter.
struct Pair<'a> {
    native: &'a VerdictRow,
    adapted: &'a VerdictRow,
}

/// `None` if the run does not have both rows.
pub fn render(run: &Run) -> Option<String> {
    let version = |name: &str| {
        let row = run.runtimes.iter().find(|row| row.name == name)?;
        row.unavailable.is_none().then_some(&row.version)
    };
    let (native, adapted) = (version(NATIVE)?, version(ADAPTED)?);
    let pairs = pairs(run);
    let mut out = format!(
        "{} cases of preview 1, on wasmtime {native} without the adapter and on wasmtime-p2 {adapted} with it.\n\n",
        pairs.len()
    );
    out.push_str(&verdicts(&pairs));
    let ran = pairs.iter().filter(|pair| pair.ran());
    let (changed, same): (Vec<&Pair>, Vec<&Pair>) = ran.partition(|pair| pair.differs());
    let _ = writeln!(
        out,
        "\nOf the {} cases that ran on both, {} came out the same and {} did not. By cause:\n",
        changed.len() + same.len(),
        same.len(),
        changed.len()
    );
    out.push_str(&causes(&changed));
    Some(out)
}

fn pairs(run: &Run) -> Vec<Pair<'_>> {
    let adapted: BTreeMap<&str, &VerdictRow> =
        run.of_runtime(ADAPTED).map(|row| (row.case.as_str(), row)).collect();
    let of_preview_1 =
        |id: &str| run.case(id).is_some_and(|case| case.area.of() == WasiVersion::Preview1);
    run.of_runtime(NATIVE)
        .filter(|row| of_preview_1(&row.case))
        .filter_map(|native| Some(Pair { native, adapted: adapted.get(native.case.as_str())? }))
        .collect()
}

impl Pair<'_> {
    fn ran(&self) -> bool {
        self.native.observed.is_some() && self.adapted.observed.is_some()
    }

    /// The message of a trap and stderr after it are up to the runtime, so they do not count. Nor do
    /// the outputs of a case that passes on both, because they may contain values that the runtime
    /// chooses.
    fn differs(&self) -> bool {
        let passes = |row: &VerdictRow| row.verdict == Verdict::Pass;
        let seen = |observed: &ObservedRow| {
            let trapped = matches!(observed.outcome, Outcome::Trap { .. });
            let ending =
                if trapped { "trap".to_owned() } else { describe_outcome(&observed.outcome) };
            let stderr = if trapped { String::new() } else { observed.stderr.clone() };
            (ending, observed.stdout.clone(), stderr, observed.tree_changes.clone())
        };
        let both_pass = passes(self.native) && passes(self.adapted);
        !both_pass
            && self.native.observed.as_ref().map(seen) != self.adapted.observed.as_ref().map(seen)
    }
}

fn verdicts(pairs: &[Pair]) -> String {
    let mut counts: BTreeMap<(Verdict, Verdict), usize> = BTreeMap::new();
    for pair in pairs {
        *counts.entry((pair.native.verdict, pair.adapted.verdict)).or_default() += 1;
    }
    let mut out = String::from("| native | with the adapter | cases |\n|---|---|---:|\n");
    for ((native, adapted), count) in counts {
        let _ = writeln!(out, "| {native} | {adapted} | {count} |");
    }
    out
}

/// Each cause, with its cases and the first line that differs in each.
fn causes(changed: &[&Pair]) -> String {
    let mut by_cause: Vec<(String, Vec<&Pair>)> = Vec::new();
    for &pair in changed {
        let cause = cause(pair);
        match by_cause.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, cases)) => cases.push(pair),
            None => by_cause.push((cause, vec![pair])),
        }
    }
    by_cause.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    let mut out = String::new();
    for (cause, cases) in by_cause {
        let _ = writeln!(out, "{cause} ({})\n", cases.len());
        out.push_str("| case | native | with the adapter |\n|---|---|---|\n");
        for pair in cases {
            let (native, adapted) = first_difference(pair);
            let _ = writeln!(out, "| {} | {native} | {adapted} |", pair.native.case);
        }
        out.push('\n');
    }
    out
}

fn cause(pair: &Pair) -> String {
    match pair.adapted.known.first() {
        Some(known) => format!("**{}** [{}]({})", known.why, known.kind, known.link),
        _ if pair.adapted.verdict == Verdict::Pass => {
            "**The adapter does what the rule says, and native preview 1 does not.**".to_owned()
        }
        _ => "**Not recorded.**".to_owned(),
    }
}

/// The first line that differs, or else the outcomes.
fn first_difference(pair: &Pair) -> (String, String) {
    let (Some(native), Some(adapted)) = (&pair.native.observed, &pair.adapted.observed) else {
        return Default::default();
    };
    let (mut a, mut b) = (native.stdout.lines(), adapted.stdout.lines());
    let line = |line: Option<&str>, observed: &ObservedRow| match line {
        Some(line) => cell(line),
        None => cell(describe_outcome(&observed.outcome).trim()),
    };
    loop {
        match (a.next(), b.next()) {
            (None, None) => break,
            (x, y) if x != y => return (line(x, native), line(y, adapted)),
            _ => {}
        }
    }
    if native.outcome != adapted.outcome {
        return (line(None, native), line(None, adapted));
    }
    ("the final tree".to_owned(), "another final tree".to_owned())
}

/// A text as a table cell, shortened if necessary.
fn cell(text: &str) -> String {
    const LONGEST: usize = 90;
    let mut short: String = text.chars().take(LONGEST).collect();
    if text.chars().count() > LONGEST {
        short.push('…');
    }
    format!("`{}`", short.replace('|', "\\|").replace('`', "'"))
}
