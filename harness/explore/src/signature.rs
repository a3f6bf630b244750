//! What makes two findings the same: the function, the rules, and what changed from what was allowed.

use std::collections::BTreeSet;

use model::{Errno, Filestat, Number, Observation, Outcome, Rule, Value};

use crate::judge::{Finding, Observed};
use crate::lift::Breach;
use crate::scenario::{Node, Tree};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    pub function: &'static str,
    /// The rules of all that was allowed, sorted.
    pub rules: Vec<Rule>,
    /// `noent|notdir`, `success`, `trap`.
    pub allowed: String,
    /// Likewise, or what is wrong in a result: `success: size`.
    pub observed: String,
}

impl Finding {
    pub fn signature(&self) -> Signature {
        let rules: BTreeSet<Rule> =
            self.allowed.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
        let allowed: BTreeSet<String> =
            self.allowed.iter().map(|(outcome, _)| name_of(outcome)).collect();
        let (allowed, observed) = match &self.observed {
            Observed::Tree { expected, found } => ("tree".into(), tree_change(expected, found)),
            Observed::Breach(breach) => (joined(allowed), breach.name().into()),
            Observed::Gave(observation) => (joined(allowed), self.class(observation)),
        };
        Signature { function: self.function, rules: rules.into_iter().collect(), allowed, observed }
    }

    /// What was observed, in full: `noent`, `success 5`.
    pub fn observed(&self) -> String {
        match &self.observed {
            Observed::Tree { expected, found } => tree_change(expected, found),
            Observed::Breach(breach) => breach.name().into(),
            Observed::Gave(Observation::Succeeded(value)) => success(value),
            Observed::Gave(Observation::Exited(code)) => format!("exit {code}"),
            Observed::Gave(observation) => observed_name(observation),
        }
    }

    /// What was allowed, likewise, and by which rules.
    pub fn allowed(&self) -> impl Iterator<Item = (String, &[Rule])> {
        self.allowed.iter().map(|(outcome, rules)| {
            let outcome = match outcome {
                Outcome::Succeeds(value) => success(value),
                Outcome::Exits(code) => format!("exit {code}"),
                outcome => name_of(outcome),
            };
            (outcome, &rules[..])
        })
    }

    fn class(&self, observation: &Observation) -> String {
        let Observation::Succeeded(seen) = observation else { return observed_name(observation) };
        let mut values = self.allowed.iter().filter_map(|(outcome, _)| match outcome {
            Outcome::Succeeds(value) => Some(value),
            _ => None,
        });
        match values.next() {
            Some(value) => format!("success: {}", difference(value, seen)),
            None => "success".into(),
        }
    }
}

fn success(value: &Value) -> String {
    match value {
        Value::Nothing => "success".into(),
        Value::Number(Number::Exactly(number)) => format!("success {number}"),
        value => format!("success {value:?}"),
    }
}

fn joined(names: BTreeSet<String>) -> String {
    names.into_iter().collect::<Vec<_>>().join("|")
}

fn name_of(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Succeeds(_) => "success".into(),
        Outcome::Fails(errno) => name(*errno),
        Outcome::Traps => "trap".into(),
        Outcome::Exits(_) => "exit".into(),
        Outcome::Waits => "waits".into(),
    }
}

fn observed_name(observation: &Observation) -> String {
    match observation {
        Observation::Succeeded(_) => "success".into(),
        Observation::Failed(errno) => name(*errno),
        Observation::Trapped => "trap".into(),
        Observation::Exited(_) => "exit".into(),
    }
}

/// The name of an errno, or its number.
fn name(errno: Errno) -> String {
    match preview1::ERRNO.case(errno.0.into()) {
        Some(name) => name.into(),
        None => errno.0.to_string(),
    }
}

impl Breach {
    pub fn name(self) -> &'static str {
        match self {
            Breach::Overrun => "overrun",
            Breach::TooMany => "more than there was room for",
            Breach::NoErrno => "not an errno",
            Breach::Hangs => "hangs",
            Breach::Returned => "returned",
        }
    }
}

/// What is wrong in a value: names of fields, or how many bytes.
fn difference(allowed: &Value, seen: &Value) -> String {
    match (allowed, seen) {
        (Value::Number(Number::Unused(_)), _) => "descriptor".into(),
        (Value::Number(allowed), Value::Number(seen)) => {
            let is_less = seen.first() < allowed.first();
            if is_less { "less".into() } else { "greater".into() }
        }
        (Value::Fdstat(allowed), Value::Fdstat(seen)) => fields(&[
            ("filetype", allowed.filetype != seen.filetype),
            ("flags", allowed.flags != seen.flags),
            ("rights", allowed.rights != seen.rights),
            ("inheriting", allowed.inheriting != seen.inheriting),
        ]),
        (Value::Filestat(allowed), Value::Filestat(seen)) => filestat(allowed, seen),
        (Value::Bytes(allowed), Value::Bytes(seen))
        | (Value::Counted(allowed), Value::Counted(seen)) => bytes(allowed, seen).into(),
        (Value::Events(allowed), Value::Events(seen)) if allowed.len() == seen.len() => {
            let any = |differs: fn(&(&model::Event, &model::Event)) -> bool| {
                allowed.iter().zip(seen).any(|pair| differs(&pair))
            };
            fields(&[
                ("userdata", any(|(a, s)| a.userdata != s.userdata)),
                ("error", any(|(a, s)| a.error != s.error)),
                ("type", any(|(a, s)| a.kind != s.kind)),
                ("nbytes", any(|(a, s)| a.nbytes != s.nbytes)),
            ])
        }
        (Value::Events(allowed), Value::Events(seen)) => {
            if seen.len() < allowed.len() { "fewer events" } else { "more events" }.into()
        }
        _ => "value".into(),
    }
}

fn fields(differ: &[(&str, bool)]) -> String {
    let names: Vec<_> =
        differ.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
    if names.is_empty() { "value".into() } else { names.join(", ") }
}

fn filestat(allowed: &Filestat, seen: &Filestat) -> String {
    let is_directory = preview1::FILETYPE.case(allowed.filetype.into()) == Some("directory");
    let early = |allowed: model::Time, seen: model::Time| match allowed {
        model::Time::Exactly(time) => seen.earliest() != time,
        model::Time::Since(time) => seen.earliest() < time,
    };
    let differ = [
        ("filetype", allowed.filetype != seen.filetype),
        ("nlink", !is_directory && allowed.links != seen.links),
        ("size", !is_directory && allowed.size != seen.size),
        ("mtim", early(allowed.modified, seen.modified)),
        ("ctim", early(allowed.changed, seen.changed)),
    ];
    // Otherwise it is not the same file as before, or the same as another.
    let is_any = differ.iter().any(|(_, differs)| *differs);
    if is_any { fields(&differ) } else { "identity".into() }
}

fn bytes(allowed: &[u8], seen: &[u8]) -> &'static str {
    match (seen.len(), allowed.len()) {
        (seen, allowed) if seen < allowed => "fewer bytes",
        (seen, allowed) if seen > allowed => "more bytes",
        _ => "other bytes",
    }
}

/// What is wrong in a tree: what is missing, what is there and should not be, what differs.
fn tree_change(expected: &Tree, found: &Tree) -> String {
    let mut changes = BTreeSet::new();
    for (path, node) in &expected.0 {
        changes.insert(match (node, found.get(path)) {
            (node, Some(other)) if node == other => continue,
            (node, None) => format!("missing {}", kind(node)),
            (Node::File(_) | Node::Large(_), Some(Node::File(_) | Node::Large(_))) => {
                "other content".into()
            }
            (Node::Symlink(_), Some(Node::Symlink(_))) => "other target".into(),
            (node, Some(other)) => format!("{} as {}", kind(node), kind(other)),
        });
    }
    for (path, node) in &found.0 {
        if expected.get(path).is_none() {
            changes.insert(format!("additional {}", kind(node)));
        }
    }
    joined(changes)
}

fn kind(node: &Node) -> &'static str {
    match node {
        Node::Directory => "directory",
        Node::File(_) | Node::Large(_) => "file",
        Node::Symlink(_) => "symlink",
        Node::Link(_) => "link",
    }
}
