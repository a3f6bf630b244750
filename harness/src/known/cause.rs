//! Causes, and which differences they explain.

use std::collections::HashSet;

use semver::VersionReq;

use super::difference::{Change, Part, split};
use super::pattern::Pattern;
use super::{DivergenceKind, matches};
use crate::case::{Case, Source};

/// What a cause and a flaky line have in common.
#[derive(Clone, Debug)]
pub struct Head {
    pub id: String,
    pub versions: VersionReq,
    /// The only runtime that it applies to, if several share the file.
    pub applies_to: Option<String>,
    pub kind: DivergenceKind,
    pub why: String,
    pub link: String,
    /// Whether a person still has to say why.
    pub unfinished: bool,
    pub source: Source,
}

impl Head {
    /// Whether it applies to this version of a runtime.
    pub fn applies(&self, runtime: &str, version: &semver::Version) -> bool {
        self.applies_to.as_deref().is_none_or(|only| only == runtime)
            && matches(&self.versions, version)
    }
}

/// Why a runtime differs, and the differences that this explains.
#[derive(Clone, Debug)]
pub struct Cause {
    pub head: Head,
    /// By id; none if it explains differences of any case.
    pub cases: Option<HashSet<String>>,
    pub predicate: Option<Predicate>,
    pub consequences: bool,
}

/// A predicate over a changed line: every list that is not empty must have a match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicate {
    pub rule: Vec<Pattern>,
    pub call: Vec<Pattern>,
    pub expected: Vec<Pattern>,
    pub observed: Vec<Pattern>,
    pub exit: Vec<Pattern>,
    pub stdout_ends: Vec<Pattern>,
    pub part: Option<Part>,
}

/// What stands for a line that is not there.
const NONE: &str = "(none)";

/// Facts about all of a difference.
struct Whole<'a> {
    case: &'a Case,
    /// How the guest ended.
    ending: String,
    /// The last unexpected line of stdout.
    last: &'a str,
}

impl<'a> Whole<'a> {
    fn new(case: &'a Case, difference: &'a [Change]) -> Self {
        let observed = |part| {
            let of_part = difference.iter().rev().filter(move |change| change.part == part);
            of_part
                .filter_map(|change| change.observed.as_ref())
                .map(|line| line.text.as_str())
                .next()
        };
        let expected = || case.expect.exit.map(|ending| ending.to_string());
        Whole {
            case,
            ending: observed(Part::Exit).map(str::to_owned).or_else(expected).unwrap_or_default(),
            last: observed(Part::Stdout).unwrap_or_default(),
        }
    }
}

impl Predicate {
    fn holds(&self, whole: &Whole, change: &Change) -> bool {
        let any = |patterns: &[Pattern], matches: &dyn Fn(&Pattern) -> bool| {
            patterns.is_empty() || patterns.iter().any(matches)
        };
        let line = change.expected.as_ref().or(change.observed.as_ref());
        let line = line.map_or("", |line| line.text.as_str());
        let result = |line: &'_ Option<super::Line>| match line {
            Some(line) => split(change.part, &line.text).1.to_owned(),
            None => NONE.to_owned(),
        };
        let first_word = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
        let (expected, observed) = (result(&change.expected), result(&change.observed));
        self.part.is_none_or(|part| part == change.part)
            && any(&self.exit, &|p| p.matches(&whole.ending))
            && any(&self.stdout_ends, &|p| {
                Pattern::new(&format!("*{}", p.text())).matches(whole.last)
            })
            && any(&self.rule, &|p| whole.case.rules.iter().any(|rule| p.matches(rule)))
            && any(&self.call, &|p| {
                matches!(change.part, Part::Stdout | Part::Stderr)
                    && p.matches(call(&whole.case.guest, change.part, line))
            })
            && any(&self.expected, &|p| p.matches(&expected) || p.matches(&first_word(&expected)))
            && any(&self.observed, &|p| p.matches(&observed) || p.matches(&first_word(&observed)))
    }
}

/// The name of the function that a line of a transcript calls: `fd_read` of `n = fd_read 3 5 -> badf`,
/// `open` of `open("/data", O_RDONLY) -> opened`.
pub fn call<'a>(guest: &str, part: Part, line: &'a str) -> &'a str {
    let left = split(part, line).0;
    let statement = left.split_once(" = ").map_or(left, |(_, statement)| statement);
    let word = statement.split([' ', '(']).next().unwrap_or_default();
    // In preview 2, the object stands in front.
    if guest == "p2-calls" { word.rsplit('.').next().unwrap_or_default() } else { word }
}

impl Cause {
    fn is_about(&self, case: &Case) -> bool {
        self.cases.as_ref().is_none_or(|cases| cases.contains(&case.id))
    }

    fn claims(&self, whole: &Whole, change: &Change) -> bool {
        self.is_about(whole.case)
            && self.predicate.as_ref().is_none_or(|predicate| predicate.holds(whole, change))
    }
}

/// For each change of a case, the causes that claim it: one, if all is well. An escape from the preopen
/// is never explained.
pub fn claims<'a>(causes: &[&'a Cause], case: &Case, difference: &[Change]) -> Vec<Vec<&'a Cause>> {
    let whole = Whole::new(case, difference);
    // Whose consequences the next changes are.
    let mut earlier: Option<&Cause> = None;
    let claimed = |change: &Change| {
        if matches!(change.part, Part::Canary | Part::Processes) {
            return vec![];
        }
        let mut found: Vec<&Cause> =
            causes.iter().copied().filter(|cause| cause.claims(&whole, change)).collect();
        // A cause of one runtime alone goes before those of all that share the file.
        if found.iter().any(|cause| cause.head.applies_to.is_some()) {
            found.retain(|cause| cause.head.applies_to.is_some());
        }
        if let Some(cause) = found.iter().find(|cause| cause.consequences) {
            earlier = Some(cause);
        }
        match (found.is_empty(), earlier) {
            (true, Some(cause)) => vec![cause],
            _ => found,
        }
    };
    difference.iter().map(claimed).collect()
}
