//! Runtimes that do nothing. None of them may pass a case.

use preview1::FUNCTIONS;
use wasi_conformance::instrument::START;
use wasi_conformance::instrument::op::{BinaryOp, Place, Step, Value, Width};

use super::catalogue::{Made, Mutant, Part, errno, param};

/// Cases that a null runtime passes and rightly so: runtime, case, why.
pub const EXCEPTIONS: &[(&str, &str, &str)] = &[];

pub const EXITS: &str = "exits 0 at once";
pub const SILENT: &str = "runs the guest, but prints nothing and exits 0";
pub const SUCCESS: &str = "answers every call with success and does nothing";
pub const NOSYS: &str = "answers every call with nosys";

/// All of them, numbered from `first`.
pub fn all(first: i32) -> Vec<Mutant> {
    let part = |function, before| Part { function, before, after: vec![] };
    let answer = |value: &Value| {
        FUNCTIONS.iter().map(|f| part(f.name, vec![answer(f.name, value.clone())])).collect()
    };
    let made = [
        (EXITS, vec![part(START, vec![Step::Leave])]),
        (SILENT, vec![part("fd_write", swallow()), part("proc_exit", exits_0())]),
        (SUCCESS, answer(&Value::I32(0))),
        (NOSYS, answer(&errno("nosys"))),
    ];
    made.into_iter()
        .zip(first..)
        .map(|((what, parts), number)| {
            Made { function: START, what: what.to_owned(), parts }.numbered(number)
        })
        .collect()
}

/// One function returns nothing.
fn answer(function: &str, value: Value) -> Step {
    if function == "proc_exit" { Step::Leave } else { Step::Return(value) }
}

fn exits_0() -> Vec<Step> {
    vec![Step::Set(Place::Param(0), Value::I32(0))]
}

/// Says of stdout and stderr that all was written.
fn swallow() -> Vec<Step> {
    let (i, sum) = (Place::Small(0), Place::Small(1));
    let iovec = param(1).op(BinaryOp::I32Add, Value::from(i).op(BinaryOp::I32Mul, Value::I32(8)));
    let len = iovec.load(Width::Four, 4);
    let is_output = param(0).plus(-1).op(BinaryOp::I32LtU, Value::I32(2));
    let count = Step::While(
        Value::from(i).op(BinaryOp::I32LtU, param(2)),
        vec![
            Step::Set(sum, Value::from(sum).op(BinaryOp::I32Add, len)),
            Step::Set(i, Value::from(i).plus(1)),
        ],
    );
    let said = Step::Store(Width::Four, param(3), 0, sum.into());
    vec![Step::If(is_output, vec![count, said, Step::Return(Value::I32(0))])]
}
