//! TODO

pub mod bundle;
pub mod diagnostics;
pub mod digest;
pub mod interrupt;
pub mod paths;
pub mod progress;
pub mod text;
