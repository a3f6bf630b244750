//! What ordinary programs do through the standard library; the first argument names a scenario. An
//! error is shown by the errno behind it, or else by its kind.

mod files;
mod paths;
mod rest;

use std::fmt::Display;
use std::io;

use guests::{names, output, scenario};

/// The preopen that the scenarios use.
const DATA: &str = "/data";

fn main() {
    let mut scenarios = Vec::new();
    scenarios.extend(files::SCENARIOS);
    scenarios.extend(paths::SCENARIOS);
    scenarios.extend(rest::SCENARIOS);
    scenario::run(&scenarios);
}

/// A path in the preopen.
fn data(path: &str) -> String {
    format!("{DATA}/{path}")
}

/// Prints the result of an operation.
fn show<T: Display>(what: &str, result: io::Result<T>) {
    let seen = match result {
        Ok(seen) => seen.to_string(),
        Err(error) => kind(&error),
    };
    output::line(format!("{what} -> {seen}").as_bytes());
}

/// Prints the result of an operation that returns nothing.
fn done(what: &str, result: io::Result<()>) {
    show(what, result.map(|()| "done"));
}

fn kind(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => names::errno(errno),
        None => format!("{:?}", error.kind()),
    }
}
