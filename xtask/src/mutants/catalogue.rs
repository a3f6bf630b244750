//! The catalogue of mutants: every fault that the cases should notice, derived from the signature of
//! each function.

use preview1::ERRNO;
use wasi_conformance::instrument::op::{Fault, Place, Step, Value};

use super::functions::{self, Function, Param};
use super::{entries, inputs, outputs, special};

/// A correct runtime with one deliberate fault.
pub struct Mutant {
    /// From 1; the value of the global that switches it on.
    pub number: i32,
    /// The function with the fault.
    pub function: &'static str,
    /// The fault, in a few words.
    pub description: String,
    pub faults: Vec<Fault>,
}

impl Mutant {
    /// `fd_seek: end is treated as set`.
    pub fn name(&self) -> String {
        format!("{}: {}", self.function, self.description)
    }
}

/// A mutant of a function, without its number.
pub struct Draft {
    pub function: &'static str,
    pub description: String,
    /// Mostly one wrapper, of the same function.
    pub wrappers: Vec<Wrapper>,
}

/// The steps before and after each call of a function.
pub struct Wrapper {
    pub function: &'static str,
    pub before: Vec<Step>,
    pub after: Vec<Step>,
}

/// Collects the mutants of a function.
pub struct Drafts {
    pub function: &'static str,
    pub list: Vec<Draft>,
}

impl Drafts {
    pub fn new(function: &'static str) -> Self {
        Drafts { function, list: vec![] }
    }

    pub fn before(&mut self, description: impl Into<String>, before: Vec<Step>) {
        self.around(description, before, vec![]);
    }

    pub fn after(&mut self, description: impl Into<String>, after: Vec<Step>) {
        self.around(description, vec![], after);
    }

    pub fn around(&mut self, description: impl Into<String>, before: Vec<Step>, after: Vec<Step>) {
        let wrapper = Wrapper { function: self.function, before, after };
        self.list.push(Draft {
            function: self.function,
            description: description.into(),
            wrappers: vec![wrapper],
        });
    }
}

/// Every mutant, numbered from `first`.
pub fn all(first: i32) -> Vec<Mutant> {
    let drafts = functions::all().flat_map(|function| {
        let mut drafts = Drafts::new(function.name);
        whole_call(&function, &mut drafts);
        let mut at = 0;
        for (i, param) in function.params.iter().enumerate() {
            inputs::add(param, at, &mut drafts);
            outputs::add(&function, param, at, &mut drafts);
            if i > 0 {
                inputs::pairs(&function.params, i, &mut drafts);
            }
            at += param.width();
        }
        special::add(function.name, &mut drafts);
        entries::add(function.name, &mut drafts);
        drafts.list
    });
    drafts.zip(first..).map(|(draft, number)| draft.numbered(number)).collect()
}

impl Draft {
    pub fn numbered(self, number: i32) -> Mutant {
        let faults = self.wrappers.into_iter().map(|wrapper| Fault {
            number,
            function: wrapper.function,
            before: wrapper.before,
            after: wrapper.after,
        });
        Mutant {
            number,
            function: self.function,
            description: self.description,
            faults: faults.collect(),
        }
    }
}

/// Faults of a call as a whole.
fn whole_call(function: &Function, drafts: &mut Drafts) {
    if function.name == "proc_exit" {
        return;
    }
    drafts.before("does nothing and returns success", vec![Step::Return(Value::I32(0))]);
    drafts.before("does nothing and returns nosys", vec![Step::Return(errno("nosys"))]);
    drafts.after("does its work and returns io", on_success(vec![result(errno("io"))]));
    for &name in function.errnos {
        let failed = Value::from(Place::Result).is(number(name));
        let returns = |value| vec![Step::If(failed.clone(), vec![result(value)])];
        drafts.after(format!("returns success instead of {name}"), returns(Value::I32(0)));
        let other = if name == "inval" { "io" } else { "inval" };
        drafts.after(format!("returns {other} instead of {name}"), returns(errno(other)));
    }
}

/// The number of an errno.
pub fn number(name: &str) -> i32 {
    ERRNO.number(name).expect("the catalogue names errnos of preview 1") as i32
}

pub fn errno(name: &str) -> Value {
    Value::I32(number(name))
}

pub fn result(value: Value) -> Step {
    Step::Set(Place::Result, value)
}

/// Steps to take after a call that succeeded.
pub fn on_success(steps: Vec<Step>) -> Vec<Step> {
    vec![Step::If(Value::from(Place::Result).is(0), steps)]
}

pub fn param(at: usize) -> Value {
    Place::Param(at).into()
}

/// The indexes of a function's parameters of some kind (of their first, if they have two).
pub fn places(function: &Function, wanted: impl Fn(&Param) -> bool) -> Vec<usize> {
    let mut at = 0;
    let mut places = vec![];
    for param in &function.params {
        if wanted(param) {
            places.push(at);
        }
        at += param.width();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_mutants_with_unique_numbers_and_names() {
        let all = all(1);
        assert!(all.len() >= 400, "{}", all.len());
        for function in &preview1::FUNCTIONS {
            assert!(all.iter().any(|m| m.function == function.name), "{}", function.name);
        }
        let mut names: Vec<_> = all.iter().map(|m| (m.function, &m.description)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().zip(1..).all(|(mutant, number)| mutant.number == number));
    }
}
