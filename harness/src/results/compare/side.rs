//! One side of a comparison: rows of one or several runtimes, with titles and causes.

use std::collections::BTreeMap;

use crate::known::Divergences;
use crate::results::compare::change::Cause;
use crate::results::run_file::{MachinePaths, Run};
use crate::results::snapshot::{Class, Snapshot};

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
    pub snapshot: Snapshot,
    /// By case, why the row is not as expected. A run says so itself; for snapshots see
    /// [`Side::explain`].
    causes: BTreeMap<String, Cause>,
}

impl SideRow {
    pub fn new(from: String, snapshot: Snapshot) -> Self {
        SideRow { from: MachinePaths::default().hide(&from), snapshot, causes: BTreeMap::new() }
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
        let row = |snapshot: Snapshot| {
            let mut row = SideRow::new(from.to_owned(), snapshot);
            for verdict in run.of_runtime(&row.snapshot.runtime) {
                if let (Some(known), Some(reason)) = (&verdict.known, &verdict.note) {
                    row.causes.insert(verdict.case.clone(), cause(known.kind, reason, &known.link));
                }
            }
            row
        };
        let title = |case: &crate::results::run_file::CaseRow| {
            (case.id.clone(), (case.title.clone(), case.spec.clone()))
        };
        Side {
            rows: Snapshot::of_run_to_show(run).into_iter().map(row).collect(),
            is_history: false,
            titles: run.cases.iter().map(title).collect(),
            notes,
        }
    }

    /// Adds causes to snapshots, which do not contain any, from the current divergences.
    /// `divergences_of` names the runtime whose divergences apply to a row.
    pub fn explain(&mut self, known: &Divergences, divergences_of: impl Fn(&Snapshot) -> String) {
        for row in &mut self.rows {
            let snapshot = &row.snapshot;
            let file = divergences_of(snapshot);
            for (case, entry) in &snapshot.cases {
                if entry.class() != Class::NotAsExpected || row.causes.contains_key(case) {
                    continue;
                }
                let found = known.find(&snapshot.runtime, &file, &snapshot.version, case);
                if let Some(found) = found {
                    let cause = cause(found.kind, &found.reason, &found.link);
                    row.causes.insert(case.clone(), cause);
                }
            }
        }
    }

    /// Keeps only these cases.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        for row in &mut self.rows {
            row.snapshot.cases.retain(|case, _| wanted(case));
        }
    }
}

/// The side is filled in where the cause is used.
fn cause(kind: crate::known::DivergenceKind, reason: &str, link: &str) -> Cause {
    Cause { side: String::new(), kind, reason: reason.to_owned(), link: link.to_owned() }
}
