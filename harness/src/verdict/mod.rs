//! TODO

pub mod judge;
pub mod signature;
