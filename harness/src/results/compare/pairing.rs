//! Which row is compared with which.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::results::compare::side::{Side, SideRow};
use crate::results::snapshot::Row;

/// A row that was compared with nothing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "unpaired")]
pub struct Unpaired {
    /// The side that has it, `A` or `B`.
    #[schemars(extend("enum" = ["A", "B"]))]
    pub side: String,
    pub runtime: String,
    pub version: String,
    /// Why it was not compared.
    pub why: String,
}

/// A row of A and the row of B that it is compared with.
pub struct Pairing {
    pub a: usize,
    pub b: usize,
    /// Why this one, if that is not obvious.
    pub note: Option<String>,
}

/// If each side has one row, these two are compared, whatever their runtimes are. Otherwise rows of
/// the same name are compared, or else of the same family.
pub fn pair_up(a: &Side, b: &Side) -> (Vec<Pairing>, Vec<Unpaired>) {
    if !a.is_history && !b.is_history && a.rows.len() == 1 && b.rows.len() == 1 {
        return (vec![Pairing { a: 0, b: 0, note: None }], vec![]);
    }
    if b.is_history && !a.is_history {
        return every(b, a, |found, row| Pairing { a: row, ..found }, "A", "B");
    }
    every(a, b, |found, row| Pairing { b: row, ..found }, "B", "A")
}

/// Finds for every row of `rows` the row of `among` that it belongs to.
fn every(
    among: &Side,
    rows: &Side,
    with: fn(Pairing, usize) -> Pairing,
    side: &str,
    other: &str,
) -> (Vec<Pairing>, Vec<Unpaired>) {
    let (mut found, mut unpaired, mut used) = (Vec::new(), Vec::new(), Vec::new());
    let mut leave = |side: &str, row: &Row, why: String| {
        let (runtime, version) = (row.runtime.clone(), row.version.clone());
        unpaired.push(Unpaired { side: side.to_owned(), runtime, version, why });
    };
    for (at, SideRow { row, .. }) in rows.rows.iter().enumerate() {
        match pick(among, row, other) {
            Ok((index, note)) => {
                used.push(index);
                found.push(with(Pairing { a: index, b: index, note }, at));
            }
            Err(why) => leave(side, row, why),
        }
    }
    for (at, SideRow { row, .. }) in among.rows.iter().enumerate() {
        if !among.is_history && !used.contains(&at) {
            leave(other, row, format!("{side} has no row for it"));
        }
    }
    (found, unpaired)
}

/// The row that another one belongs to, with a note where that is not obvious; or why there is none.
fn pick(among: &Side, row: &Row, other: &str) -> Result<(usize, Option<String>), String> {
    let named = among.rows.iter().position(|known| known.row.runtime == row.runtime);
    if let (Some(at), false) = (named, among.is_history) {
        return Ok((at, None));
    }
    let family: Vec<(usize, &Row)> = among
        .rows
        .iter()
        .enumerate()
        .map(|(at, known)| (at, &known.row))
        .filter(|(_, known)| known.family() == row.family())
        .collect();
    match family.as_slice() {
        [] => return Err(format!("there is no {} in {other}", row.family())),
        [(at, _)] if !among.is_history => return Ok((*at, None)),
        _ => {}
    }
    if let Some((at, _)) = family.iter().find(|(_, known)| known.version == row.version) {
        return Ok((*at, None));
    }
    let older = |(_, known): &&(usize, &Row)| known.plain_version() < row.plain_version();
    let newest = family.iter().filter(older).max_by_key(|(_, known)| known.plain_version());
    let what = format!("there is no {} {} in {other}", row.family(), row.version);
    match newest {
        Some((at, known)) if known.plain_version().is_some() => Ok((
            *at,
            Some(format!("{what}: compared with the newest older one, {}", known.version)),
        )),
        _ => Err(format!("{what}, and no older one")),
    }
}
