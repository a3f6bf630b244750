//! The environment of a guest, and the observation of its run.
//!
//! A [`fixture`] is the private directory of one case on one runtime: the file tree, the named pipes
//! that become the guest's standard streams, and a canary beside the tree that no guest may touch. An
//! [`observation`] is the result when the guest has ended: its outcome, its output, the final tree,
//! and whether it escaped.
//!
//! This layer knows cases, because it creates their trees, but no expectations: [`crate::verdict`]
//! judges observations.

pub mod fixture;
pub mod observation;
pub mod tree;
