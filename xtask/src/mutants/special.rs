//! Faults that only one function can have.

use wasi_conformance::instrument::op::{BinaryOp, Place, Step, UnaryOp, Value, Width};

use super::catalogue::{Made, Maker, Part, errno, on_success, param, result};

pub fn of(function: &str, maker: &mut Maker) {
    match function {
        "args_get" | "environ_get" => strings(maker),
        "args_sizes_get" => dropped("args_sizes_get", "args_get", maker),
        "environ_sizes_get" => dropped("environ_sizes_get", "environ_get", maker),
        "clock_time_get" => clock(maker),
        "fd_read" => {
            let none = vec![Step::Store(Width::Four, param(3), 0, Value::I32(0)), success()];
            maker.before("stdin is empty", vec![Step::If(param(0).is(0), none)]);
            maker.before("it reads twice and gives what came second", vec![Step::Call]);
        }
        "fd_write" => write(maker),
        "proc_exit" => exit(maker),
        "proc_raise" => maker.before(
            "the signal is taken for none",
            vec![Step::Set(Place::Param(0), Value::I32(0))],
        ),
        "random_get" => random(maker),
        _ => {}
    }
}

fn success() -> Step {
    Step::Return(Value::I32(0))
}

/// Lists of strings: an array of addresses at the first parameter, into bytes at the second.
fn strings(maker: &mut Maker) {
    let address = |i: u32| param(0).load(Width::Four, 4 * i);
    let set = |i: u32, to: Value| Step::Store(Width::Four, param(0), 4 * i, to);
    // How many there are, the function does not say. The first begins where the bytes do; what
    // follows the array can hardly look like an address a little after that.
    let one = || address(0).op(BinaryOp::I32Eq, param(1));
    let near = address(1).op(BinaryOp::I32Sub, param(1)).plus(-1);
    let two = one().and(near.op(BinaryOp::I32LtU, Value::I32(1 << 20)));
    let mut with = |what: &str, count: &Value, steps: Vec<Step>| {
        maker.after(what, on_success(vec![Step::If(count.clone(), steps)]));
    };
    let keep = Place::Small(0);
    with(
        "the first two are exchanged",
        &two,
        vec![Step::Set(keep, address(0)), set(0, address(1)), set(1, keep.into())],
    );
    with("the first stands in place of the second", &two, vec![set(1, address(0))]);
    with("the first begins a byte late", &one(), vec![set(0, address(0).plus(1))]);
    let flipped = address(0).load(Width::One, 0).op(BinaryOp::I32Xor, Value::I32(1));
    let other = Step::Store(Width::One, address(0), 0, flipped);
    with("the first byte is another", &one(), vec![other]);
    let no_nul = Step::Store(Width::One, address(1).plus(-1), 0, Value::I32(i32::from(b'x')));
    with("the first does not end", &two, vec![no_nul]);
}

/// The list is empty, which two functions say together.
fn dropped(sizes: &'static str, get: &'static str, maker: &mut Maker) {
    let zero = |at: usize| Step::Store(Width::Four, param(at), 0, Value::I32(0));
    let parts = vec![
        Part { function: sizes, before: vec![], after: on_success(vec![zero(0), zero(1)]) },
        Part { function: get, before: vec![success()], after: vec![] },
    ];
    maker.made.push(Made { function: sizes, what: "the list is empty".into(), parts });
}

fn clock(maker: &mut Maker) {
    let now = || param(2).load(Width::Eight, 0);
    let store = |value: Value| Step::Store(Width::Eight, param(2), 0, value);
    let is_monotonic = || param(0).is(1);
    let back = Value::I64(i64::MAX).op(BinaryOp::I64Sub, now());
    maker.after(
        "the monotonic clock goes back",
        on_success(vec![Step::If(is_monotonic(), vec![store(back)])]),
    );
    maker.after(
        "the clock stands still",
        on_success(vec![store(Value::I64(1_234_567_890_123_456_789))]),
    );
    maker.after(
        "the clock runs at half its speed",
        on_success(vec![store(now().op(BinaryOp::I64DivU, Value::I64(2)))]),
    );
}

fn write(maker: &mut Maker) {
    let fd = |number: i32| param(0).is(number);
    let becomes = |to: i32| vec![Step::Set(Place::Param(0), Value::I32(to))];
    maker.before("stderr goes to stdout", vec![Step::If(fd(2), becomes(1))]);
    maker.before("stdout goes to stderr", vec![Step::If(fd(1), becomes(2))]);
    let count = || param(3).load(Width::Four, 0);
    let again = vec![
        Step::Set(Place::Small(0), count()),
        Step::Call,
        Step::Store(Width::Four, param(3), 0, Place::Small(0).into()),
        result(Value::I32(0)),
    ];
    maker.after("it writes twice", on_success(again));
}

fn exit(maker: &mut Maker) {
    let code = || param(0);
    let set = |value: Value| Step::Set(Place::Param(0), value);
    maker.before("it returns", vec![Step::Leave]);
    maker.before("the code is one too great", vec![set(code().plus(1))]);
    maker.before("the code is taken for 0", vec![set(Value::I32(0))]);
    maker.before(
        "every failure has the code 1",
        vec![Step::If(code().exceeds(0), vec![set(Value::I32(1))])],
    );
    maker.before("the code is cut to 8 bits", vec![set(code().and(Value::I32(0xff)))]);
    maker.before("the code is cut to 7 bits", vec![set(code().and(Value::I32(0x7f)))]);
}

fn random(maker: &mut Maker) {
    let i = || Value::from(Place::Small(0));
    let len = || param(1);
    let fill = |from: i32, byte: Value| {
        let at = param(0).op(BinaryOp::I32Add, i());
        on_success(vec![
            Step::Set(Place::Small(0), Value::I32(from)),
            Step::While(
                i().op(BinaryOp::I32LtU, len()),
                vec![Step::Store(Width::One, at, 0, byte), Step::Set(Place::Small(0), i().plus(1))],
            ),
        ])
    };
    maker.after("every byte is 0", fill(0, Value::I32(0)));
    maker.after("every byte is the same", fill(0, Value::I32(0x5a)));
    let sequence = i().op(BinaryOp::I32Mul, Value::I32(167)).plus(13);
    maker.after("every call gives the same bytes", fill(0, sequence));
    maker.after("only the first eight bytes are random", fill(8, Value::I32(0)));
    let earlier = param(0).op(BinaryOp::I32Add, i()).plus(-4).load(Width::One, 0);
    maker.after("the first four bytes repeat", fill(4, earlier));
    for most in [256, 65_536] {
        maker.before(
            format!("at most {most} bytes are written"),
            vec![Step::If(len().exceeds(most), vec![Step::Set(Place::Param(1), Value::I32(most))])],
        );
    }
    let inside = len().exceeds(0);
    maker.before(
        "the last byte is not written",
        vec![Step::If(inside, vec![Step::Set(Place::Param(1), len().plus(-1))])],
    );
    maker.before(
        "no bytes at all are inval",
        vec![Step::If(
            Value::Unary(UnaryOp::I32Eqz, Box::new(len())),
            vec![Step::Return(errno("inval"))],
        )],
    );
}
