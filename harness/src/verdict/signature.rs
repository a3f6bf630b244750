//! The signature of a failure: a digest of the parts that differ and how, without the runtime's
//! messages. Two failures with the same signature are the same failure.

use crate::support::digest;
use crate::verdict::judge::{Mismatch, Part};

/// Twelve digits that identify the way in which a case failed; `None` if it did not fail.
pub fn of(mismatches: &[Mismatch]) -> Option<String> {
    if mismatches.is_empty() {
        return None;
    }
    let mut text = String::new();
    for mismatch in mismatches {
        // No part's name contains a separator, and the length tells where the text ends.
        let observed = of_text(mismatch.part, &mismatch.observed);
        text.push_str(&format!("{} {}\n{observed}", mismatch.part, observed.len()));
    }
    Some(digest::of_bytes(text.as_bytes())[..12].to_owned())
}

/// Of the ending only the first word counts. The message after it comes from the runtime and may
/// contain addresses and versions; divergences do not compare it either.
fn of_text(part: Part, observed: &str) -> &str {
    match part {
        Part::Exit => observed.split(':').next().unwrap_or_default().trim_end(),
        _ => observed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(part: Part, observed: &str) -> Option<String> {
        of(&[Mismatch { part, expected: "x".into(), observed: observed.into() }])
    }

    #[test]
    fn a_passing_case_has_no_signature() {
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn messages_about_an_ending_are_ignored() {
        let trap = signature(Part::Exit, "trap: at 0x7f01\n");
        assert_eq!(trap, signature(Part::Exit, "trap: at 0x7f02\n"));
        assert_ne!(trap, signature(Part::Exit, "timeout\n"));
        assert_ne!(signature(Part::Exit, "exit 1\n"), signature(Part::Exit, "exit 2\n"));
    }

    #[test]
    fn the_part_and_its_whole_output_count() {
        let one = signature(Part::Stdout, "a: b\n");
        assert_ne!(one, signature(Part::Stdout, "a: c\n"));
        assert_ne!(one, signature(Part::Stderr, "a: b\n"));
    }
}
