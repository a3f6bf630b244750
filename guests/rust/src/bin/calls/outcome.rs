//! The outcome of a statement.

/// The result of a successful call, as it is shown, or why there is none.
pub type Outcome = Result<String, Stop>;

pub enum Stop {
    /// The call returned this.
    Errno(i32),
    /// The call did not succeed, but in a way other than an errno.
    Seen(String),
    /// The operand is the result of a statement that failed.
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

/// The outcome of a call that returns nothing but its errno.
pub fn nothing(errno: i32) -> Outcome {
    check(errno).map(|()| String::new())
}

/// The statement is wrong in this way.
pub fn usage(message: String) -> Stop {
    Stop::Usage(message)
}
