//! The number of verdicts of each kind, in all cases or in an area.

use std::collections::BTreeMap;

use runner_kit::WasiVersion;

use crate::case::Area;
use crate::results::run_file::{Run, RuntimeRow, VerdictRow};
use crate::verdict::judge::Verdict;

#[derive(Default)]
pub struct Counts(BTreeMap<Verdict, usize>);

impl Counts {
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a VerdictRow>) -> Self {
        let mut counts = Counts::default();
        for row in verdicts {
            *counts.0.entry(row.verdict).or_default() += 1;
        }
        counts
    }

    pub fn get(&self, verdict: Verdict) -> usize {
        self.0.get(&verdict).copied().unwrap_or(0)
    }

    pub fn total(&self) -> usize {
        self.0.values().sum()
    }

    /// `1170 pass, 271 known`
    pub fn parts(&self) -> String {
        let shown = Verdict::ALL.into_iter().filter(|&verdict| self.get(verdict) > 0);
        let parts: Vec<String> =
            shown.map(|verdict| format!("{} {verdict}", self.get(verdict))).collect();
        parts.join(", ")
    }

    /// Verdicts that fail the run.
    pub fn unexpected(&self) -> usize {
        Verdict::ALL.into_iter().filter(|v| v.is_unexpected()).map(|v| self.get(v)).sum()
    }

    /// Verdicts of cases that ran.
    pub fn ran(&self) -> usize {
        self.total() - self.get(Verdict::Skip)
    }
}

/// Cases of one version of WASI, by id, with their areas. The versions are shown apart, because few
/// runtimes offer preview 2.
pub struct Areas<'a>(BTreeMap<&'a str, Area>);

impl<'a> Areas<'a> {
    /// Those that have cases in this run.
    pub fn of(run: &'a Run) -> Vec<Areas<'a>> {
        let of_version = |version: WasiVersion| {
            let cases = run.cases.iter().filter(move |case| case.area.of() == version);
            Areas(cases.map(|case| (case.id.as_str(), case.area)).collect())
        };
        let all = [WasiVersion::Preview1, WasiVersion::Preview2].map(of_version);
        all.into_iter().filter(|areas| !areas.0.is_empty()).collect()
    }

    pub fn names(&self) -> Vec<Area> {
        let mut names: Vec<Area> = self.0.values().copied().collect();
        names.sort();
        names.dedup();
        names
    }

    /// The runtimes that have verdicts of these cases.
    pub fn runtimes(&self, run: &'a Run) -> Vec<&'a RuntimeRow> {
        let has_any = |runtime: &&RuntimeRow| {
            let is_here = |row: &VerdictRow| self.0.contains_key(row.case.as_str());
            runtime.unavailable.is_none() && run.of_runtime(&runtime.name).any(is_here)
        };
        run.runtimes.iter().filter(has_any).collect()
    }

    /// The verdicts of a runtime in an area, or in all of these.
    pub fn counts(&self, run: &Run, runtime: &RuntimeRow, area: Option<Area>) -> Counts {
        let is_in_area = |row: &&VerdictRow| {
            let its = self.0.get(row.case.as_str());
            its.is_some() && area.is_none_or(|area| its == Some(&area))
        };
        Counts::of(run.of_runtime(&runtime.name).filter(is_in_area))
    }
}
