//! The rows of the run file with the result of each job.

use super::engine::{JudgedCase, Rerun};
use super::repeat::Repeated;
use super::rerun::differ;
use crate::case::{Files, changes};
use crate::instrument::coverage;
use crate::observe::observation::Observation;
use crate::results::run_file::{LONGEST_TEXT, ObservedRow, TimeoutsRow, VariantRow, VerdictRow};
use crate::support::text::shorten;
use crate::verdict::judge::{Judgement, Mismatch, Part};

/// The row of a job that was judged at least once.
pub fn verdict_row(repeated: &Repeated) -> VerdictRow {
    let row = row_of(repeated.shown());
    VerdictRow {
        varies: if repeated.ways.len() < 2 { row.varies } else { variant_rows(repeated) },
        timeouts: match repeated.timeouts.retried {
            0 => None,
            retried => Some(TimeoutsRow { retried, confirmed: repeated.timeouts.confirmed }),
        },
        ..row
    }
}

/// The row of a job that was judged once.
pub fn row_of(shown: &JudgedCase) -> VerdictRow {
    let judgement = &shown.judgement;
    VerdictRow {
        runtime: shown.job.runtime.to_owned(),
        case: shown.job.case.id.clone(),
        verdict: judgement.verdict,
        note: judgement.note.clone(),
        known: judgement.known.clone(),
        varying: judgement.varying.clone(),
        varies: shown.rerun.as_ref().map(both_ways).unwrap_or_default(),
        timeouts: shown
            .rerun
            .as_ref()
            .filter(|rerun| rerun.first_timed_out)
            .map(|rerun| TimeoutsRow { retried: 1, confirmed: u32::from(rerun.second_timed_out) }),
        difference: judgement.difference.clone(),
        mismatches: judgement.mismatches.iter().map(shorten_mismatch).collect(),
        observed: shown
            .observed
            .as_ref()
            .map(|observed| observed_row(observed, &shown.job.case.files, &judgement.mismatches)),
    }
}

fn observed_row(observed: &Observation, initial: &Files, mismatches: &[Mismatch]) -> ObservedRow {
    ObservedRow {
        outcome: observed.outcome.clone(),
        stdout: shorten(&observed.stdout, LONGEST_TEXT),
        stderr: shorten(&observed.stderr, LONGEST_TEXT),
        tree_changes: match initial {
            Files::Tree(initial) if mismatches.iter().any(|m| m.part == Part::Tree) => {
                Some(changes(initial, &observed.tree))
            }
            _ => None,
        },
        compile_us: observed.times.compile.as_micros() as u64,
        execute_us: observed.times.execute.as_micros() as u64,
        calls: (!observed.globals.is_empty()).then(|| coverage::calls(&observed.globals)),
    }
}

/// The ways in which a case came out.
fn variant_rows(repeated: &Repeated) -> Vec<VariantRow> {
    repeated.ways.iter().map(|way| variant_row(way.times, &way.judged.judgement)).collect()
}

/// Both results of a case that was run again, if they differ.
fn both_ways(rerun: &Rerun) -> Vec<VariantRow> {
    match differ(&rerun.first, &rerun.second) {
        true => vec![variant_row(1, &rerun.first), variant_row(1, &rerun.second)],
        false => vec![],
    }
}

fn variant_row(times: u32, judgement: &Judgement) -> VariantRow {
    VariantRow {
        times,
        verdict: judgement.verdict,
        mismatches: judgement.mismatches.iter().map(shorten_mismatch).collect(),
    }
}

fn shorten_mismatch(mismatch: &Mismatch) -> Mismatch {
    Mismatch {
        part: mismatch.part,
        expected: shorten(&mismatch.expected, LONGEST_TEXT),
        observed: shorten(&mismatch.observed, LONGEST_TEXT),
    }
}
