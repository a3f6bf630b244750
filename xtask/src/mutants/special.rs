//! Faults that are specific to one function.

use wasi_conformance::instrument::op::{BinaryOp, Place, Step, UnaryOp, Value, Width};

use super::catalogue::{Draft, Drafts, Wrapper, errno, on_success, param, result};

pub fn add(function: &str, drafts: &mut Drafts) {
    match function {
        "args_get" | "environ_get" => strings(drafts),
        "args_sizes_get" => dropped("args_sizes_get", "args_get", drafts),
        "environ_sizes_get" => dropped("environ_sizes_get", "environ_get", drafts),
        "clock_time_get" => clock(drafts),
        "fd_read" => {
            let none = vec![Step::Store(Width::Four, param(3), 0, Value::I32(0)), success()];
            drafts.before("stdin is empty", vec![Step::If(param(0).is(0), none)]);
            drafts.before("it reads twice and returns only the second read", vec![Step::Call]);
        }
        "fd_write" => write(drafts),
        "proc_exit" => exit(drafts),
        "proc_raise" => drafts.before(
            "the signal is treated as none",
            vec![Step::Set(Place::Param(0), Value::I32(0))],
        ),
        "random_get" => random(drafts),
        _ => {}
    }
}

fn success() -> Step {
    Step::Return(Value::I32(0))
}

/// Lists of strings: an array of addresses at the first parameter, into bytes at the second.
fn strings(drafts: &mut Drafts) {
    let address = |i: u32| param(0).load(Width::Four, 4 * i);
    let set = |i: u32, to: Value| Step::Store(Width::Four, param(0), 4 * i, to);
    // The function does not report how many strings there are. The address of the first is the start
    // of the bytes; data after the array is unlikely to look like an address just after that.
    let one = || address(0).op(BinaryOp::I32Eq, param(1));
    let near = address(1).op(BinaryOp::I32Sub, param(1)).plus(-1);
    let two = one().and(near.op(BinaryOp::I32LtU, Value::I32(1 << 20)));
    let mut with = |fault: &str, count: &Value, steps: Vec<Step>| {
        drafts.after(fault, on_success(vec![Step::If(count.clone(), steps)]));
    };
    let keep = Place::Small(0);
    with(
        "the first two are swapped",
        &two,
        vec![Step::Set(keep, address(0)), set(0, address(1)), set(1, keep.into())],
    );
    with("the second is a copy of the first", &two, vec![set(1, address(0))]);
    with("the first starts a byte late", &one(), vec![set(0, address(0).plus(1))]);
    let flipped = address(0).load(Width::One, 0).op(BinaryOp::I32Xor, Value::I32(1));
    let other = Step::Store(Width::One, address(0), 0, flipped);
    with("the first byte is wrong", &one(), vec![other]);
    let no_nul = Step::Store(Width::One, address(1).plus(-1), 0, Value::I32(i32::from(b'x')));
    with("the first has no NUL at its end", &two, vec![no_nul]);
}

/// The list is empty, consistently in both functions.
fn dropped(sizes: &'static str, get: &'static str, drafts: &mut Drafts) {
    let zero = |at: usize| Step::Store(Width::Four, param(at), 0, Value::I32(0));
    let wrappers = vec![
        Wrapper { function: sizes, before: vec![], after: on_success(vec![zero(0), zero(1)]) },
        Wrapper { function: get, before: vec![success()], after: vec![] },
    ];
    drafts.list.push(Draft { function: sizes, description: "the list is empty".into(), wrappers });
}

fn clock(drafts: &mut Drafts) {
    let now = || param(2).load(Width::Eight, 0);
    let store = |value: Value| Step::Store(Width::Eight, param(2), 0, value);
    let is_monotonic = || param(0).is(1);
    let back = Value::I64(i64::MAX).op(BinaryOp::I64Sub, now());
    drafts.after(
        "the monotonic clock goes back",
        on_success(vec![Step::If(is_monotonic(), vec![store(back)])]),
    );
    drafts.after(
        "the clock stands still",
        on_success(vec![store(Value::I64(1_234_567_890_123_456_789))]),
    );
    drafts.after(
        "the clock runs at half its speed",
        on_success(vec![store(now().op(BinaryOp::I64DivU, Value::I64(2)))]),
    );
}

fn write(drafts: &mut Drafts) {
    let fd = |number: i32| param(0).is(number);
    let becomes = |to: i32| vec![Step::Set(Place::Param(0), Value::I32(to))];
    drafts.before("stderr goes to stdout", vec![Step::If(fd(2), becomes(1))]);
    drafts.before("stdout goes to stderr", vec![Step::If(fd(1), becomes(2))]);
    let count = || param(3).load(Width::Four, 0);
    let again = vec![
        Step::Set(Place::Small(0), count()),
        Step::Call,
        Step::Store(Width::Four, param(3), 0, Place::Small(0).into()),
        result(Value::I32(0)),
    ];
    drafts.after("it writes twice", on_success(again));
}

fn exit(drafts: &mut Drafts) {
    let code = || param(0);
    let set = |value: Value| Step::Set(Place::Param(0), value);
    drafts.before("it returns", vec![Step::Leave]);
    drafts.before("the code is one too large", vec![set(code().plus(1))]);
    drafts.before("the code is treated as 0", vec![set(Value::I32(0))]);
    drafts.before(
        "every nonzero code becomes 1",
        vec![Step::If(code().exceeds(0), vec![set(Value::I32(1))])],
    );
    drafts.before("the code is cut to 8 bits", vec![set(code().and(Value::I32(0xff)))]);
    drafts.before("the code is cut to 7 bits", vec![set(code().and(Value::I32(0x7f)))]);
}

fn random(drafts: &mut Drafts) {
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
    drafts.after("every byte is 0", fill(0, Value::I32(0)));
    drafts.after("every byte is the same", fill(0, Value::I32(0x5a)));
    let sequence = i().op(BinaryOp::I32Mul, Value::I32(167)).plus(13);
    drafts.after("every call gives the same bytes", fill(0, sequence));
    drafts.after("only the first eight bytes are random", fill(8, Value::I32(0)));
    let earlier = param(0).op(BinaryOp::I32Add, i()).plus(-4).load(Width::One, 0);
    drafts.after("the first four bytes repeat", fill(4, earlier));
    for most in [256, 65_536] {
        drafts.before(
            format!("at most {most} bytes are written"),
            vec![Step::If(len().exceeds(most), vec![Step::Set(Place::Param(1), Value::I32(most))])],
        );
    }
    let inside = len().exceeds(0);
    drafts.before(
        "the last byte is not written",
        vec![Step::If(inside, vec![Step::Set(Place::Param(1), len().plus(-1))])],
    );
    drafts.before(
        "a zero-length buffer fails with inval",
        vec![Step::If(
            Value::Unary(UnaryOp::I32Eqz, Box::new(len())),
            vec![Step::Return(errno("inval"))],
        )],
    );
}
