//! What comes of a statement.

/// What a successful call gave, as it is shown; or why there is nothing of the kind.
pub type Outcome = Result<String, Stop>;

pub enum Stop {
    /// The call returned this.
    Errno(i32),
    /// Something else than an errno was seen that isn't a success either.
    Seen(String),
    /// The operand was to be the result of a statement that failed.
    Unbound(String),
    /// No preopen has the name.
    NoPreopen,
    /// The statement is wrong.
    Usage(String),
}

/// Stops at any errno but success.
pub fn check(errno: i32) -> Result<(), Stop> {
    if errno == 0 { Ok(()) } else { Err(Stop::Errno(errno)) }
}

/// The outcome of a call that gives nothing but its errno.
pub fn nothing(errno: i32) -> Outcome {
    check(errno).map(|()| String::new())
}

/// The statement is wrong, and how.
pub fn usage(message: String) -> Stop {
    Stop::Usage(message)
}
