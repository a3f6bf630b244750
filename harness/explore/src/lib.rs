//! Sequences of calls that nobody thought of: generated from the model of preview 1, judged by it, and
//! reduced to the few calls that matter.
//!
//! This crate does no I/O and knows no runtime. It turns a [`Scenario`] into a [`machine::Program`]
//! that a guest can execute, and what the guest saw into a judgement.

pub mod machine;
mod scenario;

pub use scenario::{
    Descriptor, Fault, How, Interest, Node, Operand, Scenario, Step, Subscription, Tree,
};
