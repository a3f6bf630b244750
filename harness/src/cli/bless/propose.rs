//! Causes for the differences that none explains, grouped by what differs.

use std::collections::BTreeMap;

use crate::case::{Case, CaseSet, Level};
use crate::known::{
    Change, DivergenceKind, KnownRow, Line, Part, UNFINISHED, call, claims, family, plain_version,
    split,
};
use crate::results::run_file::{RuntimeRow, VerdictRow};
use crate::verdict::judge::Verdict;

/// What the user says about all of them.
pub struct Given {
    pub why: Option<String>,
    pub link: Option<String>,
    pub kind: Option<DivergenceKind>,
    pub versions: Option<String>,
    pub this_runtime_only: bool,
}

/// A cause to add.
#[derive(Clone, Debug)]
pub struct Proposed {
    pub id: String,
    pub versions: String,
    pub applies_to: Option<String>,
    pub kind: DivergenceKind,
    pub why: String,
    pub link: String,
    pub cases: Vec<String>,
    /// The keys of `where`, if the cases have other differences that are explained already.
    pub predicate: Vec<(&'static str, String)>,
}

impl Proposed {
    pub fn is_unfinished(&self) -> bool {
        [&self.why, &self.link].iter().any(|text| text.starts_with(UNFINISHED))
    }
}

/// The causes to add, and the cases for which none can be.
#[derive(Default)]
pub struct Proposals {
    pub causes: Vec<Proposed>,
    pub by_hand: Vec<String>,
}

/// What changes of one group have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    part: Part,
    call: String,
    expected: String,
    observed: String,
    /// Whether only such changes are meant, and not all of a case.
    is_partial: bool,
}

/// Proposes causes for the rows of one runtime. `taken` are the ids that the file has.
pub fn propose<'a>(
    set: &CaseSet,
    known: &KnownRow,
    rows: impl Iterator<Item = &'a VerdictRow>,
    runtime: &RuntimeRow,
    given: &Given,
    taken: &[&str],
) -> Proposals {
    let cases: BTreeMap<&str, &Case> = set.cases.iter().map(|c| (c.id.as_str(), c)).collect();
    let mut groups: BTreeMap<Key, Vec<String>> = BTreeMap::new();
    let mut proposals = Proposals::default();
    for row in rows.filter(|row| row.verdict == Verdict::Fail) {
        let Some(case) = cases.get(row.case.as_str()).filter(|case| case.level != Level::May)
        else {
            continue;
        };
        let claimed = claims(&known.causes, case, &row.difference);
        let unclaimed: Vec<&Change> = row
            .difference
            .iter()
            .zip(&claimed)
            .filter(|(_, claims)| claims.is_empty())
            .map(|(change, _)| change)
            .collect();
        let escapes = |change: &&Change| matches!(change.part, Part::Canary | Part::Processes);
        let Some(first) = unclaimed.first() else { continue };
        let is_partial = unclaimed.len() < row.difference.len();
        if unclaimed.iter().any(escapes) {
            proposals.by_hand.push(row.case.clone());
        } else if !is_partial {
            groups.entry(key(case, first, false)).or_default().push(row.case.clone());
        } else {
            let keys: Vec<Key> = unclaimed.iter().map(|change| key(case, change, true)).collect();
            let claimed = row.difference.iter().filter(|change| !unclaimed.contains(change));
            // No overlap is proposed.
            if claimed.clone().any(|change| keys.contains(&key(case, change, true))) {
                proposals.by_hand.push(row.case.clone());
                continue;
            }
            for key in keys {
                let cases = groups.entry(key).or_default();
                if !cases.contains(&row.case) {
                    cases.push(row.case.clone());
                }
            }
        }
    }
    let mut ids: Vec<String> = taken.iter().map(|id| (*id).to_owned()).collect();
    for (key, cases) in groups {
        let id = unique(&key.id(), &ids);
        ids.push(id.clone());
        proposals.causes.push(given.cause(id, key, cases, runtime));
    }
    proposals
}

fn key(case: &Case, change: &Change, is_partial: bool) -> Key {
    let line = change.expected.as_ref().or(change.observed.as_ref());
    let text = line.map_or("", |line| line.text.as_str());
    let first_word = |line: &Option<Line>| match line {
        Some(line) => {
            let result = split(change.part, &line.text).1;
            result.split_whitespace().next().unwrap_or_default().to_owned()
        }
        None => "(none)".to_owned(),
    };
    let is_transcript = matches!(change.part, Part::Stdout | Part::Stderr);
    Key {
        part: change.part,
        call: if is_transcript {
            call(&case.guest, change.part, text).to_owned()
        } else {
            String::new()
        },
        expected: first_word(&change.expected),
        observed: first_word(&change.observed),
        is_partial,
    }
}

impl Key {
    /// `fd-read-badf`, `exit-trap`.
    fn id(&self) -> String {
        let what = if self.call.is_empty() { self.part.to_string() } else { self.call.clone() };
        let observed = if self.observed == "(none)" { "missing" } else { &self.observed };
        let text = format!("{what} {observed}").to_ascii_lowercase();
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let words = text.split(|c| !is_letter(c)).filter(|word| !word.is_empty());
        words.take(6).collect::<Vec<_>>().join("-")
    }

    fn predicate(&self) -> Vec<(&'static str, String)> {
        if !self.is_partial {
            return vec![];
        }
        let part = serde_json::to_value(self.part).expect("a part is a word");
        let mut keys = vec![("part", part.as_str().unwrap_or_default().to_owned())];
        for (key, value) in
            [("call", &self.call), ("expected", &self.expected), ("observed", &self.observed)]
        {
            if !value.is_empty() {
                keys.push((key, value.clone()));
            }
        }
        keys
    }
}

fn unique(id: &str, taken: &[String]) -> String {
    let id = if id.is_empty() { "difference" } else { id };
    let numbered = (2..).map(|n| format!("{id}-{n}"));
    let mut all = std::iter::once(id.to_owned()).chain(numbered);
    all.find(|id| !taken.contains(id)).expect("there is always another number")
}

impl Given {
    fn cause(&self, id: String, key: Key, cases: Vec<String>, runtime: &RuntimeRow) -> Proposed {
        let text = |text: &Option<String>, todo: &str| match text {
            Some(text) => text.trim().to_owned(),
            None => format!("{UNFINISHED}: {todo}"),
        };
        let version = || match plain_version(&runtime.version) {
            Some(version) => format!(">={version}"),
            None => "*".to_owned(),
        };
        Proposed {
            id,
            versions: self.versions.clone().unwrap_or_else(version),
            applies_to: self.this_runtime_only.then(|| family(&runtime.name).to_owned()),
            kind: self.kind.unwrap_or(DivergenceKind::Bug),
            why: text(&self.why, "which side is right, and why the runtime differs"),
            link: text(&self.link, "the upstream issue, or the line of its source"),
            cases,
            predicate: key.predicate(),
        }
    }
}
