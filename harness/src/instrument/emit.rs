//! The instructions of a wrapper.

use walrus::ir::{BinaryOp, ExtendedLoad, LoadKind, MemArg, StoreKind, UnaryOp};
use walrus::{FunctionId, GlobalId, InstrSeqBuilder, LocalId, MemoryId, ModuleLocals, ValType};

use super::op::{Fault, Place, Step, Value, Width};
use crate::instrument::coverage;

/// How many places of each size a fault can remember something in.
const PLACES: usize = 6;

/// What a wrapper has besides its parameters.
pub struct Scratch {
    pub result: LocalId,
    small: [LocalId; PLACES],
    large: [LocalId; PLACES],
}

impl Scratch {
    pub fn new(locals: &mut ModuleLocals) -> Self {
        Scratch {
            result: locals.add(ValType::I32),
            small: std::array::from_fn(|_| locals.add(ValType::I32)),
            large: std::array::from_fn(|_| locals.add(ValType::I64)),
        }
    }
}

/// Where a wrapper finds what faults speak of.
pub struct Frame<'a> {
    pub params: &'a [LocalId],
    pub scratch: &'a Scratch,
    pub memory: Option<MemoryId>,
    /// The function that the wrapper stands around.
    pub import: Option<FunctionId>,
}

impl Frame<'_> {
    fn local(&self, place: Place) -> LocalId {
        match place {
            Place::Param(i) => self.params[i],
            Place::Result => self.scratch.result,
            Place::Small(i) => self.scratch.small[i],
            Place::Large(i) => self.scratch.large[i],
        }
    }

    fn memory(&self) -> MemoryId {
        self.memory.expect("what calls preview 1 with an address has a memory")
    }
}

/// Notes that a function was called, whether it returns or not.
pub fn note_call(body: &mut InstrSeqBuilder, notes: &[GlobalId; coverage::WORDS]) {
    let (word, bit) = coverage::CALLED;
    body.global_get(notes[word]).i32_const(bit).binop(BinaryOp::I32Or).global_set(notes[word]);
}

/// Notes what a call returned: one bit for each errno.
pub fn note_result(
    body: &mut InstrSeqBuilder,
    result: LocalId,
    notes: &[GlobalId; coverage::WORDS],
) {
    for (word, &note) in notes.iter().enumerate() {
        // The bit of an errno is in the word of its number divided by 32.
        body.global_get(note)
            .i32_const(1)
            .local_get(result)
            .binop(BinaryOp::I32Shl)
            .i32_const(0)
            .local_get(result)
            .i32_const(5)
            .binop(BinaryOp::I32ShrU)
            .i32_const(word as i32)
            .binop(BinaryOp::I32Eq)
            .select(Some(ValType::I32))
            .binop(BinaryOp::I32Or)
            .global_set(note);
    }
}

/// Does what those faults do whose number is switched on.
pub fn faults(
    body: &mut InstrSeqBuilder,
    frame: &Frame,
    switch: GlobalId,
    faults: &[&Fault],
    of: impl Fn(&Fault) -> &Vec<Step>,
) {
    for fault in faults.iter().filter(|fault| !of(fault).is_empty()) {
        body.global_get(switch).i32_const(fault.number).binop(BinaryOp::I32Eq);
        body.if_else(None, |then| steps(then, frame, of(fault)), |_| {});
    }
}

fn steps(body: &mut InstrSeqBuilder, frame: &Frame, all: &[Step]) {
    for step in all {
        match step {
            Step::Set(place, to) => {
                value(body, frame, to);
                body.local_set(frame.local(*place));
            }
            Step::Store(width, at, offset, what) => {
                value(body, frame, at);
                value(body, frame, what);
                body.store(frame.memory(), store_kind(*width), at_offset(*offset));
            }
            Step::If(condition, then) => {
                value(body, frame, condition);
                body.if_else(None, |body| steps(body, frame, then), |_| {});
            }
            Step::While(condition, again) => {
                body.block(None, |block| {
                    let out = block.id();
                    block.loop_(None, |body| {
                        let around = body.id();
                        value(body, frame, condition);
                        body.unop(UnaryOp::I32Eqz).br_if(out);
                        steps(body, frame, again);
                        body.br(around);
                    });
                });
            }
            Step::Call => {
                for &param in frame.params {
                    body.local_get(param);
                }
                body.call(frame.import.expect("only what stands around a call repeats it"));
                body.local_set(frame.scratch.result);
            }
            Step::Return(errno) => {
                value(body, frame, errno);
                body.return_();
            }
            Step::Leave => {
                body.return_();
            }
        }
    }
}

fn value(body: &mut InstrSeqBuilder, frame: &Frame, wanted: &Value) {
    match wanted {
        Value::I32(number) => body.i32_const(*number),
        Value::I64(number) => body.i64_const(*number),
        Value::Of(place) => body.local_get(frame.local(*place)),
        Value::Load(width, at, offset) => {
            value(body, frame, at);
            body.load(frame.memory(), load_kind(*width), at_offset(*offset))
        }
        Value::Pages => body.memory_size(frame.memory()),
        Value::Unary(op, a) => {
            value(body, frame, a);
            body.unop(*op)
        }
        Value::Binary(op, a, b) => {
            value(body, frame, a);
            value(body, frame, b);
            body.binop(*op)
        }
    };
}

/// No promise of alignment: a guest may have given any address.
fn at_offset(offset: u32) -> MemArg {
    MemArg { align: 1, offset: offset.into() }
}

fn load_kind(width: Width) -> LoadKind {
    match width {
        Width::One => LoadKind::I32_8 { kind: ExtendedLoad::ZeroExtend },
        Width::Two => LoadKind::I32_16 { kind: ExtendedLoad::ZeroExtend },
        Width::Four => LoadKind::I32 { atomic: false },
        Width::Eight => LoadKind::I64 { atomic: false },
    }
}

fn store_kind(width: Width) -> StoreKind {
    match width {
        Width::One => StoreKind::I32_8 { atomic: false },
        Width::Two => StoreKind::I32_16 { atomic: false },
        Width::Four => StoreKind::I32 { atomic: false },
        Width::Eight => StoreKind::I64 { atomic: false },
    }
}
