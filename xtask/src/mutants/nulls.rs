//! Null runtimes, which do nothing. None of them may pass a case.

use preview1::FUNCTIONS;
use wasi_conformance::instrument::START;
use wasi_conformance::instrument::op::{BinaryOp, Place, Step, Value, Width};

use super::catalogue::{Draft, Mutant, Wrapper, errno, param};

/// Cases that a null runtime may pass: runtime, case, reason.
pub const EXCEPTIONS: &[(&str, &str, &str)] = &[];

pub const EXITS: &str = "exits 0 at once";
pub const SILENT: &str = "runs the guest, but prints nothing and exits 0";
pub const SUCCESS: &str = "returns success from every call and does nothing";
pub const NOSYS: &str = "returns nosys from every call";

/// All of them, numbered from `first`.
pub fn all(first: i32) -> Vec<Mutant> {
    let wrapper = |function, before| Wrapper { function, before, after: vec![] };
    let answer = |value: &Value| {
        FUNCTIONS.iter().map(|f| wrapper(f.name, vec![answer(f.name, value.clone())])).collect()
    };
    let drafts = [
        (EXITS, vec![wrapper(START, vec![Step::Leave])]),
        (SILENT, vec![wrapper("fd_write", swallow()), wrapper("proc_exit", exits_0())]),
        (SUCCESS, answer(&Value::I32(0))),
        (NOSYS, answer(&errno("nosys"))),
    ];
    drafts
        .into_iter()
        .zip(first..)
        .map(|((description, wrappers), number)| {
            Draft { function: START, description: description.to_owned(), wrappers }
                .numbered(number)
        })
        .collect()
}

/// `proc_exit` returns nothing.
fn answer(function: &str, value: Value) -> Step {
    if function == "proc_exit" { Step::Leave } else { Step::Return(value) }
}

fn exits_0() -> Vec<Step> {
    vec![Step::Set(Place::Param(0), Value::I32(0))]
}

/// Reports that everything was written to stdout or stderr.
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
    let written = Step::Store(Width::Four, param(3), 0, sum.into());
    vec![Step::If(is_output, vec![count, written, Step::Return(Value::I32(0))])]
}
