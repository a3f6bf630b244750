//! What became of the mutants, for people.

use std::fmt::Write;
use std::path::Path;

use preview1::FUNCTIONS;
use wasi_conformance::case::Case;

use super::catalogue::Mutant;
use super::equivalent;
use super::hunt::Fate;
use super::nulls::EXCEPTIONS;

pub struct Summary<'a> {
    /// Another suite's folder.
    pub suite: Option<&'a Path>,
    pub cases: usize,
    /// The runtimes that faults were put on, and how many cases pass there without one.
    pub bases: Vec<(String, usize)>,
    /// What each null runtime passes.
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
    fn of<'a>(fates: impl Iterator<Item = &'a Fate<'a>>) -> Self {
        let mut counts = Counts::default();
        for fate in fates {
            counts.all += 1;
            match (fate.killer, equivalent::why(fate.mutant)) {
                (Some(_), _) => counts.killed += 1,
                (None, Some(_)) => counts.equivalent += 1,
                (None, None) => counts.survived += 1,
            }
        }
        counts
    }

    /// Percent of those that are not equivalent.
    fn score(&self) -> f64 {
        let counted = self.killed + self.survived;
        if counted == 0 { 100.0 } else { 100.0 * self.killed as f64 / counted as f64 }
    }
}

impl Summary<'_> {
    /// Whether the suite is as strong as it should be.
    pub fn holds(&self, percent: f64) -> bool {
        let nulls = self.nulls.iter().all(|(null, passed)| unexcused(null, passed).is_empty());
        nulls
            && self.wrongly_argued().is_empty()
            && Counts::of(self.fates.iter()).score() >= percent
    }

    fn survivors(&self) -> impl Iterator<Item = &Fate<'_>> {
        self.fates.iter().filter(|f| f.killer.is_none() && equivalent::why(f.mutant).is_none())
    }

    /// Mutants that are said to be equivalent and yet were killed.
    fn wrongly_argued(&self) -> Vec<&Fate<'_>> {
        let argued = |f: &&Fate| f.killer.is_some() && equivalent::why(f.mutant).is_some();
        self.fates.iter().filter(argued).collect()
    }

    fn title(&self) -> String {
        let suite = match self.suite {
            Some(folder) => format!("the suite in {}", folder.display()),
            None => "this suite".to_owned(),
        };
        let base = |(name, sound): &(String, usize)| format!("{sound} pass on {name}");
        let bases: Vec<String> = self.bases.iter().map(base).collect();
        format!(
            "{suite}: {} cases, of which those can notice a fault that pass without one: {}",
            self.cases,
            bases.join(", ")
        )
    }

    fn score(&self) -> String {
        let counts = Counts::of(self.fates.iter());
        format!(
            "{} mutants: {} killed, {} equivalent, {} survived: {:.1} % of those that are not equivalent",
            counts.all,
            counts.killed,
            counts.equivalent,
            counts.survived,
            counts.score()
        )
    }
}

fn unexcused<'a>(null: &Mutant, passed: &[&'a Case]) -> Vec<&'a Case> {
    let excused =
        |case: &Case| EXCEPTIONS.iter().any(|(what, id, _)| *what == null.what && *id == case.id);
    passed.iter().copied().filter(|case| !excused(case)).collect()
}

fn survivor(fate: &Fate) -> String {
    let seen = match (fate.noticed, fate.reached) {
        (Some(case), _) => format!("only {} notices, which is of level may", case.id),
        (None, 0) => "no case calls the function".to_owned(),
        (None, n) => format!("{n} cases call the function"),
    };
    let why = equivalent::unnoticed(fate.mutant).map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} ({seen}){why}", fate.mutant.name())
}

/// For a terminal.
pub fn text(summary: &Summary) -> String {
    let mut out = format!("{}\n\n", summary.title());
    for (null, passed) in &summary.nulls {
        let _ = writeln!(out, "null runtime that {}: passes {}", null.what, passed.len());
        for case in unexcused(null, passed) {
            let _ = writeln!(out, "  {}", case.id);
        }
    }
    out.push('\n');
    for (function, counts) in by_function(summary) {
        let _ = writeln!(
            out,
            "{function:24} {:3} mutants: {:3} killed, {:3} equivalent, {:3} survived",
            counts.all, counts.killed, counts.equivalent, counts.survived
        );
    }
    out.push('\n');
    for fate in summary.survivors() {
        let _ = writeln!(out, "SURVIVED {}", survivor(fate));
    }
    for fate in summary.wrongly_argued() {
        let killer = fate.killer.map_or(String::new(), |(case, on)| case.id_on(on));
        let _ = writeln!(out, "NOT EQUIVALENT {}: {killer} kills it", fate.mutant.name());
    }
    let _ = writeln!(out, "{}", summary.score());
    out
}

/// For a page.
pub fn markdown(summary: &Summary) -> String {
    let mut out = String::from("# Mutants\n\n");
    let _ = writeln!(
        out,
        "How strong the suite is: a mutant is a correct runtime with one deliberate fault, and is killed when a case of \
         level must or should notices. Written by `cargo xtask mutants`.\n"
    );
    let _ = writeln!(out, "{}.\n\n{}.\n", capital(&summary.title()), summary.score());
    out.push_str("| null runtime | cases passed |\n| --- | ---: |\n");
    for (null, passed) in &summary.nulls {
        let _ = writeln!(out, "| {} | {} |", null.what, passed.len());
    }
    out.push_str("\n| function | mutants | killed | equivalent | survived |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: |\n");
    for (function, counts) in by_function(summary) {
        let _ = writeln!(
            out,
            "| `{function}` | {} | {} | {} | {} |",
            counts.all, counts.killed, counts.equivalent, counts.survived
        );
    }
    let survivors: Vec<String> = summary.survivors().map(survivor).collect();
    if !survivors.is_empty() {
        let _ = writeln!(out, "\n## Survivors ({})\n", survivors.len());
        for line in survivors {
            let _ = writeln!(out, "- {line}");
        }
    }
    let excused = |fate: &Fate| {
        let why = equivalent::why(fate.mutant).filter(|_| fate.killer.is_none())?;
        Some(format!("- {}: {why}", fate.mutant.name()))
    };
    let equivalents: Vec<String> = summary.fates.iter().filter_map(excused).collect();
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
            let of = summary.fates.iter().filter(|fate| fate.mutant.function == function.name);
            (function.name, Counts::of(of))
        })
        .filter(|(_, counts)| counts.all > 0)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
