//! The rows of the run file that say what came of each job.

use super::engine::JudgedCase;
use super::repeat::{Repeated, Way};
use crate::case::{Files, changes};
use crate::instrument::coverage;
use crate::observe::observation::Observation;
use crate::results::run_file::{LONGEST_TEXT, ObservedRow, TimeoutsRow, VariantRow, VerdictRow};
use crate::support::text::shorten;
use crate::verdict::judge::{Mismatch, Part};

/// The row of a job that was judged at least once.
pub fn verdict_row(repeated: &Repeated) -> VerdictRow {
    let row = row_of(repeated.shown());
    VerdictRow {
        varies: variant_rows(repeated),
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
        flaky: judgement.flaky,
        varies: vec![],
        timeouts: shown
            .is_retry
            .then(|| TimeoutsRow { retried: 1, confirmed: u32::from(shown.timed_out()) }),
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

/// The ways in which a case came out, if there is more than one.
fn variant_rows(repeated: &Repeated) -> Vec<VariantRow> {
    if repeated.ways.len() < 2 {
        return vec![];
    }
    let row = |way: &Way| VariantRow {
        times: way.times,
        verdict: way.judged.judgement.verdict,
        mismatches: way.judged.judgement.mismatches.iter().map(shorten_mismatch).collect(),
    };
    repeated.ways.iter().map(row).collect()
}

fn shorten_mismatch(mismatch: &Mismatch) -> Mismatch {
    Mismatch {
        part: mismatch.part,
        expected: shorten(&mismatch.expected, LONGEST_TEXT),
        observed: shorten(&mismatch.observed, LONGEST_TEXT),
    }
}
