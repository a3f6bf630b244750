//! The change from A to B as a diff. It is computed from the two differences from the expectation,
//! because snapshots contain nothing else.

use similar::{Algorithm, DiffOp};

use crate::results::snapshot::Entry;
use crate::support::text;

/// The diff of each part: `-` for A, `+` for B. `None` if it is unknown, because a snapshot contains
/// only the beginning of a difference, or nothing.
pub fn transition(a: &Entry, b: &Entry) -> Option<String> {
    if a.signature == b.signature {
        // Only output that the case does not compare can differ.
        let (a, b) = (a.output.as_ref()?, b.output.as_ref()?);
        return Some(text::diff(&a.text, &b.text));
    }
    let (a, b) = (a.difference.as_deref(), b.difference.as_deref());
    if [a, b].into_iter().flatten().any(text::is_shortened) {
        return None;
    }
    let (parts_a, parts_b) = (parts(a.unwrap_or_default()), parts(b.unwrap_or_default()));
    let mut names: Vec<&str> = parts_a.iter().map(|part| part.name).collect();
    for part in &parts_b {
        if !names.contains(&part.name) {
            names.push(part.name);
        }
    }
    let mut out = String::new();
    let as_expected = Part::default();
    for name in names {
        let side = |parts: &'_ [Part<'_>]| parts.iter().position(|part| part.name == name);
        let a = side(&parts_a).map_or(&as_expected, |at| &parts_a[at]);
        let b = side(&parts_b).map_or(&as_expected, |at| &parts_b[at]);
        let (did_a, did_b) = what_both_did(a, b);
        let diff = text::diff(&did_a, &did_b);
        if !diff.is_empty() {
            out.push_str(&format!("{name}:\n{diff}"));
        }
    }
    (!out.is_empty()).then_some(out)
}

/// One part of a difference: its expected lines, and the lines observed instead.
#[derive(Default)]
struct Part<'a> {
    name: &'a str,
    /// Unexpected lines before the first expected one.
    head: Vec<&'a str>,
    lines: Vec<Line<'a>>,
}

/// An expected line.
struct Line<'a> {
    text: &'a str,
    /// Whether it was observed.
    came: bool,
    /// Unexpected lines after it.
    then: Vec<&'a str>,
}

fn parts(difference: &str) -> Vec<Part<'_>> {
    let mut parts: Vec<Part> = Vec::new();
    for line in difference.lines() {
        let sign = line.chars().next().unwrap_or(' ');
        // Lines have a sign and a space in front; the name of a part has not.
        match (sign, line.get(2..), parts.last_mut()) {
            (' ', Some("⋮" | "(no newline at the end)"), _) => {}
            ('-' | ' ', Some(text), Some(part)) => {
                part.lines.push(Line { text, came: sign == ' ', then: vec![] });
            }
            ('+', Some(text), Some(part)) => match part.lines.last_mut() {
                Some(line) => line.then.push(text),
                None => part.head.push(text),
            },
            _ => parts.push(Part { name: line.trim_end_matches(':'), ..Part::default() }),
        }
    }
    parts
}

/// The text of both, as far as either difference shows the expected one: a line that only the other
/// shows came as expected.
fn what_both_did(a: &Part, b: &Part) -> (String, String) {
    let texts = |part: &Part| part.lines.iter().map(|l| l.text.to_owned()).collect::<Vec<_>>();
    let (texts_a, texts_b) = (texts(a), texts(b));
    let (mut did_a, mut did_b) = (Did::new(a), Did::new(b));
    for op in similar::capture_diff_slices(Algorithm::Myers, &texts_a, &texts_b) {
        let (old, new) = (op.old_range(), op.new_range());
        let both = match op {
            DiffOp::Equal { .. } => old.len(),
            // A case with several allowed results: each is compared with the nearest.
            DiffOp::Replace { .. } => {
                let pairs = texts_a[old.clone()].iter().zip(&texts_b[new.clone()]);
                pairs.take_while(|(a, b)| call(a) == call(b)).count()
            }
            _ => 0,
        };
        for (at_a, at_b) in old.clone().zip(new.clone()).take(both) {
            did_a.line(at_a);
            did_b.line(at_b);
        }
        for at in old.skip(both) {
            did_a.line(at);
            did_b.expected(&texts_a[at]);
        }
        for at in new.skip(both) {
            did_a.expected(&texts_b[at]);
            did_b.line(at);
        }
    }
    (did_a.finish(), did_b.finish())
}

fn call(line: &str) -> &str {
    line.rsplit_once(" -> ").map_or(line, |(call, _)| call)
}

/// The behaviour of one side, line by line.
struct Did<'a> {
    part: &'a Part<'a>,
    text: String,
    has_head: bool,
}

impl<'a> Did<'a> {
    fn new(part: &'a Part<'a>) -> Self {
        Did { part, text: String::new(), has_head: false }
    }

    fn expected(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn head(&mut self) {
        if !self.has_head {
            self.has_head = true;
            self.part.head.iter().for_each(|line| self.expected(line));
        }
    }

    fn line(&mut self, at: usize) {
        self.head();
        let line = &self.part.lines[at];
        if line.came {
            self.expected(line.text);
        }
        line.then.iter().for_each(|line| self.expected(line));
    }

    fn finish(mut self) -> String {
        self.head();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::snapshot::Printed;
    use crate::verdict::judge::Verdict;

    fn entry(difference: Option<&str>) -> Entry {
        Entry {
            level: Default::default(),
            verdict: Verdict::Fail,
            definition: String::new(),
            flaky: false,
            varies: false,
            signature: difference.map(str::to_owned),
            difference: difference.map(str::to_owned),
            output: None,
        }
    }

    fn change(a: Option<&str>, b: Option<&str>) -> Option<String> {
        transition(&entry(a), &entry(b))
    }

    const WRONG: &str = "stdout:\n  open -> success\n- read -> io\n+ read -> badf\n";

    #[test]
    fn one_side_may_be_as_expected() {
        assert_eq!(change(None, Some(WRONG)).unwrap(), WRONG);
        assert_eq!(
            change(Some(WRONG), None).unwrap(),
            "stdout:\n  open -> success\n- read -> badf\n+ read -> io\n"
        );
    }

    #[test]
    fn two_wrong_results_are_compared_with_each_other() {
        let other = "stdout:\n  open -> success\n- read -> io\n+ read -> inval\n";
        assert_eq!(
            change(Some(WRONG), Some(other)).unwrap(),
            "stdout:\n  open -> success\n- read -> badf\n+ read -> inval\n"
        );
        // A part that only one side has wrong.
        let exit = "exit:\n- exit 0\n+ trap\n";
        let both = format!("{exit}{WRONG}");
        assert_eq!(change(Some(&both), Some(WRONG)).unwrap(), "exit:\n- trap\n+ exit 0\n");
    }

    #[test]
    fn lines_shown_by_one_side_were_as_expected_in_the_other() {
        // A is wrong in the second line, B in the fifth, and each shows two lines around that.
        let a = "stdout:\n  1\n- 2\n+ two\n  3\n  4\n";
        let b = "stdout:\n  3\n  4\n- 5\n+ five\n  6\n";
        assert_eq!(
            change(Some(a), Some(b)).unwrap(),
            "stdout:\n  1\n- two\n+ 2\n  3\n  4\n- 5\n+ five\n  6\n"
        );
    }

    #[test]
    fn several_allowed_results_are_no_change() {
        let a = "stdout:\n- open a -> perm\n+ open a -> io\n";
        let b = "stdout:\n- open a -> notcapable\n+ open a -> inval\n";
        assert_eq!(
            change(Some(a), Some(b)).unwrap(),
            "stdout:\n- open a -> io\n+ open a -> inval\n"
        );
    }

    #[test]
    fn a_difference_that_was_cut_is_not_compared() {
        let cut = text::shorten(&format!("{WRONG}{}", "  x\n".repeat(100)), 100);
        assert_eq!(change(Some(&cut), Some(WRONG)), None);
    }

    #[test]
    fn output_that_no_case_compares_is_shown() {
        let printed = |text: &str| {
            let output = Printed { digest: text.into(), text: text.into() };
            Entry { output: Some(output), ..entry(None) }
        };
        assert_eq!(
            transition(&printed("stdout: a\n"), &printed("stdout: b\n")).unwrap(),
            "- stdout: a\n+ stdout: b\n"
        );
    }
}
