//! How commands end.

/// How a command ended, if it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Clean,
    Unexpected,
    /// A runtime that should have run could not.
    MissingRuntime,
    Interrupted,
}
