//! One side of a comparison: rows of one or several runtimes, with titles and causes.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::case::Case;
use crate::known::{Divergences, claims};
use crate::results::compare::change::Cause;
use crate::results::run_file::{MachinePaths, Run};
use crate::results::snapshot::Row;

#[derive(Clone, Debug, Default)]
pub struct Side {
    pub rows: Vec<SideRow>,
    /// Whether these are many versions, of which at most one belongs to a row of the other side.
    pub is_history: bool,
    /// By case, its title and where the specification says it, if that is known.
    pub titles: BTreeMap<String, (String, String)>,
    /// What the user should know.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct SideRow {
    /// The file that it was read from.
    pub from: String,
    pub row: Row,
    /// By case, why the row is not as expected. A run says so itself; for snapshots see
    /// [`Side::explain`].
    causes: BTreeMap<String, Cause>,
}

impl SideRow {
    pub fn new(from: String, row: Row) -> Self {
        SideRow { from: MachinePaths::default().hide(&from), row, causes: BTreeMap::new() }
    }

    /// The cause of a case, as a row of this side.
    pub(super) fn cause(&self, side: &str, case: &str) -> Option<Cause> {
        self.causes.get(case).map(|cause| Cause { side: side.to_owned(), ..cause.clone() })
    }
}

impl Side {
    pub fn of_run(from: &str, run: &Run) -> Self {
        let (from, run) = (&MachinePaths::default().hide(from), &run.without_machine_paths());
        let mut notes = Vec::new();
        if !run.complete {
            notes.push(format!("{from} is incomplete: {}", run.missing().join("; ")));
        }
        for runtime in &run.runtimes {
            if let Some(why) = &runtime.unavailable {
                let why = why.lines().next().unwrap_or_default().trim_end_matches(':');
                notes.push(format!("{from}: {} was not available: {why}", runtime.name));
            }
        }
        let row = |row: Row| {
            let mut row = SideRow::new(from.to_owned(), row);
            for verdict in run.of_runtime(&row.row.runtime) {
                if let Some(known) = verdict.known.first() {
                    let cause = cause(&known.cause, known.kind, &known.why, &known.link);
                    row.causes.insert(verdict.case.clone(), cause);
                }
            }
            row
        };
        let title = |case: &crate::results::run_file::CaseRow| {
            (case.id.clone(), (case.title.clone(), case.spec.clone()))
        };
        Side {
            rows: Row::of_run(run).into_iter().map(row).collect(),
            is_history: false,
            titles: run.cases.iter().map(title).collect(),
            notes,
        }
    }

    /// Adds the causes of today to snapshots, which do not contain any, and to what a run leaves
    /// unexplained. `divergences_of` names the runtime whose divergences apply to a row.
    pub fn explain(
        &mut self,
        cases: &[Case],
        known: &Divergences,
        divergences_of: impl Fn(&Row) -> String + Sync,
    ) {
        self.rows.par_iter_mut().for_each(|row| {
            let known = known.row(&row.row.runtime, &divergences_of(&row.row), &row.row.version);
            for case in cases {
                let Some(entry) = row.row.cases.get(&case.id) else { continue };
                if entry.difference.is_empty() || row.causes.contains_key(&case.id) {
                    continue;
                }
                let all = claims(&known.causes, case, &entry.difference);
                if let Some(found) = all.into_iter().flatten().next() {
                    let head = &found.head;
                    let cause = cause(&head.id, head.kind, &head.why, &head.link);
                    row.causes.insert(case.id.clone(), cause);
                }
            }
        });
    }

    /// Keeps only these cases.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        for row in &mut self.rows {
            row.row.cases.retain(|case, _| wanted(case));
        }
    }
}

/// The side is filled in where the cause is used.
fn cause(id: &str, kind: crate::known::DivergenceKind, why: &str, link: &str) -> Cause {
    let (id, why, link) = (id.to_owned(), why.to_owned(), link.to_owned());
    Cause { side: String::new(), id, kind, why, link }
}
