//! What the page knows of a run: all of it, with what is equal stored once and what is as expected
//! not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use runner_kit::Socket;
use serde::Serialize;
use serde_json::Value;

use super::diff::{Diff, diff};
use super::history::History;
use super::packed::Table;
use crate::case::{Area, Level, Tag};
use crate::known::DivergenceKind;
use crate::report::causes::is_reported;
use crate::report::coverage;
use crate::report::flaky;
use crate::report::tree::{self, Name};
use crate::results::run_file::{
    CaseRow, Host, ObservedRow, PreopenRow, RuleRow, Run, RuntimeRow, VerdictRow,
};
use crate::verdict::judge::{Mismatch, Part, Verdict, describe_outcome};

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
    sources: &'a BTreeMap<String, String>,
    functions: Vec<coverage::FunctionRow<'a>>,
    history: History,
}

#[derive(Serialize)]
struct Runtime<'a> {
    row: &'a RuntimeRow,
    /// One letter for each case, in the order of the cases.
    verdicts: String,
    /// Of those verdicts that say more than that all is as expected: the case, the reason, and the
    /// observation.
    details: Vec<(usize, Option<usize>, Option<usize>)>,
    /// Cases that did not always come out the same, with how often each way.
    varies: Vec<(usize, String)>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    area: Area,
    level: Level,
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

/// What came out of a case, where it was not what the case expects, or one of several such texts.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Observation {
    outcome: String,
    parts: Vec<Difference>,
    /// Places of texts that are no difference, and not what is expected either.
    stdout: Option<usize>,
    stderr: Option<usize>,
}

/// A part that is not as expected: places of both texts, and of their difference.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Difference(&'static str, usize, usize, usize);

/// Why verdicts are what they are.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Reason<'a> {
    note: &'a str,
    kind: Option<DivergenceKind>,
    link: Option<&'a str>,
    /// Whether the link leads to where somebody has reported it.
    reported: bool,
    /// Whether the record says that it differs from run to run.
    flaky: bool,
}

/// What is equal, once.
#[derive(Default)]
struct Tables<'a> {
    texts: Table<&'a str>,
    diffs: Table<Diff>,
    diff_of: HashMap<(usize, usize), usize>,
    observations: Table<Observation>,
    reasons: Table<Reason<'a>>,
}

pub fn of(run: &Run, history: History) -> Data<'_> {
    let mut tables = Tables::default();
    let mut runtimes: Vec<Runtime> = run
        .runtimes
        .iter()
        .map(|row| Runtime { row, verdicts: String::new(), details: vec![], varies: vec![] })
        .collect();
    let verdicts: HashMap<(&str, &str), &VerdictRow> =
        run.verdicts.iter().map(|v| ((v.runtime.as_str(), v.case.as_str()), v)).collect();
    let mut cases = Vec::new();
    // Case by case, so that texts that are alike stand close to each other and compress well.
    for (i, row) in run.cases.iter().enumerate() {
        cases.push(tables.case(row));
        for runtime in &mut runtimes {
            let key = (runtime.row.name.as_str(), row.id.as_str());
            let Some(verdict) = verdicts.get(&key) else {
                runtime.verdicts.push('.');
                continue;
            };
            runtime.verdicts.push(letter(verdict.verdict));
            let reason = tables.reason(verdict);
            let observation =
                verdict.observed.as_ref().and_then(|o| tables.observation(row, verdict, o));
            if reason.is_some() || observation.is_some() {
                runtime.details.push((i, reason, observation));
            }
            if !verdict.varies.is_empty() {
                runtime.varies.push((i, flaky::ways(verdict)));
            }
        }
    }
    Data {
        tool: &run.tool,
        started: &run.started,
        seconds: run.seconds,
        complete: run.complete,
        own: run.suite.is_some(),
        limits: limits(run),
        host: &run.host,
        areas: run.cases.iter().map(|case| case.area).collect(),
        runtimes,
        rules: &run.rules,
        cases,
        texts: tables.texts.into_entries(),
        diffs: tables.diffs.into_entries(),
        observations: tables.observations.into_entries(),
        reasons: tables.reasons.into_entries(),
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
            stdout: row.stdout.iter().map(|text| self.texts.place(text)).collect(),
            stderr: row.stderr.iter().map(|text| self.texts.place(text)).collect(),
            after: match (&row.fs, &row.fs_after) {
                (Some(before), Some(after)) => Some(tree::after(before, after)),
                _ => None,
            },
            source: &row.source,
            guest_sources: &row.guest_sources,
        }
    }

    fn reason(&mut self, row: &'a VerdictRow) -> Option<usize> {
        if row.note.is_none() && row.known.is_none() {
            return None;
        }
        let link = row.known.as_ref().map(|known| known.link.as_str());
        Some(self.reasons.place(Reason {
            note: row.note.as_deref().unwrap_or_default(),
            kind: row.known.as_ref().map(|known| known.kind),
            link,
            reported: link.is_some_and(is_reported),
            flaky: row.flaky,
        }))
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
            // Of several allowed texts it is told which came out.
            let shown = match expected {
                [] => !text.is_empty(),
                [only] => text != only && !text.is_empty(),
                [_, ..] => true,
            };
            (shown && !differs(part)).then(|| self.texts.place(text))
        };
        let stdout = unlike(Part::Stdout, &observed.stdout, &case.stdout);
        let stderr = unlike(Part::Stderr, &observed.stderr, &case.stderr);
        if row.mismatches.is_empty() && stdout.is_none() && stderr.is_none() {
            return None;
        }
        let parts = row.mismatches.iter().map(|mismatch| self.difference(mismatch)).collect();
        let outcome = describe_outcome(&observed.outcome).trim_end().to_owned();
        Some(self.observations.place(Observation { outcome, parts, stdout, stderr }))
    }

    fn difference(&mut self, mismatch: &'a Mismatch) -> Difference {
        let part = match mismatch.part {
            Part::Exit => "exit",
            Part::Stdout => "stdout",
            Part::Stderr => "stderr",
            Part::Tree => "final tree",
            Part::Canary => "canary",
            Part::Processes => "processes",
        };
        let expected = self.texts.place(&mismatch.expected);
        let observed = self.texts.place(&mismatch.observed);
        let place = match self.diff_of.get(&(expected, observed)) {
            Some(place) => *place,
            None => self.diffs.place(diff(&mismatch.expected, &mismatch.observed)),
        };
        self.diff_of.insert((expected, observed), place);
        Difference(part, expected, observed, place)
    }
}
