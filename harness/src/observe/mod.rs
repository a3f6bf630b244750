//! TODO

pub mod fixture;
pub mod observation;
