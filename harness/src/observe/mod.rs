//! What a guest is given, and what was seen of it.
//!
//! A [`fixture`] is the private directory of one case on one runtime: the file tree, the named pipes
//! that become the guest's standard streams, and a canary beside the tree that no guest may touch. An
//! [`observation`] is everything that is left when the guest has ended: how it ended, what it wrote,
//! the final tree, and whether it escaped.
//!
//! This layer knows cases, because it lays out their trees, and no expectation: what an observation
//! means is decided in [`crate::verdict`].

pub mod fixture;
pub mod observation;
