//! The verbs that statements start with.

use crate::areas;
use crate::operands::Operands;
use crate::outcome::Outcome;
use crate::world::World;

pub struct Verb {
    pub name: &'static str,
    /// The form of its statements.
    pub form: &'static str,
    pub run: fn(&mut Operands, &mut World) -> Outcome,
}

pub fn find(name: &str) -> Option<&'static Verb> {
    all().find(|verb| verb.name == name)
}

/// The text that is printed if there is no statement.
pub fn help() -> String {
    let forms: Vec<&str> = all().map(|verb| verb.form).collect();
    format!(
        "usage: calls STATEMENT...\nstatements, each `VERB ...` or `NAME = VERB ...`:\n  {}",
        forms.join("\n  ")
    )
}

fn all() -> impl Iterator<Item = &'static Verb> {
    areas::ALL.iter().copied().flatten()
}
