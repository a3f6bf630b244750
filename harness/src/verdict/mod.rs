//! Decides verdicts.
//!
//! [`judge`] is the only place where a verdict is decided. It is a pure function of a case, an
//! observation, and what is known about the version of the runtime: its snapshot and the causes of its
//! divergences. [`difference`] compares each part of the observation (exit, stdout, stderr, final tree)
//! with what the case allows. Without a difference, the verdict is `pass`, or `unexpected-pass` if the
//! snapshot has one. With a difference, it is `known` only if the snapshot has the same and exactly one
//! cause explains each changed line.
//!
//! [`signature`] identifies the way in which a case failed, so that repeated runs and comparisons can
//! tell whether two failures are the same. [`failure`] describes a failure in a few words; reports
//! use that to group failures without a cause.
//!
//! This layer must not know runtimes, processes or files: it runs nothing and reads nothing.
//!
//! Start reading at [`judge::judge`].

pub mod difference;
pub mod failure;
pub mod judge;
pub mod mismatch;
pub mod signature;
