//! Which row is compared with which.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::results::run_file::Run;
use crate::results::snapshot::Snapshot;

/// The rows of one side of a comparison.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Each with where it is from.
    pub rows: Vec<(String, Snapshot)>,
    /// Whether these are many versions, of which at most one fits a row of the other side.
    pub history: bool,
    /// What each case is about and where that is stated, if that is known.
    pub title: BTreeMap<String, (String, String)>,
    /// What the user should know.
    pub notes: Vec<String>,
}

/// A row that was compared with nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alone {
    /// `A` or `B`.
    pub side: String,
    pub runtime: String,
    pub version: String,
    pub why: String,
}

impl Rows {
    pub fn of_run(from: &str, run: &Run) -> Self {
        let rows = Snapshot::of_run_to_show(run);
        let about = |case: &crate::results::run_file::CaseRow| {
            (case.id.clone(), (case.title.clone(), case.spec.clone()))
        };
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
        Rows {
            rows: rows.into_iter().map(|row| (from.to_owned(), row)).collect(),
            history: false,
            title: run.cases.iter().map(about).collect(),
            notes,
        }
    }

    /// Leaves out all other cases.
    pub fn keep(&mut self, wanted: impl Fn(&str) -> bool) {
        for (_, row) in &mut self.rows {
            row.cases.retain(|case, _| wanted(case));
        }
    }

    pub(super) fn side(&self, at: usize) -> (&str, &Snapshot) {
        let (from, row) = &self.rows[at];
        (from, row)
    }
}

/// A row of A and the row of B that it is compared with.
pub struct Match {
    pub a: usize,
    pub b: usize,
    /// Why this one, if that is not plain.
    pub note: Option<String>,
}

/// Two rows alone are compared with each other, whatever they are of. Of more, those of the same
/// name, or else of the same family.
pub fn matches(a: &Rows, b: &Rows) -> (Vec<Match>, Vec<Alone>) {
    if !a.history && !b.history && a.rows.len() == 1 && b.rows.len() == 1 {
        return (vec![Match { a: 0, b: 0, note: None }], vec![]);
    }
    if b.history && !a.history {
        return every(b, a, |history, row| Match { a: row, ..history }, "A", "B");
    }
    every(a, b, |found, row| Match { b: row, ..found }, "B", "A")
}

/// Finds for every row of `rows` the one of `among` that it belongs to.
fn every(
    among: &Rows,
    rows: &Rows,
    with: fn(Match, usize) -> Match,
    side: &str,
    other: &str,
) -> (Vec<Match>, Vec<Alone>) {
    let (mut found, mut alone, mut used) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_alone = |side: &str, row: &Snapshot, why: String| {
        let (runtime, version) = (row.runtime.clone(), row.version.clone());
        alone.push(Alone { side: side.to_owned(), runtime, version, why });
    };
    for (at, (_, row)) in rows.rows.iter().enumerate() {
        match pick(among, row, other) {
            Ok((index, note)) => {
                used.push(index);
                found.push(with(Match { a: index, b: index, note }, at));
            }
            Err(why) => is_alone(side, row, why),
        }
    }
    for (at, (_, row)) in among.rows.iter().enumerate() {
        if !among.history && !used.contains(&at) {
            is_alone(other, row, format!("nothing in {side} belongs to it"));
        }
    }
    (found, alone)
}

/// The row that another belongs to, and what is to be said about that; or why there is none.
fn pick(among: &Rows, row: &Snapshot, other: &str) -> Result<(usize, Option<String>), String> {
    let named = among.rows.iter().position(|(_, known)| known.runtime == row.runtime);
    if let (Some(at), false) = (named, among.history) {
        return Ok((at, None));
    }
    let family: Vec<(usize, &Snapshot)> = among
        .rows
        .iter()
        .enumerate()
        .map(|(at, (_, known))| (at, known))
        .filter(|(_, known)| known.family() == row.family())
        .collect();
    match family.as_slice() {
        [] => return Err(format!("there is no {} in {other}", row.family())),
        [(at, _)] if !among.history => return Ok((*at, None)),
        _ => {}
    }
    if let Some((at, _)) = family.iter().find(|(_, known)| known.version == row.version) {
        return Ok((*at, None));
    }
    let older = |(_, known): &&(usize, &Snapshot)| known.plain_version() < row.plain_version();
    let newest = family.iter().filter(older).max_by_key(|(_, known)| known.plain_version());
    let what = format!("there is no {} {} in {other}", row.family(), row.version);
    match newest {
        Some((at, known)) if known.plain_version().is_some() => {
            Ok((*at, Some(format!("{what}: the newest older one, {}, is compared", known.version))))
        }
        _ => Err(format!("{what}, and none that is older")),
    }
}
