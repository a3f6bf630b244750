//! The outcome of a component.

use runner_kit::Outcome;
use wasmtime::{Error, Result, Trap};
use wasmtime_wasi::I32Exit;

/// The outcome for the result of `wasi:cli/run`, or for the error that ended it.
pub fn from_result(end: Result<Result<(), ()>>) -> Outcome {
    match end {
        Ok(Ok(())) => Outcome::Exit { code: 0 },
        Ok(Err(())) => Outcome::Exit { code: 1 },
        Err(error) => of_error(&error),
    }
}

fn of_error(error: &Error) -> Outcome {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Outcome::Exit { code: exit.0 as u32 };
    }
    // An error of the host ends the guest like a trap, and has no trap code.
    let message = match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    Outcome::Trap { message }
}
