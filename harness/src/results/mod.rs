//! TODO

pub mod bisect;
pub mod compare;
pub mod merge;
pub mod run_file;
pub mod snapshot;
