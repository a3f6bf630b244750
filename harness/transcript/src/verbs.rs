//! The verbs that statements start with: for each, the call that the guest makes and how it shows what
//! the call gives.

mod clocks;
mod descriptors;
mod directories;
mod io;
mod paths;
mod poll;
mod rest;
mod stat;

use model::Call;

use crate::operands::{Operands, Place};
use crate::shown::Shown;
use crate::world::{Stop, Value};

/// What a statement makes the guest do.
pub struct Made {
    pub call: Call,
    pub show: Show,
    /// How many nanoseconds the guest then lets pass.
    pub passes: u64,
}

/// How the guest shows a call that succeeded, and what it can name.
pub type Show = Box<dyn Fn(&Success) -> (Shown, Option<Value>)>;

pub struct Success<'a> {
    pub value: &'a model::Value,
}

pub type Verb = fn(&mut Operands, &mut Place) -> Result<Made, Stop>;

pub fn find(name: &str) -> Option<Verb> {
    let all = [
        descriptors::VERBS,
        io::VERBS,
        directories::VERBS,
        paths::VERBS,
        clocks::VERBS,
        poll::VERBS,
        rest::VERBS,
    ];
    all.into_iter().flatten().find(|verb| verb.0 == name).map(|verb| verb.1)
}

/// A call of which the guest shows this.
fn shown(call: Call, show: impl Fn(&Success) -> (Shown, Option<Value>) + 'static) -> Made {
    Made { call, show: Box::new(show), passes: 0 }
}

/// A call of which the guest shows nothing but that it succeeded.
fn plain(call: Call) -> Made {
    shown(call, |_| (Shown::default(), None))
}

/// A call that gives a number, which is shown.
fn number(call: Call) -> Made {
    shown(call, |success| {
        let number = exact(success.value);
        let value = Value::Number(model::Time::Exactly(number));
        (Shown::text(number.to_string()), Some(value))
    })
}

fn exact(value: &model::Value) -> u64 {
    match value {
        model::Value::Number(number) => number.first(),
        _ => 0,
    }
}

/// The bytes that a call gives, with their number.
fn counted(value: &model::Value) -> Shown {
    match value {
        model::Value::Counted(bytes) => {
            Shown::text(format!("{} {}", bytes.len(), crate::text::show(bytes)))
        }
        _ => Shown::anything(),
    }
}
