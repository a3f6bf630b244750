//! Faults of the directory entries of `fd_readdir`, and of the subscriptions and events of
//! `poll_oneoff`.

use preview1::{DIRENT, EVENT_FD_READWRITE, SUBSCRIPTION_CLOCK, SUBSCRIPTION_U};
use wasi_conformance::instrument::op::{BinaryOp, Place, Step, Value, Width};

use super::catalogue::{Drafts, errno, on_success, param};

/// The bytes of a directory entry before its name.
const HEAD: i32 = DIRENT.size() as i32;
const D_NEXT: u32 = DIRENT.offset("d_next") as u32;
const D_INO: u32 = DIRENT.offset("d_ino") as u32;
const D_NAMLEN: u32 = DIRENT.offset("d_namlen") as u32;
const D_TYPE: u32 = DIRENT.offset("d_type") as u32;

pub fn add(function: &str, drafts: &mut Drafts) {
    match function {
        "fd_readdir" => readdir(drafts),
        "poll_oneoff" => poll(drafts),
        _ => {}
    }
}

fn sum(a: Value, b: Value) -> Value {
    a.op(BinaryOp::I32Add, b)
}

fn used() -> Value {
    param(4).load(Width::Four, 0)
}

fn set_used(to: Value) -> Step {
    Step::Store(Width::Four, param(4), 0, to)
}

fn readdir(drafts: &mut Drafts) {
    let entry = || param(1);
    let mut first = |fault: &str, steps: Vec<Step>| {
        let there = used().exceeds(HEAD - 1);
        drafts.after(
            format!("in the first entry, {fault}"),
            on_success(vec![Step::If(there, steps)]),
        );
    };
    for (name, offset) in [("d_next", D_NEXT), ("d_ino", D_INO)] {
        let now = || entry().load(Width::Eight, offset);
        let store = |to: Value| vec![Step::Store(Width::Eight, entry(), offset, to)];
        first(&format!("{name} is one too large"), store(now().plus64(1)));
        first(&format!("{name} is 0"), store(Value::I64(0)));
    }
    let keep = Place::Large(0);
    first(
        "d_next and d_ino are swapped",
        vec![
            Step::Set(keep, entry().load(Width::Eight, D_NEXT)),
            Step::Store(Width::Eight, entry(), D_NEXT, entry().load(Width::Eight, D_INO)),
            Step::Store(Width::Eight, entry(), D_INO, keep.into()),
        ],
    );
    let kind = || entry().load(Width::One, D_TYPE);
    let store_kind = |to: Value| vec![Step::Store(Width::One, entry(), D_TYPE, to)];
    first("d_type is unknown", store_kind(Value::I32(0)));
    first("d_type is the next value", store_kind(kind().plus(1)));
    let name_len = || entry().load(Width::Four, D_NAMLEN);
    let store_len = |to: Value| vec![Step::Store(Width::Four, entry(), D_NAMLEN, to)];
    first("d_namlen is one too small", store_len(name_len().plus(-1)));
    let name = entry().load(Width::One, HEAD as u32).op(BinaryOp::I32Xor, Value::I32(1));
    let other = vec![Step::Store(Width::One, entry(), HEAD as u32, name)];
    first("the first byte of the name is wrong", vec![Step::If(used().exceeds(HEAD), other)]);
    whole_entries(drafts);
}

fn whole_entries(drafts: &mut Drafts) {
    let size = || sum(param(1).load(Width::Four, D_NAMLEN), Value::I32(HEAD));
    let whole = || size().op(BinaryOp::I32LeU, used()).and(used().exceeds(HEAD - 1));
    let move_down = copy(sum(param(1), size()), param(1), used().op(BinaryOp::I32Sub, size()));
    // The size must be read before the move overwrites it.
    let mut without = vec![Step::Set(Place::Small(2), used().op(BinaryOp::I32Sub, size()))];
    without.extend(move_down);
    without.push(set_used(Place::Small(2).into()));
    drafts.after("the first entry is left out", on_success(vec![Step::If(whole(), without)]));
    let fits = sum(used(), size()).op(BinaryOp::I32LeU, param(2));
    let mut doubled = copy(param(1), sum(param(1), used()), size());
    doubled.push(set_used(sum(used(), size())));
    drafts.after(
        "the first entry is repeated at the end",
        on_success(vec![Step::If(whole().and(fits), doubled)]),
    );
    // After the loop, the first place holds the end of the last whole entry, the second its start.
    let (end, start) = (Place::Small(1), Place::Small(2));
    let next = || sum(Value::from(end), entry_size(end));
    let walk = vec![
        Step::Set(end, Value::I32(0)),
        Step::Set(start, Value::I32(0)),
        Step::While(more(end), vec![Step::Set(start, end.into()), Step::Set(end, next())]),
    ];
    let then = |steps: Vec<Step>| on_success([walk.clone(), steps].concat());
    drafts.after("the last whole entry is left out", then(vec![set_used(start.into())]));
    drafts.after("a truncated entry is left out", then(vec![set_used(end.into())]));
    drafts.after("the buffer is always reported full", on_success(vec![set_used(param(2))]));
}

fn entry_size(at: Place) -> Value {
    sum(sum(param(1), at.into()).load(Width::Four, D_NAMLEN), Value::I32(HEAD))
}

/// Whether a whole entry starts at an offset. (Past the last entry, the size is read from unused
/// bytes, but then the first condition is false already.)
fn more(at: Place) -> Value {
    let head = sum(at.into(), Value::I32(HEAD)).op(BinaryOp::I32LeU, used());
    let whole = sum(at.into(), entry_size(at)).op(BinaryOp::I32LeU, used());
    head.and(whole)
}

/// Copies bytes, from low to high addresses.
fn copy(from: Value, to: Value, len: Value) -> Vec<Step> {
    let (i, source, target, count) =
        (Place::Small(1), Place::Small(3), Place::Small(4), Place::Small(5));
    let at = |base: Place| sum(base.into(), i.into());
    vec![
        Step::Set(source, from),
        Step::Set(target, to),
        Step::Set(count, len),
        Step::Set(i, Value::I32(0)),
        Step::While(
            Value::from(i).op(BinaryOp::I32LtU, count.into()),
            vec![
                Step::Store(Width::One, at(target), 0, at(source).load(Width::One, 0)),
                Step::Set(i, Value::from(i).plus(1)),
            ],
        ),
    ]
}

/// The size of a subscription, and the offsets of its fields.
const SUBSCRIPTION: i32 = preview1::SUBSCRIPTION.size() as i32;
const TAG: u32 = preview1::SUBSCRIPTION.offset("u") as u32;
const BODY: u32 = TAG + SUBSCRIPTION_U.offset() as u32;
/// The clock, or the descriptor.
const CLOCK_OR_FD: u32 = BODY + SUBSCRIPTION_CLOCK.offset("id") as u32;
const TIMEOUT: u32 = BODY + SUBSCRIPTION_CLOCK.offset("timeout") as u32;
const CLOCK_FLAGS: u32 = BODY + SUBSCRIPTION_CLOCK.offset("flags") as u32;

/// The size of an event, and the offsets of its fields.
const EVENT: i32 = preview1::EVENT.size() as i32;
const USERDATA: u32 = preview1::EVENT.offset("userdata") as u32;
const ERROR: u32 = preview1::EVENT.offset("error") as u32;
const TYPE: u32 = preview1::EVENT.offset("type") as u32;
const READWRITE: u32 = preview1::EVENT.offset("fd_readwrite") as u32;
const NBYTES: u32 = READWRITE + EVENT_FD_READWRITE.offset("nbytes") as u32;
const READWRITE_FLAGS: u32 = READWRITE + EVENT_FD_READWRITE.offset("flags") as u32;

fn poll(drafts: &mut Drafts) {
    subscriptions(drafts);
    events(drafts);
}

fn subscriptions(drafts: &mut Drafts) {
    let count = || param(2);
    let tag = || param(0).load(Width::One, TAG);
    // The subscription in the guest's memory is restored before the call returns.
    let mut first = |fault: &str, is: Value, width: Width, offset: u32, to: Value| {
        let kept = if width == Width::Eight { Place::Large(0) } else { Place::Small(0) };
        let changed = Place::Small(1);
        let change = vec![
            Step::Set(kept, param(0).load(width, offset)),
            Step::Store(width, param(0), offset, to),
            Step::Set(changed, Value::I32(1)),
        ];
        let restore = Step::Store(width, param(0), offset, kept.into());
        drafts.around(
            format!("in the first subscription, {fault}"),
            vec![Step::If(count().exceeds(0), vec![Step::If(is, change)])],
            vec![Step::If(changed.into(), vec![restore])],
        );
    };
    let timeout = || param(0).load(Width::Eight, TIMEOUT);
    let thousand = Value::I64(1000);
    first(
        "the timeout is read as microseconds",
        tag().is(0),
        Width::Eight,
        TIMEOUT,
        timeout().op(BinaryOp::I64Mul, thousand.clone()),
    );
    first(
        "the timeout is divided by 1000",
        tag().is(0),
        Width::Eight,
        TIMEOUT,
        timeout().op(BinaryOp::I64DivU, thousand),
    );
    first("the timeout is treated as 0", tag().is(0), Width::Eight, TIMEOUT, Value::I64(0));
    let flags = || param(0).load(Width::Two, CLOCK_FLAGS);
    first("abstime is dropped", tag().is(0), Width::Two, CLOCK_FLAGS, flags().and(Value::I32(!1)));
    first(
        "abstime is forced",
        tag().is(0),
        Width::Two,
        CLOCK_FLAGS,
        flags().op(BinaryOp::I32Or, Value::I32(1)),
    );
    let clock = || param(0).load(Width::Four, CLOCK_OR_FD);
    let realtime_or_monotonic = tag().is(0).and(clock().op(BinaryOp::I32LtU, Value::I32(2)));
    first(
        "realtime and monotonic are swapped",
        realtime_or_monotonic,
        Width::Four,
        CLOCK_OR_FD,
        clock().op(BinaryOp::I32Xor, Value::I32(1)),
    );
    first("fd_read is treated as fd_write", tag().is(1), Width::One, TAG, Value::I32(2));
    first("fd_write is treated as fd_read", tag().is(2), Width::One, TAG, Value::I32(1));
    first(
        "the descriptor is one too large",
        tag().exceeds(0),
        Width::Four,
        CLOCK_OR_FD,
        clock().plus(1),
    );
    let fewer = || Step::Set(Place::Param(2), count().plus(-1));
    drafts.before(
        "the last subscription is left out",
        vec![Step::If(count().exceeds(1), vec![fewer()])],
    );
    drafts.before(
        "the first subscription is left out",
        vec![Step::If(
            count().exceeds(1),
            vec![Step::Set(Place::Param(0), param(0).plus(SUBSCRIPTION)), fewer()],
        )],
    );
}

fn events(drafts: &mut Drafts) {
    let happened = || param(3).load(Width::Four, 0);
    let mut first = |fault: &str, width: Width, offset: u32, to: Value| {
        let store = Step::Store(width, param(1), offset, to);
        drafts.after(
            format!("in the first event, {fault}"),
            on_success(vec![Step::If(happened().exceeds(0), vec![store])]),
        );
    };
    let userdata = || param(1).load(Width::Eight, USERDATA);
    first("the userdata is one too large", Width::Eight, USERDATA, userdata().plus64(1));
    first("the userdata is 0", Width::Eight, USERDATA, Value::I64(0));
    first("the error is success", Width::Two, ERROR, Value::I32(0));
    first("the error is badf", Width::Two, ERROR, errno("badf"));
    let kind = param(1).load(Width::One, TYPE).plus(1).op(BinaryOp::I32RemU, Value::I32(3));
    first("the type is the next value", Width::One, TYPE, kind);
    first("nbytes is 0", Width::Eight, NBYTES, Value::I64(0));
    let nbytes = || param(1).load(Width::Eight, NBYTES);
    first("nbytes is one too large", Width::Eight, NBYTES, nbytes().plus64(1));
    first("hangup is reported", Width::Two, READWRITE_FLAGS, Value::I32(1));
    let room = || happened().op(BinaryOp::I32LtU, param(2));
    let after_last = || sum(param(1), happened().op(BinaryOp::I32Mul, Value::I32(EVENT)));
    let mut doubled = copy(param(1), after_last(), Value::I32(EVENT));
    doubled.push(Step::Store(Width::Four, param(3), 0, happened().plus(1)));
    let some = || happened().exceeds(0).and(room());
    drafts.after("the first event is repeated", on_success(vec![Step::If(some(), doubled)]));
    let nothing =
        vec![Step::Store(Width::Four, param(3), 0, Value::I32(0)), Step::Return(Value::I32(0))];
    drafts.before("it never waits and reports no events", nothing);
}
