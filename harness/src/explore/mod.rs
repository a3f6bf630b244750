//! Exploration: executes sequences of calls that nobody wrote down, and finds those that a runtime
//! answers as the model does not allow. The crate `explore` makes the sequences and judges them; this
//! layer executes them on runtimes, and says which findings are known.

pub mod attribute;
pub mod batch;
pub mod finding;
pub mod machine;
pub mod reduce;
pub mod search;
pub mod show;
mod trees;
