//! What a fault does before and after a call, as plain data.

pub use walrus::ir::{BinaryOp, UnaryOp};

/// Something that goes wrong around the calls of one function while a number is switched on. What
/// goes wrong in several functions at once is several of them with one number.
#[derive(Clone, Debug)]
pub struct Fault {
    pub number: i32,
    pub function: &'static str,
    pub before: Vec<Step>,
    /// These can use the call's result, [`Place::Result`].
    pub after: Vec<Step>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Set(Place, Value),
    /// Writes to the guest's memory at an address and a further offset.
    Store(Width, Value, u32, Value),
    If(Value, Vec<Step>),
    While(Value, Vec<Step>),
    /// Makes the call, with the parameters as they are now; its errno becomes [`Place::Result`].
    Call,
    /// Returns to the guest with this errno.
    Return(Value),
    /// Returns from a function without a result.
    Leave,
}

#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// A parameter of the function, counted from 0.
    Param(usize),
    /// The errno that the guest will see.
    Result,
    /// Something to remember until the call returns, counted from 0.
    Small(usize),
    Large(usize),
}

#[derive(Clone, Debug)]
pub enum Value {
    I32(i32),
    I64(i64),
    Of(Place),
    /// What is in the guest's memory at an address and a further offset. i64 if it is eight bytes.
    Load(Width, Box<Value>, u32),
    /// How many pages of memory the guest has.
    Pages,
    Unary(UnaryOp, Box<Value>),
    Binary(BinaryOp, Box<Value>, Box<Value>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    One,
    Two,
    Four,
    Eight,
}

impl Value {
    pub fn op(self, op: BinaryOp, other: Value) -> Value {
        Value::Binary(op, Box::new(self), Box::new(other))
    }

    pub fn plus(self, number: i32) -> Value {
        self.op(BinaryOp::I32Add, Value::I32(number))
    }

    pub fn plus64(self, number: i64) -> Value {
        self.op(BinaryOp::I64Add, Value::I64(number))
    }

    pub fn is(self, number: i32) -> Value {
        self.op(BinaryOp::I32Eq, Value::I32(number))
    }

    /// Both unsigned.
    pub fn exceeds(self, number: i32) -> Value {
        self.op(BinaryOp::I32GtU, Value::I32(number))
    }

    pub fn and(self, other: Value) -> Value {
        self.op(BinaryOp::I32And, other)
    }

    pub fn load(self, width: Width, offset: u32) -> Value {
        Value::Load(width, Box::new(self), offset)
    }
}

impl From<Place> for Value {
    fn from(place: Place) -> Self {
        Value::Of(place)
    }
}
