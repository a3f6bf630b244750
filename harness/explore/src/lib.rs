//! Sequences of calls that nobody thought of: generated from the model of preview 1, judged by it, and
//! reduced to the few calls that matter.
//!
//! This crate does no I/O and knows no runtime. It turns a [`Scenario`] into a [`machine::Program`]
//! that a guest can execute, and judges what the guest saw.

mod coverage;
mod executor;
mod generate;
mod image;
mod judge;
mod lift;
mod lower;
pub mod machine;
mod matrix;
mod random;
pub mod rights;
mod scenario;
mod shrink;
mod signature;
#[cfg(test)]
mod tests;
pub mod text;
mod tree;
mod unreached;

pub use coverage::Coverage;
pub use executor::{Executor, Specification};
pub use generate::{Generator, Options};
pub use judge::{Ending, Finding, Judge, Observed, Ran, World};
pub use lift::Breach;
pub use lower::lower;
pub use matrix::Matrix;
pub use scenario::{
    Descriptor, Fault, How, Interest, Node, Operand, Scenario, Step, Subscription, Tree,
};
pub use shrink::{candidates, shrink};
pub use signature::Signature;
pub use tree::LARGE;
pub use unreached::UNREACHED;
