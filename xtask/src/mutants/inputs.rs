//! Faults of inputs: the runtime misreads a parameter.

use wasi_conformance::instrument::op::{BinaryOp, Place, Step, UnaryOp, Value, Width};

use super::catalogue::{Drafts, param};
use super::functions::Param;

/// Faults of the parameter at an index.
pub fn add(kind: &Param, at: usize, drafts: &mut Drafts) {
    match kind {
        Param::Fd => drafts.before(
            format!("{} is one too large", ordinal_fd(drafts)),
            vec![Step::Set(Place::Param(at), param(at).plus(1))],
        ),
        Param::Flags(names) => flags(names, at, drafts),
        Param::Enum(names) => values(names, at, drafts),
        Param::Number(name) => numbers(name, at, drafts),
        Param::Time(name) => times(name, at, drafts),
        Param::Rights(name) => drafts.before(
            format!("{name} rights are all removed"),
            vec![Step::Set(Place::Param(at), Value::I64(0))],
        ),
        Param::Path => path(at, drafts),
        Param::Sources | Param::Sinks => lists(at, drafts),
        Param::Buffer => drafts.before(
            format!("the buffer at parameter {at} is one byte too short"),
            vec![Step::If(
                param(at + 1).exceeds(0),
                vec![Step::Set(Place::Param(at + 1), param(at + 1).plus(-1))],
            )],
        ),
        Param::Out(_) | Param::Other => {}
    }
}

/// Faults of two parameters of the same kind: the one at `later`, and an earlier one.
pub fn pairs(params: &[Param], later: usize, drafts: &mut Drafts) {
    let place = |i: usize| params[..i].iter().map(Param::width).sum::<usize>();
    let kind = std::mem::discriminant(&params[later]);
    let Some(earlier) = params[..later].iter().position(|p| std::mem::discriminant(p) == kind)
    else {
        return;
    };
    let (a, b) = (place(earlier), place(later));
    match params[later] {
        Param::Fd => drafts.before("the two descriptors are swapped", swap_small(a, b)),
        Param::Path => drafts.before(
            "the two paths are swapped",
            [swap_small(a, b), swap_small(a + 1, b + 1)].concat(),
        ),
        Param::Time(_) => drafts.before("the two times are swapped", swap_large(a, b)),
        Param::Number(_) => drafts.before("the two numbers are swapped", swap_large(a, b)),
        Param::Rights(_) => drafts.before("the two rights are swapped", swap_large(a, b)),
        _ => {}
    }
}

fn swap_small(a: usize, b: usize) -> Vec<Step> {
    swap(a, b, Place::Small(0))
}

fn swap_large(a: usize, b: usize) -> Vec<Step> {
    swap(a, b, Place::Large(0))
}

fn swap(a: usize, b: usize, through: Place) -> Vec<Step> {
    vec![
        Step::Set(through, param(a)),
        Step::Set(Place::Param(a), param(b)),
        Step::Set(Place::Param(b), through.into()),
    ]
}

/// Tells the two descriptors of a function apart, so that their faults have different names.
fn ordinal_fd(drafts: &Drafts) -> &'static str {
    let first = drafts.list.iter().any(|draft| draft.description.starts_with("the descriptor is"));
    if first { "the second descriptor" } else { "the descriptor" }
}

fn flags(names: &[&str], at: usize, drafts: &mut Drafts) {
    for (bit, name) in names.iter().enumerate() {
        let mask = 1 << bit;
        drafts.before(
            format!("the flag {name} is dropped"),
            vec![Step::Set(Place::Param(at), param(at).and(Value::I32(!mask)))],
        );
        drafts.before(
            format!("the flag {name} is forced"),
            vec![Step::Set(Place::Param(at), param(at).op(BinaryOp::I32Or, Value::I32(mask)))],
        );
    }
}

fn values(names: &[&str], at: usize, drafts: &mut Drafts) {
    // Two of the four clocks have a suffix that means nothing.
    let short = |value: usize| names[value].trim_end_matches("_id");
    for value in 0..names.len() {
        let next = (value + 1) % names.len();
        drafts.before(
            format!("{} is treated as {}", short(value), short(next)),
            vec![Step::If(
                param(at).is(value as i32),
                vec![Step::Set(Place::Param(at), Value::I32(next as i32))],
            )],
        );
    }
    let unknown = param(at).op(BinaryOp::I32GeU, Value::I32(names.len() as i32));
    drafts.before(
        format!("an unknown value is treated as {}", names[0]),
        vec![Step::If(unknown, vec![Step::Set(Place::Param(at), Value::I32(0))])],
    );
}

fn numbers(name: &str, at: usize, drafts: &mut Drafts) {
    let mut set = |change: &str, value: Value| {
        drafts.before(format!("the {name} is {change}"), vec![Step::Set(Place::Param(at), value)]);
    };
    set("one too large", param(at).plus64(1));
    set("one too small", param(at).plus64(-1));
    set("treated as 0", Value::I64(0));
    let low = Value::Unary(UnaryOp::I32WrapI64, Box::new(param(at)));
    set("cut to 32 bits", Value::Unary(UnaryOp::I64ExtendUI32, Box::new(low)));
}

fn times(name: &str, at: usize, drafts: &mut Drafts) {
    let mut set = |change: &str, value: Value| {
        drafts.before(format!("the {name} is {change}"), vec![Step::Set(Place::Param(at), value)]);
    };
    set("treated as 0", Value::I64(0));
    set("one nanosecond late", param(at).plus64(1));
    set("read as microseconds", param(at).op(BinaryOp::I64Mul, Value::I64(1000)));
    let second = || Value::I64(1_000_000_000);
    let whole = param(at).op(BinaryOp::I64DivU, second()).op(BinaryOp::I64Mul, second());
    set("cut to whole seconds", whole);
}

fn path(at: usize, drafts: &mut Drafts) {
    let which = if drafts.list.iter().any(|draft| draft.description.starts_with("the path ")) {
        "the second path"
    } else {
        "the path"
    };
    let (start, len) = (|| param(at), || param(at + 1));
    let shorter = || Step::Set(Place::Param(at + 1), len().plus(-1));
    drafts.before(
        format!("{which} loses its last byte"),
        vec![Step::If(len().exceeds(0), vec![shorter()])],
    );
    // The path `/` keeps its slash.
    let last = start().op(BinaryOp::I32Add, len()).plus(-1).load(Width::One, 0);
    drafts.before(
        format!("{which} loses its trailing slash"),
        vec![Step::If(
            len().exceeds(1),
            vec![Step::If(last.clone().is(i32::from(b'/')), vec![shorter()])],
        )],
    );
    drafts.before(format!("{which} ends at a NUL"), until_nul(at));
    let is_letter = last
        .clone()
        .op(BinaryOp::I32Or, Value::I32(0x20))
        .plus(-i32::from(b'a'))
        .op(BinaryOp::I32LtU, Value::I32(26));
    let end = start().op(BinaryOp::I32Add, len()).plus(-1);
    let flipped = last.op(BinaryOp::I32Xor, Value::I32(0x20));
    let flip = || Step::Store(Width::One, end.clone(), 0, flipped.clone());
    // The bytes in the guest's memory are restored before the call returns.
    drafts.around(
        format!("the case of the last letter of {which} is changed"),
        vec![
            Step::Set(Place::Small(0), Value::I32(0)),
            Step::If(
                len().exceeds(0),
                vec![Step::If(is_letter, vec![flip(), Step::Set(Place::Small(0), Value::I32(1))])],
            ),
        ],
        vec![Step::If(Place::Small(0).into(), vec![flip()])],
    );
}

/// Truncates a path at its first NUL.
fn until_nul(at: usize) -> Vec<Step> {
    let i = || Value::from(Place::Small(0));
    let byte = param(at).op(BinaryOp::I32Add, i()).load(Width::One, 0);
    let inside = || i().op(BinaryOp::I32LtU, param(at + 1));
    let found = || Place::Small(1);
    vec![
        Step::Set(Place::Small(0), Value::I32(0)),
        Step::Set(found(), Value::I32(0)),
        Step::While(
            inside().op(BinaryOp::I32GtU, found().into()),
            vec![
                Step::If(
                    byte.is(0),
                    vec![Step::Set(Place::Param(at + 1), i()), Step::Set(found(), Value::I32(1))],
                ),
                Step::Set(Place::Small(0), i().plus(1)),
            ],
        ),
    ]
}

/// Faults of a list of buffers.
fn lists(at: usize, drafts: &mut Drafts) {
    let (list, len) = (|| param(at), || param(at + 1));
    let set_len = |value: Value| Step::Set(Place::Param(at + 1), value);
    drafts.before(
        "only the first buffer of the list is used",
        vec![Step::If(len().exceeds(1), vec![set_len(Value::I32(1))])],
    );
    drafts.before(
        "the last buffer of the list is left out",
        vec![Step::If(len().exceeds(0), vec![set_len(len().plus(-1))])],
    );
    let pair = |i: u32| list().load(Width::Eight, 8 * i);
    let exchange = || {
        Step::If(
            len().exceeds(1),
            vec![
                Step::Set(Place::Large(0), pair(0)),
                Step::Store(Width::Eight, list(), 0, pair(1)),
                Step::Store(Width::Eight, list(), 8, Place::Large(0).into()),
            ],
        )
    };
    drafts.around("the first two buffers are swapped", vec![exchange()], vec![exchange()]);
    let first_len = || list().load(Width::Four, 4);
    let resize = |by: i32| Step::Store(Width::Four, list(), 4, first_len().plus(by));
    drafts.around(
        "the first buffer is one byte too short",
        vec![
            Step::Set(Place::Small(0), Value::I32(0)),
            Step::If(
                len().exceeds(0),
                vec![Step::If(
                    first_len().exceeds(0),
                    vec![resize(-1), Step::Set(Place::Small(0), Value::I32(1))],
                )],
            ),
        ],
        vec![Step::If(Place::Small(0).into(), vec![resize(1)])],
    );
}
