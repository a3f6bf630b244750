//! The results of mutation testing, as text and as Markdown.

use std::fmt::Write;
use std::path::Path;

use preview1::FUNCTIONS;
use wasi_conformance::case::Case;

use super::catalogue::Mutant;
use super::equivalent;
use super::hunt::Fate;
use super::nulls::EXCEPTIONS;

pub struct Summary<'a> {
    /// The wasi-testsuite directory, if its tests were measured instead of ours.
    pub wasi_testsuite: Option<&'a Path>,
    pub cases: usize,
    /// The mutated runtimes, and how many cases pass on each of them unmodified.
    pub baselines: Vec<(String, usize)>,
    /// The cases that each null runtime passes.
    pub nulls: Vec<(&'a Mutant, Vec<&'a Case>)>,
    pub fates: Vec<Fate<'a>>,
}

#[derive(Default)]
struct Counts {
    all: usize,
    killed: usize,
    equivalent: usize,
    survived: usize,
}

impl Counts {
    fn from_fates<'a>(fates: impl Iterator<Item = &'a Fate<'a>>) -> Self {
        let mut counts = Counts::default();
        for fate in fates {
            counts.all += 1;
            match (fate.killer, equivalent::reason(fate.mutant)) {
                (Some(_), _) => counts.killed += 1,
                (None, Some(_)) => counts.equivalent += 1,
                (None, None) => counts.survived += 1,
            }
        }
        counts
    }

    /// The percentage of mutants killed, not counting equivalent ones.
    fn score(&self) -> f64 {
        let counted = self.killed + self.survived;
        if counted == 0 { 100.0 } else { 100.0 * self.killed as f64 / counted as f64 }
    }
}

impl Summary<'_> {
    /// Whether the cases are strong enough.
    pub fn is_good_enough(&self, percent: f64) -> bool {
        let nulls = self.nulls.iter().all(|(null, passed)| unexcused(null, passed).is_empty());
        nulls
            && self.killed_equivalents().is_empty()
            && Counts::from_fates(self.fates.iter()).score() >= percent
    }

    fn survivors(&self) -> impl Iterator<Item = &Fate<'_>> {
        self.fates.iter().filter(|f| f.killer.is_none() && equivalent::reason(f.mutant).is_none())
    }

    /// Mutants that are listed as equivalent but were killed.
    fn killed_equivalents(&self) -> Vec<&Fate<'_>> {
        let wrong = |f: &&Fate| f.killer.is_some() && equivalent::reason(f.mutant).is_some();
        self.fates.iter().filter(wrong).collect()
    }

    fn title(&self) -> String {
        let source = match self.wasi_testsuite {
            Some(dir) => format!("tests in {}", dir.display()),
            None => "cases".to_owned(),
        };
        let baseline = |(name, passed): &(String, usize)| format!("{passed} on {name}");
        let baselines: Vec<String> = self.baselines.iter().map(baseline).collect();
        format!(
            "{} {source}; passing without a fault, and so able to kill a mutant: {}",
            self.cases,
            baselines.join(", ")
        )
    }

    fn score(&self) -> String {
        let counts = Counts::from_fates(self.fates.iter());
        format!(
            "{} mutants: {} killed, {} survived, {} equivalent; score {:.1} % (equivalent mutants not counted)",
            counts.all,
            counts.killed,
            counts.survived,
            counts.equivalent,
            counts.score()
        )
    }
}

fn unexcused<'a>(null: &Mutant, passed: &[&'a Case]) -> Vec<&'a Case> {
    let excused = |case: &Case| {
        EXCEPTIONS.iter().any(|(runtime, id, _)| *runtime == null.description && *id == case.id)
    };
    passed.iter().copied().filter(|case| !excused(case)).collect()
}

fn survivor(fate: &Fate) -> String {
    let seen = match (fate.noticed, fate.reached) {
        (Some(case), _) => format!("only {} notices it, and its level is may", case.id),
        (None, 0) => "no case calls the function".to_owned(),
        (None, n) => format!("{n} cases call the function"),
    };
    let reason =
        equivalent::survival_reason(fate.mutant).map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} ({seen}){reason}", fate.mutant.name())
}

/// The summary for a terminal.
pub fn text(summary: &Summary) -> String {
    let mut out = format!("{}\n\n", summary.title());
    for (null, passed) in &summary.nulls {
        let _ =
            writeln!(out, "null runtime that {}: passes {} cases", null.description, passed.len());
        for case in unexcused(null, passed) {
            let _ = writeln!(out, "  {}", case.id);
        }
    }
    out.push('\n');
    for (function, counts) in by_function(summary) {
        let _ = writeln!(
            out,
            "{function:24} {:3} mutants: {:3} killed, {:3} survived, {:3} equivalent",
            counts.all, counts.killed, counts.survived, counts.equivalent
        );
    }
    out.push('\n');
    for fate in summary.survivors() {
        let _ = writeln!(out, "SURVIVED {}", survivor(fate));
    }
    for fate in summary.killed_equivalents() {
        let killer = fate.killer.map_or(String::new(), |(case, on)| case.id_on(on));
        let _ =
            writeln!(out, "LISTED AS EQUIVALENT BUT KILLED {} (by {killer})", fate.mutant.name());
    }
    let _ = writeln!(out, "{}", summary.score());
    out
}

/// The page reports/mutants.md.
pub fn markdown(summary: &Summary) -> String {
    let mut out = String::from("# Mutants\n\n");
    let _ = writeln!(
        out,
        "How strong the cases are. A mutant is a correct runtime with one deliberate fault; it is killed if a case of \
         level must or should notices the fault. Written by `cargo xtask mutants`.\n"
    );
    let _ = writeln!(out, "{}.\n\n{}.\n", summary.title(), summary.score());
    out.push_str("| null runtime | cases passed |\n| --- | ---: |\n");
    for (null, passed) in &summary.nulls {
        let _ = writeln!(out, "| {} | {} |", null.description, passed.len());
    }
    out.push_str("\n| function | mutants | killed | survived | equivalent |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: |\n");
    for (function, counts) in by_function(summary) {
        let _ = writeln!(
            out,
            "| `{function}` | {} | {} | {} | {} |",
            counts.all, counts.killed, counts.survived, counts.equivalent
        );
    }
    let survivors: Vec<String> = summary.survivors().map(survivor).collect();
    if !survivors.is_empty() {
        let _ = writeln!(out, "\n## Survivors ({})\n", survivors.len());
        for line in survivors {
            let _ = writeln!(out, "- {line}");
        }
    }
    let line = |fate: &Fate| {
        let reason = equivalent::reason(fate.mutant).filter(|_| fate.killer.is_none())?;
        Some(format!("- {}: {reason}", fate.mutant.name()))
    };
    let equivalents: Vec<String> = summary.fates.iter().filter_map(line).collect();
    if !equivalents.is_empty() {
        let _ =
            writeln!(out, "\n## Equivalent ({})\n\n{}", equivalents.len(), equivalents.join("\n"));
    }
    out
}

fn by_function<'a>(summary: &'a Summary) -> impl Iterator<Item = (&'static str, Counts)> + 'a {
    FUNCTIONS
        .iter()
        .map(|function| {
            let fates = summary.fates.iter().filter(|fate| fate.mutant.function == function.name);
            (function.name, Counts::from_fates(fates))
        })
        .filter(|(_, counts)| counts.all > 0)
}
