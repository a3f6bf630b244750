//! The difference of an observation from its expectation: a pure function of the two, and of what is
//! known to vary.

use crate::case::{Case, Ending};
use crate::known::{Change, Difference, Line, Normalizer, Part, of_texts};
use crate::observe::observation::Observation;
use crate::support::text::nearest;
use crate::verdict::mismatch::{Mismatch, compare};

/// What differs, and the ids of what was seen to vary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differs {
    /// Each part that differs, as a whole.
    pub mismatches: Vec<Mismatch>,
    /// The changed lines, without what varies.
    pub difference: Difference,
    /// What was seen to vary: the ids of flaky lines and parts, whether or not it is as expected.
    pub varying: Vec<String>,
}

/// Compares an observation with the expectation of its case.
pub fn difference(case: &Case, observed: &Observation, mut flaky: Normalizer) -> Differs {
    let mismatches = compare(&case.expect, observed);
    let mut difference = Vec::new();
    let expect = &case.expect;
    for part in Part::ALL {
        let mismatch = mismatches.iter().find(|mismatch| mismatch.part == part);
        difference.extend(match (part, mismatch) {
            (Part::Stdout, _) => {
                texts(part, &expect.stdout, &observed.stdout, mismatch, &mut flaky)
            }
            (Part::Stderr, _) => {
                texts(part, &expect.stderr, &observed.stderr, mismatch, &mut flaky)
            }
            (Part::Exit, _) => {
                let ending = Ending::of(&observed.outcome);
                let varies = ending.is_some_and(|ending| flaky.may_end(ending));
                match mismatch.filter(|_| !varies) {
                    Some(_) => vec![of_endings(expect.exit, ending)],
                    None => vec![],
                }
            }
            (Part::Tree, Some(mismatch)) => {
                let left = flaky.observed(part, &mismatch.observed);
                of_texts(part, &flaky.expected(part, &mismatch.expected), &left)
            }
            (_, Some(mismatch)) => of_texts(part, &mismatch.expected, &mismatch.observed),
            (_, None) => vec![],
        });
    }
    Differs { mismatches, difference, varying: flaky.used.into_iter().collect() }
}

fn texts(
    part: Part,
    allowed: &Option<Vec<String>>,
    text: &str,
    mismatch: Option<&Mismatch>,
    flaky: &mut Normalizer,
) -> Difference {
    let text = flaky.observed(part, text);
    let (Some(allowed), Some(_)) = (allowed, mismatch) else { return vec![] };
    let allowed: Vec<String> = allowed.iter().map(|text| flaky.expected(part, text)).collect();
    match allowed.contains(&text) {
        true => vec![],
        false => of_texts(part, nearest(&allowed, &text), &text),
    }
}

/// The message that a runtime adds to an ending is not compared: it may name addresses.
fn of_endings(expected: Option<Ending>, observed: Option<Ending>) -> Change {
    let line = |ending: Ending| Line { number: 1, text: ending.to_string() };
    Change { part: Part::Exit, expected: expected.map(line), observed: observed.map(line) }
}
