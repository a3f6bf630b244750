//! Faults of what goes in: a parameter that the runtime takes for another.

use wasi_conformance::instrument::op::{BinaryOp, Place, Step, UnaryOp, Value, Width};

use super::catalogue::{Maker, param};
use super::functions::Param;

/// Faults of the parameter that begins at a place.
pub fn of(kind: &Param, at: usize, maker: &mut Maker) {
    match kind {
        Param::Fd => maker.before(
            format!("{} is taken for the next one", ordinal_fd(maker)),
            vec![Step::Set(Place::Param(at), param(at).plus(1))],
        ),
        Param::Flags(names) => flags(names, at, maker),
        Param::Enum(names) => values(names, at, maker),
        Param::Number(name) => numbers(name, at, maker),
        Param::Time(name) => times(name, at, maker),
        Param::Rights(name) => maker.before(
            format!("{name} rights are all taken away"),
            vec![Step::Set(Place::Param(at), Value::I64(0))],
        ),
        Param::Path => path(at, maker),
        Param::Sources | Param::Sinks => lists(at, maker),
        Param::Buffer => maker.before(
            format!("the buffer at parameter {at} is taken to be a byte shorter"),
            vec![Step::If(
                param(at + 1).exceeds(0),
                vec![Step::Set(Place::Param(at + 1), param(at + 1).plus(-1))],
            )],
        ),
        Param::Out(_) | Param::Other => {}
    }
}

/// Faults of two parameters of the same kind, the later at this place of the list.
pub fn pairs(params: &[Param], later: usize, maker: &mut Maker) {
    let place = |i: usize| params[..i].iter().map(Param::width).sum::<usize>();
    let kind = std::mem::discriminant(&params[later]);
    let Some(earlier) = params[..later].iter().position(|p| std::mem::discriminant(p) == kind)
    else {
        return;
    };
    let (a, b) = (place(earlier), place(later));
    match params[later] {
        Param::Fd => maker.before("the two descriptors are swapped", swap_small(a, b)),
        Param::Path => maker.before(
            "the two paths are swapped",
            [swap_small(a, b), swap_small(a + 1, b + 1)].concat(),
        ),
        Param::Time(_) => maker.before("the two times are swapped", swap_large(a, b)),
        Param::Number(_) => maker.before("the two numbers are swapped", swap_large(a, b)),
        Param::Rights(_) => maker.before("the two rights are swapped", swap_large(a, b)),
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

/// Functions with two descriptors have one of each name.
fn ordinal_fd(maker: &Maker) -> &'static str {
    let first = maker.made.iter().any(|made| made.what.starts_with("the descriptor is"));
    if first { "the second descriptor" } else { "the descriptor" }
}

fn flags(names: &[&str], at: usize, maker: &mut Maker) {
    for (bit, name) in names.iter().enumerate() {
        let mask = 1 << bit;
        maker.before(
            format!("the flag {name} is dropped"),
            vec![Step::Set(Place::Param(at), param(at).and(Value::I32(!mask)))],
        );
        maker.before(
            format!("the flag {name} is forced"),
            vec![Step::Set(Place::Param(at), param(at).op(BinaryOp::I32Or, Value::I32(mask)))],
        );
    }
}

fn values(names: &[&str], at: usize, maker: &mut Maker) {
    // Two of the clocks end so, which says nothing.
    let short = |value: usize| names[value].trim_end_matches("_id");
    for value in 0..names.len() {
        let next = (value + 1) % names.len();
        maker.before(
            format!("{} is taken for {}", short(value), short(next)),
            vec![Step::If(
                param(at).is(value as i32),
                vec![Step::Set(Place::Param(at), Value::I32(next as i32))],
            )],
        );
    }
    let unknown = param(at).op(BinaryOp::I32GeU, Value::I32(names.len() as i32));
    maker.before(
        format!("an unknown value is taken for {}", names[0]),
        vec![Step::If(unknown, vec![Step::Set(Place::Param(at), Value::I32(0))])],
    );
}

fn numbers(name: &str, at: usize, maker: &mut Maker) {
    let mut set = |what: &str, value: Value| {
        maker.before(format!("the {name} is {what}"), vec![Step::Set(Place::Param(at), value)]);
    };
    set("one too great", param(at).plus64(1));
    set("one too small", param(at).plus64(-1));
    set("taken for 0", Value::I64(0));
    let low = Value::Unary(UnaryOp::I32WrapI64, Box::new(param(at)));
    set("cut to 32 bits", Value::Unary(UnaryOp::I64ExtendUI32, Box::new(low)));
}

fn times(name: &str, at: usize, maker: &mut Maker) {
    let mut set = |what: &str, value: Value| {
        maker.before(format!("the {name} is {what}"), vec![Step::Set(Place::Param(at), value)]);
    };
    set("taken for 0", Value::I64(0));
    set("one nanosecond late", param(at).plus64(1));
    set("taken in microseconds", param(at).op(BinaryOp::I64Mul, Value::I64(1000)));
    let second = || Value::I64(1_000_000_000);
    let whole = param(at).op(BinaryOp::I64DivU, second()).op(BinaryOp::I64Mul, second());
    set("cut to whole seconds", whole);
}

fn path(at: usize, maker: &mut Maker) {
    let which = if maker.made.iter().any(|m| m.what.starts_with("the path ")) {
        "the second path"
    } else {
        "the path"
    };
    let (start, len) = (|| param(at), || param(at + 1));
    let shorter = || Step::Set(Place::Param(at + 1), len().plus(-1));
    maker.before(
        format!("{which} loses its last byte"),
        vec![Step::If(len().exceeds(0), vec![shorter()])],
    );
    // Of a path of one byte, the slash is all that there is.
    let last = start().op(BinaryOp::I32Add, len()).plus(-1).load(Width::One, 0);
    maker.before(
        format!("{which} loses its trailing slash"),
        vec![Step::If(
            len().exceeds(1),
            vec![Step::If(last.clone().is(i32::from(b'/')), vec![shorter()])],
        )],
    );
    maker.before(format!("{which} ends at a NUL"), until_nul(at));
    let is_letter = last
        .clone()
        .op(BinaryOp::I32Or, Value::I32(0x20))
        .plus(-i32::from(b'a'))
        .op(BinaryOp::I32LtU, Value::I32(26));
    let end = start().op(BinaryOp::I32Add, len()).plus(-1);
    let flipped = last.op(BinaryOp::I32Xor, Value::I32(0x20));
    let flip = || Step::Store(Width::One, end.clone(), 0, flipped.clone());
    // The guest's own bytes are as before when the call returns.
    maker.around(
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

/// Cuts a path at its first NUL.
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
fn lists(at: usize, maker: &mut Maker) {
    let (list, len) = (|| param(at), || param(at + 1));
    let set_len = |value: Value| Step::Set(Place::Param(at + 1), value);
    maker.before(
        "only the first buffer of the list counts",
        vec![Step::If(len().exceeds(1), vec![set_len(Value::I32(1))])],
    );
    maker.before(
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
    maker.around("the first two buffers are exchanged", vec![exchange()], vec![exchange()]);
    let first_len = || list().load(Width::Four, 4);
    let resize = |by: i32| Step::Store(Width::Four, list(), 4, first_len().plus(by));
    maker.around(
        "the first buffer is taken to be a byte shorter",
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
