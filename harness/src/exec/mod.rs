//! TODO

pub mod engine;
pub mod repeat;
