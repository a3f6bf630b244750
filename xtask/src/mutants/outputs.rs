//! Faults of outputs: a result, or the bytes that the guest asked for.

use wasi_conformance::instrument::op::{BinaryOp, Place, Step, UnaryOp, Value, Width};

use super::catalogue::{Drafts, on_success, param, places};
use super::functions::{Field, Function, Param};

/// Faults of the bytes that a parameter points to.
pub fn add(function: &Function, kind: &Param, at: usize, drafts: &mut Drafts) {
    match kind {
        Param::Out(fields) => {
            for (i, field) in fields.iter().enumerate() {
                let neighbour = fields[i + 1..].iter().find(|other| other.bytes == field.bytes);
                out(field, neighbour, at, drafts);
            }
        }
        Param::Sinks => sinks(function, at, drafts),
        Param::Buffer => buffer(function, at, drafts),
        _ => {}
    }
}

fn width(field: &Field) -> Width {
    match field.bytes {
        1 => Width::One,
        2 => Width::Two,
        4 => Width::Four,
        _ => Width::Eight,
    }
}

fn out(field: &Field, neighbour: Option<&Field>, at: usize, drafts: &mut Drafts) {
    let width = width(field);
    let large = width == Width::Eight;
    let name = field.name;
    let now = || param(at).load(width, field.offset);
    let store = |value: Value| Step::Store(width, param(at), field.offset, value);
    let number = |n: i32| if large { Value::I64(n.into()) } else { Value::I32(n) };
    let more = |n: i32| if large { now().plus64(n.into()) } else { now().plus(n) };
    let mut set = |change: &str, value: Value| {
        drafts.after(format!("the {name} is {change}"), on_success(vec![store(value)]));
    };
    set("one too large", more(1));
    set("one too small", more(-1));
    set("0", number(0));
    if large {
        let low = Value::Unary(UnaryOp::I32WrapI64, Box::new(now()));
        set("cut to 32 bits", Value::Unary(UnaryOp::I64ExtendUI32, Box::new(low)));
    }
    if field.is_time {
        set("in microseconds", now().op(BinaryOp::I64DivU, Value::I64(1000)));
        set("in picoseconds", now().op(BinaryOp::I64Mul, Value::I64(1000)));
    }
    let kept = if large { Place::Large(0) } else { Place::Small(0) };
    drafts.around(
        format!("the {name} is not written"),
        vec![Step::Set(kept, number(0)), if_inside(at, vec![Step::Set(kept, now())])],
        on_success(vec![store(kept.into())]),
    );
    if let Some(other) = neighbour {
        let others = param(at).load(width, other.offset);
        drafts.after(
            format!("the {name} and the {} are swapped", other.name),
            on_success(vec![
                Step::Set(kept, now()),
                store(others),
                Step::Store(width, param(at), other.offset, kept.into()),
            ]),
        );
    }
}

/// Steps that read memory before a call, if the address from the guest is inside of it.
fn if_inside(at: usize, steps: Vec<Step>) -> Step {
    const LARGEST: i32 = preview1::FILESTAT.size() as i32;
    let bytes = Value::Pages.op(BinaryOp::I32Shl, Value::I32(16)).plus(-LARGEST);
    Step::If(param(at).op(BinaryOp::I32LtU, bytes), steps)
}

/// The number of bytes that a call reports, if it does: its only result of four bytes.
fn reported_len(function: &Function) -> Option<Value> {
    let at = places(function, |param| {
        let Param::Out(fields) = param else { return false };
        matches!(&fields[..], [only] if only.bytes == 4)
    });
    at.first().map(|&at| param(at).load(Width::Four, 0))
}

fn flip(at: Value) -> Step {
    let flipped = at.clone().load(Width::One, 0).op(BinaryOp::I32Xor, Value::I32(1));
    Step::Store(Width::One, at, 0, flipped)
}

/// Faults of the bytes in a list of buffers. Faults of the first buffer are enough.
fn sinks(function: &Function, at: usize, drafts: &mut Drafts) {
    let len_read =
        reported_len(function).expect("a function with a list of buffers reports a length");
    let (start, len) = (|| param(at).load(Width::Four, 0), || param(at).load(Width::Four, 4));
    let any = |steps: Vec<Step>| on_success(vec![Step::If(param(at + 1).exceeds(0), steps)]);
    let got = |steps: Vec<Step>| any(vec![Step::If(len_read.clone().exceeds(0), steps)]);
    drafts.after("the first byte is wrong", got(vec![flip(start())]));
    let past = start().op(BinaryOp::I32Add, len_read.clone());
    let room = len_read.clone().op(BinaryOp::I32LtU, len());
    drafts.after(
        "the byte after the data is overwritten",
        any(vec![Step::If(room, vec![flip(past)])]),
    );
    drafts.after(
        "the byte after the first buffer is overwritten",
        any(vec![flip(start().op(BinaryOp::I32Add, len()))]),
    );
}

/// Faults of the bytes in a single buffer.
fn buffer(function: &Function, at: usize, drafts: &mut Drafts) {
    let len_read = reported_len(function).unwrap_or_else(|| param(at + 1));
    let last = || param(at).op(BinaryOp::I32Add, len_read.clone()).plus(-1);
    let got = |steps: Vec<Step>| on_success(vec![Step::If(len_read.clone().exceeds(0), steps)]);
    drafts.after("the first byte is wrong", got(vec![flip(param(at))]));
    drafts.after("the last byte is wrong", got(vec![flip(last())]));
    drafts.after(
        "the byte after the buffer is overwritten",
        on_success(vec![flip(param(at).op(BinaryOp::I32Add, param(at + 1)))]),
    );
}
