//! Why verdicts are what they are, and the bugs without a report among the reasons.

use std::collections::HashMap;

use indexmap::IndexSet;
use serde::Serialize;

use crate::known::DivergenceKind;
use crate::report::causes::{self, is_reported};
use crate::results::run_file::{Run, VerdictRow};

/// Why verdicts are what they are.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Reason<'a> {
    /// The id of the cause, if it is known.
    cause: Option<&'a str>,
    note: &'a str,
    kind: Option<DivergenceKind>,
    link: Option<&'a str>,
    /// Whether the link leads to where somebody has reported it.
    reported: bool,
}

/// A bug without a report: a cause of a code base, as every report counts them.
#[derive(Serialize)]
pub struct Finding {
    /// Places of the reason, the runtimes and the cases.
    reason: usize,
    runtimes: Vec<usize>,
    cases: Vec<usize>,
}

impl<'a> Reason<'a> {
    pub fn of(row: &'a VerdictRow) -> Vec<Self> {
        causes::Reason::of(row).into_iter().map(Reason::new).collect()
    }

    fn new(reason: causes::Reason<'a>) -> Self {
        let causes::Reason { cause, kind, link, text } = reason;
        Reason { cause, note: text, kind, link, reported: link.is_some_and(is_reported) }
    }
}

/// By code base; in each, causes of most cases first.
pub fn findings(run: &Run, reasons: &IndexSet<Reason>) -> Vec<Finding> {
    let runtimes = places(run.runtimes.iter().map(|row| row.name.as_str()));
    let cases = places(run.cases.iter().map(|case| case.id.as_str()));
    let mut findings = Vec::new();
    for code_base in causes::code_bases(run) {
        let causes = code_base.causes(run, |row| !row.known.is_empty());
        for cause in causes.iter().filter(|cause| cause.reason.is_finding()) {
            findings.push(Finding {
                reason: reasons
                    .get_index_of(&Reason::new(cause.reason))
                    .expect("every verdict's reasons are there"),
                runtimes: cause.rows.iter().map(|name| runtimes[name]).collect(),
                cases: cause.cases.iter().map(|id| cases[id]).collect(),
            });
        }
    }
    findings
}

fn places<'a>(names: impl Iterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    names.enumerate().map(|(place, name)| (name, place)).collect()
}
