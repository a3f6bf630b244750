//! The coverage of a run: which functions guests called, which errnos these returned, and which
//! rules have a case that passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::bail;
use preview1::FUNCTIONS;
use serde::Serialize;

use super::format::{Format, Made, Uses};
use super::printable::printable;
use super::tables::{Style, draw, new};
use crate::case::{Basis, Level};
use crate::results::run_file::{CaseRow, RuleRow, Run};
use crate::verdict::judge::Verdict;

pub const FORMAT: Format = Format {
    name: "coverage",
    help: "the functions, errnos and rules that a run covers, and those it does not",
    file: None,
    uses: Uses::Run,
    make: |run, _| {
        if !run.has_coverage() {
            bail!("this run has no coverage: make one with `wasi-conformance run --coverage`");
        }
        Ok(Made::Text(render(run, Style::Terminal)))
    },
};

const SUCCESS: &str = "success";

/// The whole report; empty if the run has no coverage.
pub fn render(run: &Run, style: Style) -> String {
    let run = &printable(run);
    let seen = Seen::of(run);
    let mut out = String::new();
    if seen.functions.is_empty() {
        return out;
    }
    let _ = writeln!(out, "{}\n", summary(&seen));
    let _ = writeln!(out, "{}", functions(&seen, style));
    let _ = writeln!(out, "{}\n", LEGEND);
    if !run.rules.is_empty() {
        let _ = writeln!(out, "{}", rules(run, style));
    }
    out.push_str(&missing(&seen, run));
    out
}

const LEGEND: &str = "rust, c: cases whose guest calls the function. returns: runtimes on which it succeeds (or, if \
                      it never returns, is called). errnos: those that it returned; `:2` means on two runtimes only";

/// Only the totals, in Markdown.
pub fn in_short(run: &Run) -> String {
    let seen = Seen::of(run);
    let mut out = format!("{}.\n", summary(&seen));
    if !run.rules.is_empty() {
        let results = rule_results(run);
        let passed = |rule: &&RuleRow| {
            results.get(rule.id.as_str()).is_some_and(|results| !results.passed.is_empty())
        };
        let passed = run.rules.iter().filter(passed).count();
        let untested = run.rules.iter().filter(|rule| rule.untested.is_some()).count();
        let _ = writeln!(
            out,
            "\n{passed} of {} rules have a case that passes on some runtime; {untested} are untested, \
             each with a reason.",
            run.rules.len()
        );
    }
    out
}

/// The coverage of one function, for the HTML report.
#[derive(Serialize)]
pub struct FunctionRow<'a> {
    name: &'a str,
    /// How many cases call it, by the language of their guest.
    cases: BTreeMap<&'a str, usize>,
    /// Runtimes on which it was called.
    called: BTreeSet<&'a str>,
    /// By result, the runtimes on which it returned that.
    returned: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

/// Every function, called or not; empty if the run has no coverage.
pub fn function_rows(run: &Run) -> Vec<FunctionRow<'_>> {
    let mut seen = Seen::of(run);
    if seen.functions.is_empty() {
        return vec![];
    }
    let row = |name| {
        let function = seen.functions.remove(name).unwrap_or_default();
        FunctionRow {
            name,
            cases: function.cases.iter().map(|(language, ids)| (*language, ids.len())).collect(),
            called: function.called,
            returned: function.returned,
        }
    };
    names().map(row).collect()
}

fn names() -> impl Iterator<Item = &'static str> {
    FUNCTIONS.iter().map(|function| function.name)
}

/// The coverage of one function.
#[derive(Default)]
struct Function<'a> {
    /// Cases that call it, by the language of their guest.
    cases: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Runtimes on which it was called.
    called: BTreeSet<&'a str>,
    /// By result, the runtimes on which it returned that.
    returned: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

impl Function<'_> {
    /// On how many runtimes it succeeds.
    fn succeeds(&self) -> usize {
        match self.returned.get(SUCCESS) {
            Some(runtimes) => runtimes.len(),
            None if self.returned.is_empty() => self.called.len(),
            None => 0,
        }
    }

    fn cases(&self, language: &str) -> usize {
        self.cases.get(language).map_or(0, BTreeSet::len)
    }
}

struct Seen<'a> {
    functions: BTreeMap<&'a str, Function<'a>>,
    languages: BTreeSet<&'a str>,
    /// Runtimes with coverage.
    runtimes: BTreeSet<&'a str>,
}

impl<'a> Seen<'a> {
    fn of(run: &'a Run) -> Self {
        let cases: BTreeMap<&str, &CaseRow> =
            run.cases.iter().map(|case| (case.id.as_str(), case)).collect();
        let mut seen = Seen {
            functions: BTreeMap::new(),
            languages: BTreeSet::new(),
            runtimes: BTreeSet::new(),
        };
        for row in &run.verdicts {
            let Some(calls) = row.observed.as_ref().and_then(|o| o.calls.as_ref()) else {
                continue;
            };
            let language = cases.get(row.case.as_str()).map_or("other", |case| language(case));
            seen.languages.insert(language);
            seen.runtimes.insert(&row.runtime);
            for (name, returned) in calls {
                let function = seen.functions.entry(name).or_default();
                function.cases.entry(language).or_default().insert(&row.case);
                function.called.insert(&row.runtime);
                for errno in returned {
                    function.returned.entry(errno).or_default().insert(&row.runtime);
                }
            }
        }
        seen
    }

    fn get(&self, name: &str) -> Option<&Function<'a>> {
        self.functions.get(name)
    }
}

/// The language of a case's guest: guests are named `LANGUAGE-NAME`.
fn language(case: &CaseRow) -> &str {
    match case.guest.split_once('-') {
        Some((language @ ("rust" | "c"), _)) => language,
        _ => "other",
    }
}

fn summary(seen: &Seen) -> String {
    let count = |test: &dyn Fn(&Function) -> bool| {
        names().filter(|name| seen.get(name).is_some_and(test)).count()
    };
    let mut parts = vec![
        format!("{} of {} functions were called", count(&|_| true), FUNCTIONS.len()),
        format!("{} succeeded", count(&|function| function.succeeds() > 0)),
    ];
    for language in &seen.languages {
        parts.push(format!("{} from {language}", count(&|f| f.cases(language) > 0)));
    }
    let errnos: usize = seen
        .functions
        .values()
        .map(|f| f.returned.keys().filter(|&&errno| errno != SUCCESS).count())
        .sum();
    parts.push(format!("{errnos} pairs of a function and an errno were seen"));
    parts.join(", ")
}

fn functions(seen: &Seen, style: Style) -> String {
    let mut table = new(style);
    let heads = ["function"].into_iter().chain(seen.languages.iter().copied());
    table.set_header(heads.chain(["returns", "errnos"]));
    let all = seen.runtimes.len();
    for name in names() {
        let Some(function) = seen.get(name) else {
            continue;
        };
        let counts = seen.languages.iter().map(|language| function.cases(language).to_string());
        let errno = |(errno, on): (&&str, &BTreeSet<&str>)| match on.len() {
            n if n == all => (*errno).to_owned(),
            n => format!("{errno}:{n}"),
        };
        let errnos = function.returned.iter().filter(|(errno, _)| **errno != SUCCESS).map(errno);
        let cells =
            [format!("{} of {all}", function.succeeds()), errnos.collect::<Vec<_>>().join(" ")];
        table.add_row(std::iter::once(name.to_owned()).chain(counts).chain(cells));
    }
    draw(table, seen.languages.len())
}

/// Rules by level, then by basis: how many there are, how many are untested, and how many have a case
/// that passes, by language and runtime.
fn rules(run: &Run, style: Style) -> String {
    let results = rule_results(run);
    let runtimes = run.runtimes.iter().filter(|r| r.unavailable.is_none());
    let runtimes: Vec<&str> = runtimes.map(|r| r.name.as_str()).collect();
    let mut table = new(style);
    let heads = ["rules", "all", "untested", "passed", "from rust", "from c"];
    let kept = runtimes.iter().map(|name| format!("kept by {name}"));
    table.set_header(heads.into_iter().map(str::to_owned).chain(kept));
    let rows = rule_groups(run);
    for (name, rules) in rows {
        let count = |test: &dyn Fn(&RuleResults) -> bool| {
            let counted = |rule: &&&RuleRow| results.get(rule.id.as_str()).is_some_and(test);
            rules.iter().filter(counted).count().to_string()
        };
        let untested = rules.iter().filter(|rule| rule.untested.is_some()).count();
        let counts = [
            rules.len().to_string(),
            untested.to_string(),
            count(&|results| !results.passed.is_empty()),
            count(&|results| results.languages.contains("rust")),
            count(&|results| results.languages.contains("c")),
        ];
        let kept = runtimes.iter().map(|name| count(&|results| results.kept_by(name)));
        table.add_row(std::iter::once(name).chain(counts).chain(kept));
    }
    draw(table, 5 + runtimes.len())
}

/// The rules of each level, then those of each basis.
fn rule_groups(run: &Run) -> Vec<(String, Vec<&RuleRow>)> {
    let group = |name: String, is_in: &dyn Fn(&RuleRow) -> bool| {
        (name, run.rules.iter().filter(|rule| is_in(rule)).collect())
    };
    let levels = [Level::Must, Level::Should, Level::May];
    let levels = levels.map(|level| group(level.to_string(), &|rule| rule.level == level));
    let bases = Basis::ALL.map(|basis| group(basis.to_string(), &|rule| rule.basis == basis));
    levels.into_iter().chain(bases).collect()
}

/// The verdicts of a rule's cases.
#[derive(Default)]
struct RuleResults<'a> {
    /// Runtimes on which a case passed.
    passed: BTreeSet<&'a str>,
    /// Runtimes on which a case ran and did not pass.
    broken: BTreeSet<&'a str>,
    /// The languages of the guests of the cases that passed.
    languages: BTreeSet<&'a str>,
}

impl RuleResults<'_> {
    /// Whether every case of the rule that ran on a runtime passed there.
    fn kept_by(&self, runtime: &str) -> bool {
        self.passed.contains(runtime) && !self.broken.contains(runtime)
    }
}

fn rule_results(run: &Run) -> BTreeMap<&str, RuleResults<'_>> {
    let cases: BTreeMap<&str, &CaseRow> =
        run.cases.iter().map(|case| (case.id.as_str(), case)).collect();
    let mut by_rule: BTreeMap<&str, RuleResults> = BTreeMap::new();
    for row in &run.verdicts {
        let Some(case) = cases.get(row.case.as_str()) else { continue };
        for rule in &case.rules {
            let results = by_rule.entry(rule).or_default();
            match row.verdict {
                Verdict::Pass => {
                    results.passed.insert(&row.runtime);
                    results.languages.insert(language(case));
                }
                Verdict::Skip | Verdict::HarnessError | Verdict::Flaky => {}
                Verdict::Differs | Verdict::Fail | Verdict::Known | Verdict::UnexpectedPass => {
                    results.broken.insert(&row.runtime);
                }
            }
        }
    }
    by_rule
}

/// The gaps: functions and rules that the run does not cover.
fn missing(seen: &Seen, run: &Run) -> String {
    let mut out = String::new();
    let mut line = |gap: &str, names: Vec<&str>| {
        if !names.is_empty() {
            let _ = writeln!(out, "{gap} ({}): {}\n", names.len(), names.join(", "));
        }
    };
    let functions = |test: &dyn Fn(Option<&Function>) -> bool| -> Vec<&str> {
        names().filter(|name| test(seen.get(name))).collect()
    };
    line("Never called", functions(&|f| f.is_none()));
    line(
        "Called, but successful on no runtime",
        functions(&|f| f.is_some_and(|f| f.succeeds() == 0)),
    );
    for language in seen.languages.iter().filter(|_| seen.languages.len() > 1) {
        let gap = format!("Not called from {language}");
        line(&gap, functions(&|f| f.is_some_and(|f| f.cases(language) == 0)));
    }
    let results = rule_results(run);
    let never_passed = run.rules.iter().filter(|rule| {
        rule.untested.is_none()
            && results.get(rule.id.as_str()).is_none_or(|results| results.passed.is_empty())
    });
    let names = never_passed.map(|rule| rule.id.as_str()).collect();
    line("Rules without a case that passes", names);
    let untested = run.rules.iter().filter_map(|rule| Some((rule, rule.untested.as_ref()?)));
    for (rule, why) in untested {
        let _ = writeln!(out, "- {} is untested: {}", rule.id, why.trim().replace('\n', " "));
    }
    out
}
