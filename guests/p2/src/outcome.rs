//! The outcome of a statement.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use wasip2::filesystem::types::{self, filesystem_error_code};
use wasip2::io::streams::StreamError;
use wasip2::sockets::network;

use crate::value::Value;

pub struct Outcome {
    pub shown: String,
    /// The values that the statement's name is bound to, with each of these endings; the first
    /// ending is usually empty.
    pub values: Vec<(&'static str, Value)>,
}

/// Why there is no outcome.
pub enum Stop {
    /// The statement that should have bound this name failed.
    Unbound(String),
    Usage(String),
}

impl Stop {
    pub fn usage(message: &str) -> Stop {
        Stop::Usage(message.to_owned())
    }
}

pub type Called = Result<Outcome, Stop>;

/// An error by its name in the interface.
pub trait Named {
    fn named(&self) -> String;
}

impl Named for types::ErrorCode {
    fn named(&self) -> String {
        self.name().to_owned()
    }
}

impl Named for network::ErrorCode {
    fn named(&self) -> String {
        self.name().to_owned()
    }
}

impl Named for StreamError {
    fn named(&self) -> String {
        match self {
            StreamError::Closed => "closed".to_owned(),
            StreamError::LastOperationFailed(error) => {
                // The runtime chooses the text; only whether it is empty is shown.
                let silent = if error.to_debug_string().is_empty() { " silent" } else { "" };
                match filesystem_error_code(error) {
                    Some(code) => format!("last-operation-failed {}{silent}", code.name()),
                    None => format!("last-operation-failed{silent}"),
                }
            }
        }
    }
}

/// For a function that returns nothing.
pub fn done(_: ()) -> Called {
    plain("done".to_owned())
}

/// For a function that cannot fail.
pub fn plain(shown: String) -> Called {
    Ok(Outcome { shown, values: vec![] })
}

/// The same, with a result that can be named.
pub fn given(shown: String, value: Value) -> Called {
    Ok(Outcome { shown, values: vec![("", value)] })
}

/// For a function that returns a resource.
pub fn made(value: Value) -> Called {
    given("done".to_owned(), value)
}

pub fn unit<E: Named>(result: Result<(), E>) -> Called {
    shown(result, |()| String::new())
}

/// `ok` and the result, or `err` and the name of the error.
pub fn shown<T, E: Named>(result: Result<T, E>, show: impl Fn(&T) -> String) -> Called {
    valued(result, show, |_| vec![])
}

/// The same, with a result that can be named.
pub fn valued<T, E: Named>(
    result: Result<T, E>,
    show: impl Fn(&T) -> String,
    values: impl Fn(T) -> Vec<(&'static str, Value)>,
) -> Called {
    match result {
        Ok(gave) => {
            let text = show(&gave);
            let shown = if text.is_empty() { "ok".to_owned() } else { format!("ok {text}") };
            Ok(Outcome { shown, values: values(gave) })
        }
        Err(error) => plain(format!("err {}", error.named())),
    }
}

/// `ok` for a resource.
pub fn resource<T, E: Named>(result: Result<T, E>, value: impl Fn(T) -> Value) -> Called {
    valued(result, |_| String::new(), |gave| vec![("", value(gave))])
}

/// `ok` and a number that can be named.
pub fn number<E: Named>(result: Result<u64, E>) -> Called {
    valued(result, |number| format!("{number}"), |number| vec![("", Value::Number(number))])
}

/// The same for a number that the runtime chooses: only whether it is 0 is shown.
pub fn some_number<E: Named>(result: Result<u64, E>) -> Called {
    let show = |number: &u64| if *number == 0 { "0" } else { "some" }.to_owned();
    valued(result, show, |number| vec![("", Value::Number(number))])
}
