//! Decides verdicts.
//!
//! [`judge`] is the only place where a verdict is decided. It is a pure function of a case, an
//! observation, and the divergence that applies, if there is one. It compares each part of the
//! observation (exit, stdout, stderr, final tree) with what the case allows; the differences are
//! mismatches. Without mismatches, the verdict is `pass`, or `unexpected-pass` if a divergence
//! applies. With mismatches, it is `known` only if the divergence matches exactly.
//!
//! [`signature`] identifies the way in which a case failed, so that repeated runs and comparisons can
//! tell whether two failures are the same. [`failure`] describes a failure in a few words; reports
//! use that to group failures without a divergence.
//!
//! This layer must not know runtimes, processes or files: it runs nothing and reads nothing.
//!
//! Start reading at [`judge::judge`].

pub mod failure;
pub mod judge;
pub mod signature;
