//! The catalogue: every fault that the suite should notice, made from what each function is.

use preview1::ERRNO;
use wasi_conformance::instrument::op::{Fault, Place, Step, Value};

use super::functions::{self, Function, Param};
use super::{entries, inputs, outputs, special};

/// A correct runtime with one deliberate fault.
pub struct Mutant {
    /// From 1; what switches it on.
    pub number: i32,
    /// The function that it is a mutant of.
    pub function: &'static str,
    /// What goes wrong.
    pub what: String,
    pub faults: Vec<Fault>,
}

impl Mutant {
    /// `fd_seek: end is taken for set`.
    pub fn name(&self) -> String {
        format!("{}: {}", self.function, self.what)
    }
}

/// Faults of one function, before they are numbered.
pub struct Made {
    pub function: &'static str,
    pub what: String,
    /// What happens around the calls of a function, mostly of the same one.
    pub parts: Vec<Part>,
}

pub struct Part {
    pub function: &'static str,
    pub before: Vec<Step>,
    pub after: Vec<Step>,
}

/// Collects the faults of a function.
pub struct Maker {
    pub function: &'static str,
    pub made: Vec<Made>,
}

impl Maker {
    pub fn new(function: &'static str) -> Self {
        Maker { function, made: vec![] }
    }

    pub fn before(&mut self, what: impl Into<String>, before: Vec<Step>) {
        self.around(what, before, vec![]);
    }

    pub fn after(&mut self, what: impl Into<String>, after: Vec<Step>) {
        self.around(what, vec![], after);
    }

    pub fn around(&mut self, what: impl Into<String>, before: Vec<Step>, after: Vec<Step>) {
        let part = Part { function: self.function, before, after };
        self.made.push(Made { function: self.function, what: what.into(), parts: vec![part] });
    }
}

/// Every mutant, numbered from `first`.
pub fn all(first: i32) -> Vec<Mutant> {
    let made = functions::all().flat_map(|function| {
        let mut maker = Maker::new(function.name);
        whole(&function, &mut maker);
        let mut at = 0;
        for (i, param) in function.params.iter().enumerate() {
            inputs::of(param, at, &mut maker);
            outputs::of(&function, param, at, &mut maker);
            if i > 0 {
                inputs::pairs(&function.params, i, &mut maker);
            }
            at += param.width();
        }
        special::of(function.name, &mut maker);
        entries::of(function.name, &mut maker);
        maker.made
    });
    made.zip(first..).map(|(made, number)| made.numbered(number)).collect()
}

impl Made {
    pub fn numbered(self, number: i32) -> Mutant {
        let faults = self.parts.into_iter().map(|part| Fault {
            number,
            function: part.function,
            before: part.before,
            after: part.after,
        });
        Mutant { number, function: self.function, what: self.what, faults: faults.collect() }
    }
}

/// What can go wrong with a call as a whole.
fn whole(function: &Function, maker: &mut Maker) {
    if function.name == "proc_exit" {
        return;
    }
    maker.before("does nothing and says success", vec![Step::Return(Value::I32(0))]);
    maker.before("does nothing and says nosys", vec![Step::Return(errno("nosys"))]);
    maker.after("does its work and says io", on_success(vec![result(errno("io"))]));
    for &name in function.errnos {
        let failed = Value::from(Place::Result).is(number(name));
        let says = |value| vec![Step::If(failed.clone(), vec![result(value)])];
        maker.after(format!("says success for {name}"), says(Value::I32(0)));
        let other = if name == "inval" { "io" } else { "inval" };
        maker.after(format!("says {other} for {name}"), says(errno(other)));
    }
}

/// An errno's number.
pub fn number(name: &str) -> i32 {
    ERRNO.number(name).expect("the catalogue names errnos of preview 1") as i32
}

pub fn errno(name: &str) -> Value {
    Value::I32(number(name))
}

pub fn result(value: Value) -> Step {
    Step::Set(Place::Result, value)
}

/// Steps for after a call, if it succeeded.
pub fn on_success(steps: Vec<Step>) -> Vec<Step> {
    vec![Step::If(Value::from(Place::Result).is(0), steps)]
}

pub fn param(at: usize) -> Value {
    Place::Param(at).into()
}

/// Where the parameters of a function begin that are of some kind.
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
    fn every_function_has_mutants_and_every_mutant_a_number_and_a_name() {
        let all = all(1);
        assert!(all.len() >= 400, "{}", all.len());
        for function in &preview1::FUNCTIONS {
            assert!(all.iter().any(|m| m.function == function.name), "{}", function.name);
        }
        let mut names: Vec<_> = all.iter().map(|m| (m.function, &m.what)).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all.len());
        assert!(all.iter().zip(1..).all(|(mutant, number)| mutant.number == number));
    }
}
