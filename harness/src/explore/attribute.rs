//! Which findings are known. A cause explains a finding that its runtime's snapshot shows in the same
//! function, with the same result, where the same rule says what else was allowed; or that its own
//! predicate claims.

use std::collections::{BTreeMap, BTreeSet};

use explore::Signature;

use super::batch::Batch;
use super::finding::ESCAPE;
use crate::case::{Case, CaseSet};
use crate::known::{Cause, Change, KnownRow, Line, Part, call, claims, split};

/// A function, what it gave, and a rule of the case in which that was seen.
type Key = (String, String, String);

/// What the causes of a runtime explain.
pub struct Causes<'a> {
    seen: BTreeMap<Key, BTreeSet<String>>,
    /// Those that name no cases.
    general: Vec<&'a Cause>,
    /// A case that stands for a finding.
    case: Case,
}

impl<'a> Causes<'a> {
    /// What is known about a runtime, by the differences that its snapshot has.
    pub fn new(set: &CaseSet, known: &KnownRow<'a>) -> Causes<'a> {
        let general = known.causes.iter().copied().filter(|cause| cause.cases.is_none()).collect();
        let mut case = Batch::new(&[]).case(std::path::Path::new(""), false);
        case.guest = TRANSCRIBER.to_owned();
        let mut causes = Causes { seen: BTreeMap::new(), general, case };
        let Some(snapshot) = known.snapshot else { return causes };
        let cases: BTreeMap<&str, &Case> =
            set.cases.iter().map(|case| (case.id.as_str(), case)).collect();
        for (id, difference) in &snapshot.snapshot.differs {
            let Some(case) = cases.get(id.as_str()) else { continue };
            let ending = difference.iter().find(|change| change.part == Part::Exit);
            let claimed = claims(&known.causes, case, difference);
            for (change, claimed) in difference.iter().zip(claimed) {
                for cause in claimed {
                    causes.add(case, change, ending, &cause.head.id);
                }
            }
        }
        causes
    }

    fn add(&mut self, case: &Case, change: &Change, ending: Option<&Change>, cause: &str) {
        let text = |line: &Option<Line>| line.as_ref().map(|line| line.text.clone());
        let (function, observed) = match change.part {
            Part::Stdout => {
                let expected = text(&change.expected);
                let Some(line) = expected.or_else(|| text(&change.observed)) else { return };
                let observed = match text(&change.observed) {
                    Some(line) => first_word(split(Part::Stdout, &line).1),
                    // The guest ended in this call.
                    None => ending.and_then(|ending| text(&ending.observed)).unwrap_or_default(),
                };
                (call(&case.guest, Part::Stdout, &line).to_owned(), observed)
            }
            Part::Tree => (String::new(), TREE.to_owned()),
            Part::Canary => (String::new(), ESCAPE.to_owned()),
            Part::Exit => (String::new(), text(&change.observed).unwrap_or_default()),
            Part::Stderr | Part::Processes => return,
        };
        for rule in &case.rules {
            let function = if function.is_empty() { function_of(rule) } else { &function };
            let key = (function.to_owned(), observed.clone(), rule.clone());
            self.seen.entry(key).or_default().insert(cause.to_owned());
        }
    }

    /// The causes that explain a finding. None: it is new.
    pub fn of(&self, signature: &Signature) -> BTreeSet<String> {
        let observed = match signature.allowed.as_str() {
            TREE if signature.observed != ESCAPE => TREE,
            _ => word_of(&signature.observed),
        };
        let mut found = BTreeSet::new();
        for ((function, seen, rule), causes) in &self.seen {
            let is_of_rule = match signature.rules.is_empty() {
                // What was left behind rests on no branch.
                true => function_of(rule) == signature.function,
                false => signature.rules.contains(&rule.as_str()),
            };
            if function == signature.function && seen == observed && is_of_rule {
                found.extend(causes.iter().cloned());
            }
        }
        if found.is_empty() {
            found.extend(self.claimed(signature, observed));
        }
        found
    }

    /// The causes whose predicates claim a finding, as if it were the line of a case.
    fn claimed(&self, signature: &Signature, observed: &str) -> BTreeSet<String> {
        let mut case = self.case.clone();
        case.rules = signature.rules.iter().map(|rule| rule.to_string()).collect();
        let mut found = BTreeSet::new();
        for allowed in signature.allowed.split('|') {
            let line = |result: &str| Line {
                number: 1,
                text: format!("{} -> {result}", signature.function),
            };
            let ends = matches!(observed, "trap" | "timeout" | "crash" | "exit");
            let change = |part, expected, observed| Change { part, expected, observed };
            let mut difference = vec![];
            difference.push(match (signature.observed.as_str(), ends) {
                (ESCAPE, _) => return found,
                (_, true) => change(Part::Stdout, Some(line(allowed)), None),
                _ if observed == TREE => return found,
                (_, false) => change(Part::Stdout, Some(line(allowed)), Some(line(observed))),
            });
            if ends {
                let ending = Line { number: 1, text: observed.to_owned() };
                difference.push(change(Part::Exit, None, Some(ending)));
            }
            let claimed = claims(&self.general, &case, &difference);
            found.extend(claimed[0].iter().map(|cause| cause.head.id.clone()));
        }
        found
    }
}

/// The guest whose lines a finding is compared with.
const TRANSCRIBER: &str = "rust-calls";
/// What differs if it is what was left behind.
const TREE: &str = "tree";

/// The word of a transcript for what was observed.
fn word_of(observed: &str) -> &str {
    match observed.split(':').next().unwrap_or_default() {
        "hangs" => "timeout",
        word => word,
    }
}

fn function_of(rule: &str) -> &str {
    rule.split('.').next().unwrap_or_default()
}

fn first_word(text: &str) -> String {
    text.split_whitespace().next().unwrap_or_default().to_owned()
}
