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
    note: &'a str,
    kind: Option<DivergenceKind>,
    link: Option<&'a str>,
    /// Whether the link leads to where somebody has reported it.
    reported: bool,
    /// Whether the divergence says that it is flaky.
    flaky: bool,
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
    pub fn of(row: &'a VerdictRow) -> Self {
        let known = row.known.as_ref();
        let link = known.map(|known| known.link.as_str());
        Reason {
            note: row.note.as_deref().unwrap_or_default(),
            kind: known.map(|known| known.kind),
            link,
            reported: link.is_some_and(is_reported),
            flaky: row.flaky,
        }
    }

    /// The same without what may differ between cases of one cause.
    fn cause(&self) -> causes::Reason<'_> {
        causes::Reason { kind: self.kind, link: self.link, text: self.note.trim() }
    }
}

/// By code base; in each, causes of most cases first.
pub fn findings(run: &Run, reasons: &IndexSet<Reason>) -> Vec<Finding> {
    let runtimes = places(run.runtimes.iter().map(|row| row.name.as_str()));
    let cases = places(run.cases.iter().map(|case| case.id.as_str()));
    let mut place_of: HashMap<causes::Reason, usize> = HashMap::new();
    for (place, reason) in reasons.iter().enumerate() {
        place_of.entry(reason.cause()).or_insert(place);
    }
    let mut findings = Vec::new();
    for code_base in causes::code_bases(run) {
        let causes = code_base.causes(run, |row| row.known.is_some());
        for cause in causes.iter().filter(|cause| cause.reason.is_finding()) {
            findings.push(Finding {
                reason: place_of[&cause.reason],
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
