//! The statements of the guest `rust-calls` as calls of the model, and what the guest prints as results
//! that the model allows or not. `guests/README.md` describes both languages.
//!
//! [`check`] follows the guest from statement to statement, in all states that are still possible. What
//! a host chooses (times, the numbers of inodes and descriptors, the order of a directory) is never
//! known from what the guest prints, so a result is compared with a [`Shown`]: a text with parts that
//! are free. This crate reads no file and knows no runtime.
//!
//! Words, flags and bytes are read and shown by the guest's own sources.

mod check;
mod operands;
mod shown;
#[path = "../../../guests/rust/src/text.rs"]
pub mod text;
mod verbs;
#[path = "../../../guests/rust/src/bin/calls/word.rs"]
mod word;
mod world;

/// Numbers by the names of the specification.
#[path = "../../../guests/rust/src/names.rs"]
pub mod names;

pub use check::{Allowed, Ending, Mistake, Observed, Refusal, check};
pub use shown::Shown;
