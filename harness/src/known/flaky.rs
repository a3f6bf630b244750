//! Lines and parts that differ from run to run. Their values are replaced by a placeholder before
//! anything is compared, in what is expected and in what was observed.

use std::collections::{BTreeSet, HashSet};

use regex::Regex;

use super::cause::Head;
use super::difference::{Part, split};
use super::pattern::Pattern;
use crate::case::Ending;

/// What varies of some cases, and the values that it takes.
#[derive(Clone, Debug)]
pub struct Flaky {
    pub head: Head,
    pub cases: HashSet<String>,
    pub part: Part,
    pub place: Place,
    pub values: Values,
}

#[derive(Clone, Debug)]
pub enum Place {
    Whole,
    Line(usize),
    Left(Vec<Pattern>),
}

#[derive(Clone, Debug)]
pub enum Values {
    Patterns(Vec<Pattern>),
    /// It matches the whole value.
    Regex(Regex),
}

impl Values {
    fn allow(&self, value: &str) -> bool {
        match self {
            Values::Patterns(patterns) => patterns.iter().any(|pattern| pattern.matches(value)),
            Values::Regex(regex) => regex.is_match(value),
        }
    }
}

impl Flaky {
    fn is_at(&self, part: Part, number: usize, left: &str) -> bool {
        self.part == part
            && match &self.place {
                Place::Whole => false,
                Place::Line(line) => *line == number,
                Place::Left(patterns) => patterns.iter().any(|pattern| pattern.matches(left)),
            }
    }
}

/// Replaces what varies, and remembers what it was.
pub struct Normalizer<'a> {
    /// Those of one case.
    pub entries: &'a [&'a Flaky],
    /// The ids of those that stood for something observed.
    pub used: BTreeSet<String>,
}

impl<'a> Normalizer<'a> {
    pub fn new(entries: &'a [&'a Flaky]) -> Self {
        Normalizer { entries, used: BTreeSet::new() }
    }

    /// The expected text, where any value stands for what varies.
    pub fn expected(&self, part: Part, text: &str) -> String {
        self.replaced(part, text, &mut |_, _| true)
    }

    /// The observed text, where only the allowed values do.
    pub fn observed(&mut self, part: Part, text: &str) -> String {
        let mut used = BTreeSet::new();
        let text = self.replaced(part, text, &mut |entry, value| {
            let allowed = entry.values.allow(value);
            if allowed {
                used.insert(entry.head.id.clone());
            }
            allowed
        });
        self.used.extend(used);
        text
    }

    /// Whether a guest may end so, whatever is expected.
    pub fn may_end(&mut self, ending: Ending) -> bool {
        let ending = ending.to_string();
        let mut of_exit = self.entries.iter().filter(|entry| entry.part == Part::Exit);
        let found = of_exit.find(|entry| entry.values.allow(&ending));
        self.used.extend(found.map(|entry| entry.head.id.clone()));
        found.is_some()
    }

    fn replaced(
        &self,
        part: Part,
        text: &str,
        varies: &mut dyn FnMut(&Flaky, &str) -> bool,
    ) -> String {
        let of_part = |entry: &&&Flaky| entry.part == part;
        if !self.entries.iter().any(|entry| of_part(&entry)) {
            return text.to_owned();
        }
        let whole = self.entries.iter().filter(of_part);
        for entry in whole.filter(|entry| matches!(entry.place, Place::Whole)) {
            if varies(entry, text.strip_suffix('\n').unwrap_or(text)) {
                return format!("<{}>\n", entry.head.id);
            }
        }
        let mut out = String::new();
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let (bare, end) = line.strip_suffix('\n').map_or((line, ""), |bare| (bare, "\n"));
            let (left, right) = split(part, bare);
            let at = |entry: &&&Flaky| entry.is_at(part, number + 1, left);
            match self.entries.iter().filter(at).find(|entry| varies(entry, right)) {
                Some(entry) => {
                    let kept = &bare[..bare.len() - right.len()];
                    out.push_str(&format!("{kept}<{}>{end}", entry.head.id));
                }
                None => out.push_str(line),
            }
        }
        out
    }
}
