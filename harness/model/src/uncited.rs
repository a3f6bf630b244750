//! Rules without a branch, and why.
