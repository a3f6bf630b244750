//! The signature of a failure: a digest of its difference. Two failures with the same signature are the
//! same failure.

use crate::known::Change;
use crate::support::digest;

/// Twelve digits that identify the way in which a case failed; `None` if it did not fail.
pub fn of(difference: &[Change]) -> Option<String> {
    let lines: Vec<String> = difference.iter().flat_map(Change::to_lines).collect();
    (!lines.is_empty()).then(|| digest::of_bytes(lines.join("\n").as_bytes())[..12].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Part, of_texts};

    fn signature(part: Part, observed: &str) -> Option<String> {
        of(&of_texts(part, "x\n", observed))
    }

    #[test]
    fn a_passing_case_has_no_signature() {
        assert_eq!(signature(Part::Stdout, "x\n"), None);
    }

    #[test]
    fn the_part_and_its_whole_output_count() {
        let one = signature(Part::Stdout, "a: b\n");
        assert_ne!(one, signature(Part::Stdout, "a: c\n"));
        assert_ne!(one, signature(Part::Stderr, "a: b\n"));
    }
}
