//! What the page knows of a run: all of it, with what is equal stored once and what is as expected
//! not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use indexmap::IndexSet;
use runner_kit::{Outcome, Socket};
use serde::Serialize;
use serde_json::Value;

use super::diff::{Diff, diff};
use super::history::History;
use super::reasons::{Finding, Reason, findings};
use crate::case::{Area, Basis, Level, Tag};
use crate::report::coverage;
use crate::report::flaky;
use crate::report::timeouts::Timeouts;
use crate::report::tree::{self, Name};
use crate::results::run_file::{
    CaseRow, Host, ObservedRow, PreopenRow, RuleRow, Run, RuntimeRow, VerdictRow,
};
use crate::verdict::failure::Failure;
use crate::verdict::judge::{Mismatch, Part, Verdict, describe_outcome};
use crate::verdict::signature;

#[derive(Serialize)]
pub struct Data<'a> {
    tool: &'a str,
    started: &'a str,
    seconds: f64,
    complete: bool,
    /// Whether the cases are those of this project.
    own: bool,
    /// What was left out on purpose, and what is missing of a merged run, in sentences.
    limits: Vec<String>,
    /// How many cases timed out and were run again, in words.
    timeouts: Option<String>,
    host: &'a Host,
    /// In the order of every other report.
    areas: BTreeSet<Area>,
    runtimes: Vec<Runtime<'a>>,
    rules: &'a [RuleRow],
    cases: Vec<Case<'a>>,
    /// What guests printed or should have, and what was found besides.
    texts: Vec<&'a str>,
    diffs: Vec<Diff>,
    observations: Vec<Observation>,
    reasons: Vec<Reason<'a>>,
    /// Bugs without a report, by code base.
    findings: Vec<Finding>,
    sources: &'a BTreeMap<String, String>,
    functions: Vec<coverage::FunctionRow<'a>>,
    history: History,
}

#[derive(Serialize)]
struct Runtime<'a> {
    row: &'a RuntimeRow,
    /// One letter for each case, in the order of the cases.
    verdicts: String,
    /// The case, the reasons and the observation of verdicts that are not just as expected.
    details: Vec<(usize, Vec<usize>, Option<usize>)>,
    /// Cases that did not always come out the same, with how often each way.
    varies: Vec<(usize, String)>,
    /// Cases that timed out and were run again, alone, and whether they timed out again.
    retried: Vec<(usize, bool)>,
    /// How many they were, in words.
    timeouts: Option<String>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    area: Area,
    level: Level,
    basis: Basis,
    title: &'a str,
    rules: &'a [String],
    spec: &'a str,
    tags: &'a BTreeSet<Tag>,
    guest: &'a str,
    args: &'a [String],
    env: &'a [String],
    stdin: &'a Value,
    socket: Option<Socket>,
    timeout: Option<f64>,
    preopens: &'a [PreopenRow],
    fs: Option<Vec<Name<'a>>>,
    exit: &'a Value,
    /// Places of texts.
    stdout: Vec<usize>,
    stderr: Vec<usize>,
    after: Option<Vec<Name<'a>>>,
    source: &'a str,
    guest_sources: &'a [String],
}

/// What a runtime did, if it is not as expected or the case accepts or ignores several outputs.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Observation {
    outcome: String,
    parts: Vec<Difference>,
    /// Places of texts that are no difference, and not what is expected either.
    stdout: Option<usize>,
    stderr: Option<usize>,
    /// What went wrong, in a few words.
    summary: Option<String>,
    /// A number that two have if and only if they did the same, whatever their messages say.
    behaviour: usize,
}

/// A part that is not as expected: places of both texts, and of their difference.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Difference(&'static str, usize, usize, usize);

impl<'a> Runtime<'a> {
    fn new(row: &'a RuntimeRow, run: &Run) -> Self {
        Runtime {
            row,
            verdicts: String::new(),
            details: vec![],
            varies: vec![],
            retried: vec![],
            timeouts: Timeouts::of(run.of_runtime(&row.name)).sentence(),
        }
    }
}

/// What is equal, once.
#[derive(Default)]
struct Tables<'a> {
    texts: IndexSet<&'a str>,
    diffs: IndexSet<Diff>,
    diff_of: HashMap<(usize, usize), usize>,
    observations: IndexSet<Observation>,
    behaviours: IndexSet<Behaviour>,
    reasons: IndexSet<Reason<'a>>,
}

/// The signature of a failure, and the places of outputs that the case does not compare.
type Behaviour = (Option<String>, Option<usize>, Option<usize>);

pub fn of(run: &Run, history: History) -> Data<'_> {
    let mut tables = Tables::default();
    let mut runtimes: Vec<Runtime> =
        run.runtimes.iter().map(|row| Runtime::new(row, run)).collect();
    let verdicts: HashMap<(&str, &str), &VerdictRow> =
        run.verdicts.iter().map(|v| ((v.runtime.as_str(), v.case.as_str()), v)).collect();
    let mut cases = Vec::new();
    // Case by case, so that similar texts are close to each other and compress well.
    for (i, row) in run.cases.iter().enumerate() {
        cases.push(tables.case(row));
        for runtime in &mut runtimes {
            let key = (runtime.row.name.as_str(), row.id.as_str());
            let Some(verdict) = verdicts.get(&key) else {
                runtime.verdicts.push('.');
                continue;
            };
            runtime.verdicts.push(letter(verdict.verdict));
            let reasons = tables.reasons(verdict);
            let observation =
                verdict.observed.as_ref().and_then(|o| tables.observation(row, verdict, o));
            if !reasons.is_empty() || observation.is_some() {
                runtime.details.push((i, reasons, observation));
            }
            if let Some(timeouts) = verdict.timeouts {
                runtime.retried.push((i, timeouts.confirmed > 0));
            }
            if !verdict.varies.is_empty() {
                runtime.varies.push((i, flaky::ways(verdict)));
            }
        }
    }
    let findings = findings(run, &tables.reasons);
    Data {
        tool: &run.tool,
        started: &run.started,
        seconds: run.seconds,
        complete: run.complete,
        own: run.cases_digest.is_some(),
        limits: limits(run),
        timeouts: Timeouts::of(&run.verdicts).sentence(),
        host: &run.host,
        areas: run.cases.iter().map(|case| case.area).collect(),
        runtimes,
        rules: &run.rules,
        cases,
        texts: tables.texts.into_iter().collect(),
        diffs: tables.diffs.into_iter().collect(),
        observations: tables.observations.into_iter().collect(),
        reasons: tables.reasons.into_iter().collect(),
        findings,
        sources: &run.sources,
        functions: coverage::function_rows(run),
        history,
    }
}

fn limits(run: &Run) -> Vec<String> {
    let mut limits = Vec::new();
    if let Some(shard) = run.shard {
        limits.push(format!("Only shard {shard} of the cases."));
    }
    if !run.filters.is_empty() {
        limits.push(format!("Only cases that match {}.", run.filters.join(", ")));
    }
    if !run.merged.is_empty() {
        limits.push(format!("Merged from {} runs.", run.merged.len()));
        limits.extend(run.missing().iter().map(|missing| format!("Missing: {missing}.")));
    }
    limits
}

/// `words.js` reads these.
fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Pass => 'p',
        Verdict::Differs => 'd',
        Verdict::Flaky => 'y',
        Verdict::Fail => 'f',
        Verdict::Known => 'k',
        Verdict::UnexpectedPass => 'x',
        Verdict::Skip => 's',
        Verdict::HarnessError => 'e',
    }
}

impl<'a> Tables<'a> {
    fn case(&mut self, row: &'a CaseRow) -> Case<'a> {
        Case {
            id: &row.id,
            area: row.area,
            level: row.level,
            basis: row.basis,
            title: &row.title,
            rules: &row.rules,
            spec: &row.spec,
            tags: &row.tags,
            guest: &row.guest,
            args: &row.args,
            env: &row.env,
            stdin: &row.stdin,
            socket: row.socket,
            timeout: row.timeout,
            preopens: &row.preopens,
            fs: row.fs.as_ref().map(tree::before),
            exit: &row.exit,
            stdout: row.stdout.iter().map(|text| self.text(text)).collect(),
            stderr: row.stderr.iter().map(|text| self.text(text)).collect(),
            after: match (&row.fs, &row.fs_after) {
                (Some(before), Some(after)) => Some(tree::after(before, after)),
                _ => None,
            },
            source: &row.source,
            guest_sources: &row.guest_sources,
        }
    }

    fn reasons(&mut self, row: &'a VerdictRow) -> Vec<usize> {
        if row.note.is_none() && row.known.is_empty() {
            return vec![];
        }
        let reasons = Reason::of(row).into_iter();
        reasons.map(|reason| self.reasons.insert_full(reason).0).collect()
    }

    /// The place of a text.
    fn text(&mut self, text: &'a str) -> usize {
        self.texts.insert_full(text).0
    }

    /// What is worth showing of an observation, if anything.
    fn observation(
        &mut self,
        case: &'a CaseRow,
        row: &'a VerdictRow,
        observed: &'a ObservedRow,
    ) -> Option<usize> {
        let differs = |part: Part| row.mismatches.iter().any(|m| m.part == part);
        let mut unlike = |part: Part, text: &'a String, expected: &[String]| {
            // The page shows which of several allowed texts it was.
            let shown = match expected {
                [] => !text.is_empty(),
                [only] => text != only && !text.is_empty(),
                [_, ..] => true,
            };
            (shown && !differs(part)).then(|| self.text(text))
        };
        let stdout = unlike(Part::Stdout, &observed.stdout, &case.stdout);
        let stderr = unlike(Part::Stderr, &observed.stderr, &case.stderr);
        if row.mismatches.is_empty() && stdout.is_none() && stderr.is_none() {
            return None;
        }
        let parts = row.mismatches.iter().map(|mismatch| self.difference(mismatch)).collect();
        let outcome = describe_outcome(&observed.outcome).trim_end().to_owned();
        // A guest that does not exit leaves stderr to its runtime.
        let exited = matches!(observed.outcome, Outcome::Exit { .. });
        let behaviour = (signature::of(&row.difference), stdout, stderr.filter(|_| exited));
        let observation = Observation {
            outcome,
            parts,
            stdout,
            stderr,
            summary: Failure::new(&row.mismatches).map(|failure| failure.summary),
            behaviour: self.behaviours.insert_full(behaviour).0,
        };
        Some(self.observations.insert_full(observation).0)
    }

    fn difference(&mut self, mismatch: &'a Mismatch) -> Difference {
        let expected = self.text(&mismatch.expected);
        let observed = self.text(&mismatch.observed);
        let place = match self.diff_of.get(&(expected, observed)) {
            Some(place) => *place,
            None => self.diffs.insert_full(diff(&mismatch.expected, &mismatch.observed)).0,
        };
        self.diff_of.insert((expected, observed), place);
        Difference(mismatch.part.name(), expected, observed, place)
    }
}
