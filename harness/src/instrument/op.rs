//! What a fault does before and after a call, as plain data.

pub use walrus::ir::{BinaryOp, UnaryOp};

/// Something that goes wrong around the calls of one function while a number is switched on. What
/// goes wrong in several functions at once is several of them with one number.
#[derive(Clone, Debug)]
pub struct Fault {
    pub number: i32,
    pub function: &'static str,
    pub before: Vec<Step>,
    /// With the call's result in [`Value::Result`].
    pub after: Vec<Step>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Set(Place, Value),
    /// Writes to the guest's memory at an address and a further offset.
    Store(Width, Value, u32, Value),
    If(Value, Vec<Step>),
    While(Value, Vec<Step>),
    /// Returns to the guest with this errno.
    Return(Value),
    /// Returns from a function without a result.
    Leave,
    /// Ends the guest with a trap.
    Trap,
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
