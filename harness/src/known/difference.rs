//! How an observation differs from its expectation: the changed lines and nothing else, in a form that
//! snapshots store, causes claim, and the judge compares for equality.

use std::collections::VecDeque;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use similar::{Algorithm, DiffOp};

use crate::support::digest;

/// A part of what is observed, in the order of a difference.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "part")]
pub enum Part {
    Stdout,
    Stderr,
    Exit,
    Tree,
    /// Files outside the preopen.
    Canary,
    /// What outlives the guest.
    Processes,
}

impl Part {
    pub const ALL: [Part; 6] =
        [Part::Stdout, Part::Stderr, Part::Exit, Part::Tree, Part::Canary, Part::Processes];

    /// Whether it is about what a guest may reach. One look is then enough: nothing but the guest or
    /// its runtime changes a canary or leaves a process behind.
    pub fn is_containment(self) -> bool {
        matches!(self, Part::Canary | Part::Processes)
    }

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Part::Exit => "exit",
            Part::Stdout => "stdout",
            Part::Stderr => "stderr",
            Part::Tree => "final tree",
            Part::Canary => "canary",
            Part::Processes => "processes",
        }
    }

    /// The word in front of a changed line in a snapshot; none for stdout, which is the most frequent.
    fn prefix(self) -> &'static str {
        match self {
            Part::Stdout => "",
            Part::Stderr => "stderr ",
            Part::Exit => "exit ",
            Part::Tree => "tree ",
            Part::Canary => "canary ",
            Part::Processes => "processes ",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A line with its number in the text that it comes from, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    pub number: usize,
    pub text: String,
}

/// One changed line: expected and not observed, observed and not expected, or one in place of the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub part: Part,
    pub expected: Option<Line>,
    pub observed: Option<Line>,
}

/// All changed lines of a case; none if it is as expected.
pub type Difference = Vec<Change>;

/// A longer line is kept as its beginning and a digest.
const LONGEST_LINE: usize = 320;
/// More changes of one part are kept as a digest.
const MOST_CHANGES: usize = 60;

/// More lines are not aligned: that would take too long.
const MOST_ALIGNED: usize = 2000;

/// The changed lines of a part.
pub fn of_texts(part: Part, expected: &str, observed: &str) -> Difference {
    let (old, new) = (lines(expected), lines(observed));
    let same = |(a, b): &(&String, &String)| a == b;
    let start = old.iter().zip(&new).take_while(same).count();
    let rest = (old.len() - start).max(new.len() - start);
    let ops = match rest > MOST_ALIGNED {
        true => vec![DiffOp::Replace {
            old_index: start,
            old_len: old.len() - start,
            new_index: start,
            new_len: new.len() - start,
        }],
        false => similar::capture_diff_slices(Algorithm::Myers, &old, &new),
    };
    let mut changes = Vec::new();
    for op in ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        let removed = op.old_range().map(|at| line(at, &old[at])).collect();
        let added = op.new_range().map(|at| line(at, &new[at])).collect();
        changes.extend(in_pairs(part, removed, added));
    }
    let more = changes.split_off(changes.len().min(MOST_CHANGES));
    if let Some(first) = more.first() {
        let number = first.observed.as_ref().or(first.expected.as_ref()).map_or(0, |l| l.number);
        let all: String = more.iter().flat_map(Change::to_lines).collect();
        let digest = &digest::of_bytes(all.as_bytes())[..12];
        let text = format!("… ({} more changes, {digest})", more.len());
        changes.push(Change { part, expected: None, observed: Some(Line { number, text }) });
    }
    changes
}

/// The lines of a text. One that does not end says so, because that is a difference too.
fn lines(text: &str) -> Vec<String> {
    let whole = |line: &str| match line.strip_suffix('\n') {
        Some(line) => line.to_owned(),
        None => format!("{line} (no newline at the end)"),
    };
    text.split_inclusive('\n').map(whole).collect()
}

fn line(at: usize, text: &str) -> Line {
    let text = match text.len() > LONGEST_LINE {
        false => text.to_owned(),
        true => {
            let cut = (0..=LONGEST_LINE / 2).rev().find(|&i| text.is_char_boundary(i));
            let (digest, start) = (digest::of_bytes(text.as_bytes()), &text[..cut.unwrap_or(0)]);
            format!("{start}… ({} bytes, {})", text.len(), &digest[..12])
        }
    };
    Line { number: at + 1, text }
}

/// Lines that replace each other: first those of the same call, then in their order.
fn in_pairs(part: Part, expected: Vec<Line>, observed: Vec<Line>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |expected: &mut dyn Iterator<Item = Line>,
                   observed: &mut dyn Iterator<Item = Line>| {
        loop {
            let (expected, observed) = (expected.next(), observed.next());
            if expected.is_none() && observed.is_none() {
                break;
            }
            changes.push(Change { part, expected, observed });
        }
    };
    let mut observed: VecDeque<Line> = observed.into();
    let mut waiting: Vec<Line> = Vec::new();
    for line in expected {
        let call = split(part, &line.text).0;
        let same = observed.iter().position(|other| split(part, &other.text).0 == call);
        let Some(at) = same.filter(|_| !call.is_empty()) else {
            waiting.push(line);
            continue;
        };
        add(&mut waiting.drain(..), &mut observed.drain(..at));
        add(&mut [line].into_iter(), &mut observed.pop_front().into_iter());
    }
    add(&mut waiting.into_iter(), &mut observed.into_iter());
    changes
}

/// The call and the result of a line, or the path and the description of an entry of a tree. A line
/// without a result is all result.
pub fn split(part: Part, line: &str) -> (&str, &str) {
    let between = if part == Part::Tree { ": " } else { " -> " };
    line.split_once(between).unwrap_or(("", line))
}

impl Change {
    /// The forms in a snapshot: `-3 call -> expected`, then `+3 call -> observed`.
    pub fn to_lines(&self) -> Vec<String> {
        let form = |sign: char, line: &Line| {
            format!("{}{sign}{} {}", self.part.prefix(), line.number, line.text)
        };
        let expected = self.expected.iter().map(|line| form('-', line));
        expected.chain(self.observed.iter().map(|line| form('+', line))).collect()
    }

    fn parse(lines: &[String]) -> Option<Change> {
        let mut found: Option<Change> = None;
        for text in lines {
            let longest = Part::ALL.into_iter().rev();
            let (part, rest) =
                longest.into_iter().find_map(|p| Some((p, text.strip_prefix(p.prefix())?)))?;
            let (number, text) = rest.get(1..)?.split_once(' ')?;
            let line = Line { number: number.parse().ok()?, text: text.to_owned() };
            let change = found.get_or_insert(Change { part, expected: None, observed: None });
            let place = match rest.as_bytes()[0] {
                b'-' => &mut change.expected,
                b'+' => &mut change.observed,
                _ => return None,
            };
            if place.replace(line).is_some() || change.part != part {
                return None;
            }
        }
        found
    }

    /// For people: with the name of the part and without numbers.
    pub fn shown(&self) -> String {
        let of = |sign: char, line: &Option<Line>| {
            line.as_ref().map(|line| format!("{sign} {}\n", line.text)).unwrap_or_default()
        };
        of('-', &self.expected) + &of('+', &self.observed)
    }
}

/// A difference as a diff of each part, for people.
pub fn shown(difference: &[Change]) -> String {
    let mut out = String::new();
    let mut last = None;
    for change in difference {
        if last != Some(change.part) {
            out.push_str(&format!("{}:\n", change.part));
        }
        last = Some(change.part);
        out.push_str(&change.shown());
    }
    out
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_lines().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Change {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lines = Vec::<String>::deserialize(deserializer)?;
        Change::parse(&lines)
            .ok_or_else(|| de::Error::custom(format!("{lines:?} is not a changed line")))
    }
}

impl JsonSchema for Change {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "changed_line".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The expected line, the observed line, or both: `-3 text` and `+3 text` with \
                            their numbers. The name of the part stands in front unless it is stdout.",
            "type": "array",
            "minItems": 1,
            "maxItems": 2,
            "items": {
                "type": "string",
                "pattern": "^((stderr|exit|tree|canary|processes) )?[-+][0-9]+ "
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(expected: &str, observed: &str) -> Vec<Vec<String>> {
        of_texts(Part::Stdout, expected, observed).iter().map(Change::to_lines).collect()
    }

    #[test]
    fn only_changed_lines_count_with_their_numbers() {
        assert_eq!(
            lines_of("a -> 1\nb -> 2\nc -> 3\n", "a -> 1\nb -> 7\nc -> 3\n"),
            [["-2 b -> 2", "+2 b -> 7"]]
        );
        assert_eq!(lines_of("a\n", "a\n"), Vec::<Vec<String>>::new());
        assert_eq!(lines_of("a\n", "a"), [["-1 a", "+1 a (no newline at the end)"]]);
    }

    #[test]
    fn lines_of_one_call_are_a_pair() {
        assert_eq!(
            lines_of("a -> 1\nb -> 2\nc -> 3\n", "b -> 7\n"),
            [vec!["-1 a -> 1"], vec!["-2 b -> 2", "+1 b -> 7"], vec!["-3 c -> 3"]]
        );
        assert_eq!(
            lines_of("a -> 1\nb -> 2\n", "x\ny\nb -> 7\nz\n"),
            [vec!["-1 a -> 1", "+1 x"], vec!["+2 y"], vec!["-2 b -> 2", "+3 b -> 7"], vec!["+4 z"]]
        );
    }

    #[test]
    fn long_lines_and_many_changes_are_digests() {
        let (x, y) = ("x".repeat(1000), format!("{}y", "x".repeat(999)));
        let of = |text: &str| of_texts(Part::Stdout, "", &format!("{text}\n"));
        assert!(of(&x)[0].observed.as_ref().unwrap().text.len() < 200);
        assert_ne!(of(&x), of(&y));
        let many: String = (0..1000).map(|n| format!("{n}\n")).collect();
        let all = of_texts(Part::Stdout, "", &many);
        assert_eq!(all.len(), MOST_CHANGES + 1);
        assert_ne!(all, of_texts(Part::Stdout, "", &many.replace("999\n", "9999\n")));
    }

    #[test]
    fn a_change_is_read_as_it_is_written() {
        for part in Part::ALL {
            for change in of_texts(part, "a -> 1\nb\n", "a -> exit 2\n") {
                assert_eq!(Change::parse(&change.to_lines()), Some(change));
            }
        }
        for wrong in [&["a"][..], &["-x a"], &[], &["-1 a", "-2 b"], &["-1 a", "tree +1 b"]] {
            let lines: Vec<String> = wrong.iter().map(|&line| line.to_owned()).collect();
            assert_eq!(Change::parse(&lines), None, "{wrong:?}");
        }
    }
}
