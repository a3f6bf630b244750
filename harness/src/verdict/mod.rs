//! What an observation means.
//!
//! [`judge`] is the one place where a verdict is decided. It is a pure function of a case, an
//! observation and the divergence that applies, if any: it runs nothing, reads nothing, and knows no
//! runtime. It compares each part of an observation (exit, stdout, stderr, final tree) with what the
//! case allows, and what remains are mismatches. Without any, the verdict is `pass`, or
//! `unexpected-pass` if a divergence is recorded; with some, the recorded divergence must match
//! exactly to make it `known`.
//!
//! [`signature`] reduces a failure to what makes it the same failure elsewhere, so that repeated
//! runs and comparisons can tell whether two are the same. [`failure`] says in a few words what went
//! wrong, by which reports group failures that nobody has explained.
//!
//! Start reading at [`judge::judge`].

pub mod failure;
pub mod judge;
pub mod signature;
