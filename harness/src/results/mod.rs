//! Results as values: reading, writing, merging and comparing what runs have found.
//!
//! A [`run_file`] holds all verdicts of one run with the versions of everything, and a [`run_log`]
//! those that a run has reached so far. [`mod@merge`] combines the run files of several jobs. A
//! [`snapshot`] keeps what one version of one runtime does, small enough to keep one for every version.
//! [`mod@compare`] computes what changed between two of them, once, as a value that every format shows.
//! [`bisect`] finds the version that brought a change, given a function that tries one.
//! [`json_schema`] generates the schemas of these files.
//!
//! This layer must not execute anything: a run file from another machine is as good as one made here.
//!
//! Start reading at [`run_file::Run`].

pub mod bisect;
pub mod compare;
pub mod json_schema;
pub mod merge;
mod read;
pub mod run_file;
pub mod run_log;
mod schema_parts;
pub mod snapshot;
