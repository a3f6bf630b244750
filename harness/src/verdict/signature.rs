//! What makes two failures the same failure: the parts that are wrong and how, without what is only
//! said about them. Comparing two runs and repeating a case go by it.

use crate::support::digest;
use crate::verdict::judge::{Mismatch, Part};

/// Twelve digits for the way in which a case failed; nothing if it did not.
pub fn of(mismatches: &[Mismatch]) -> Option<String> {
    if mismatches.is_empty() {
        return None;
    }
    let mut text = String::new();
    for mismatch in mismatches {
        // The separators are in no name of a part, and a length tells where a text ends.
        let observed = of_text(mismatch.part, &mismatch.observed);
        text.push_str(&format!("{} {}\n{observed}", mismatch.part, observed.len()));
    }
    Some(digest::of_bytes(text.as_bytes())[..12].to_owned())
}

/// How a guest ended is a word. The message behind it is the runtime's own, like the text that it
/// prints about a trap: it may name addresses and versions, and no record looks at it either.
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
    fn nothing_wrong_has_none() {
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_message_about_an_ending_does_not_matter() {
        let trap = signature(Part::Exit, "trap: at 0x7f01\n");
        assert_eq!(trap, signature(Part::Exit, "trap: at 0x7f02\n"));
        assert_ne!(trap, signature(Part::Exit, "timeout\n"));
        assert_ne!(signature(Part::Exit, "exit 1\n"), signature(Part::Exit, "exit 2\n"));
    }

    #[test]
    fn every_part_and_every_word_of_an_output_does() {
        let one = signature(Part::Stdout, "a: b\n");
        assert_ne!(one, signature(Part::Stdout, "a: c\n"));
        assert_ne!(one, signature(Part::Stderr, "a: b\n"));
    }
}
