//! The change from A to B as a diff, computed from the two differences from the expectation.

use crate::known::{Change, Line, Part};
use crate::results::snapshot::Entry;
use crate::support::text;

/// The diff of each part: `-` for A, `+` for B.
pub fn transition(a: &Entry, b: &Entry) -> Option<String> {
    if a.difference == b.difference {
        // Only output that the case does not compare can differ.
        let (a, b) = (a.output.as_ref()?, b.output.as_ref()?);
        return Some(text::diff(&a.text, &b.text));
    }
    let mut out = String::new();
    for part in Part::ALL {
        let of_part = |entry: &Entry| -> Vec<Change> {
            entry.difference.iter().filter(|change| change.part == part).cloned().collect()
        };
        let lines = lines(&of_part(a), &of_part(b));
        if !lines.is_empty() {
            out.push_str(&format!("{part}:\n{lines}"));
        }
    }
    Some(out)
}

/// The lines of one part that are not the same on both sides. A line of which one side does not differ
/// from the expectation came out there as expected.
fn lines(a: &[Change], b: &[Change]) -> String {
    let mut rest: Vec<&Change> = b.iter().filter(|change| !a.contains(change)).collect();
    let mut out = String::new();
    let mut add = |was: &Option<Line>, is: &Option<Line>| {
        for (sign, line) in [('-', was), ('+', is)] {
            out.extend(line.iter().map(|line| format!("{sign} {}\n", line.text)));
        }
    };
    for change in a.iter().filter(|change| !b.contains(change)) {
        // B's other results of earlier lines come first.
        let place = |change: &Change| change.expected.as_ref().map(|line| line.number);
        while rest.first().is_some_and(|other| place(other) < place(change)) {
            let other = rest.remove(0);
            add(&other.expected, &other.observed);
        }
        let same_line = |other: &&Change| place(other).is_some() && place(other) == place(change);
        match rest.iter().position(same_line) {
            Some(at) => add(&change.observed, &rest.remove(at).observed),
            None => add(&change.observed, &change.expected),
        }
    }
    for other in rest {
        add(&other.expected, &other.observed);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::of_texts;
    use crate::results::snapshot::{Class, Printed};

    const EXPECTED: &str = "1\nopen -> success\nread -> io\n4\n";

    fn entry(observed: &str) -> Entry {
        Entry {
            level: Default::default(),
            result: Class::NotAsExpected,
            definition: String::new(),
            varies: false,
            difference: of_texts(Part::Stdout, EXPECTED, observed),
            output: None,
        }
    }

    fn change(a: &str, b: &str) -> Option<String> {
        transition(&entry(a), &entry(b))
    }

    const WRONG: &str = "1\nopen -> success\nread -> badf\n4\n";

    #[test]
    fn one_side_may_be_as_expected() {
        assert_eq!(change(EXPECTED, WRONG).unwrap(), "stdout:\n- read -> io\n+ read -> badf\n");
        assert_eq!(change(WRONG, EXPECTED).unwrap(), "stdout:\n- read -> badf\n+ read -> io\n");
    }

    #[test]
    fn two_wrong_results_are_compared_with_each_other() {
        let other = WRONG.replace("badf", "inval");
        assert_eq!(change(WRONG, &other).unwrap(), "stdout:\n- read -> badf\n+ read -> inval\n");
    }

    #[test]
    fn lines_that_only_one_side_has_wrong_came_as_expected_in_the_other() {
        assert_eq!(
            change(
                "one\nopen -> success\nread -> io\n4\n",
                "1\nopen -> success\nread -> io\nfour\n"
            )
            .unwrap(),
            "stdout:\n- one\n+ 1\n- 4\n+ four\n"
        );
        assert_eq!(
            change("1\n", WRONG).unwrap(),
            "stdout:\n+ open -> success\n+ read -> badf\n+ 4\n"
        );
    }

    #[test]
    fn output_that_no_case_compares_is_shown() {
        let printed = |text: &str| {
            let output = Printed { digest: text.into(), text: text.into() };
            Entry { output: Some(output), ..entry(EXPECTED) }
        };
        assert_eq!(
            transition(&printed("stdout: a\n"), &printed("stdout: b\n")).unwrap(),
            "- stdout: a\n+ stdout: b\n"
        );
    }
}
