//! What ordinary programs do, through the standard library: one scenario for each argument. What is
//! shown of an error is the errno that is behind it, or its kind.

mod files;
mod paths;
mod rest;

use std::fmt::Display;
use std::io;

use guests::{names, output, scenario};

/// The preopen that scenarios work in.
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

/// Prints what came of something.
fn show<T: Display>(what: &str, result: io::Result<T>) {
    let seen = match result {
        Ok(seen) => seen.to_string(),
        Err(error) => kind(&error),
    };
    output::line(format!("{what} -> {seen}").as_bytes());
}

/// Prints what came of something that gives nothing.
fn done(what: &str, result: io::Result<()>) {
    show(what, result.map(|()| "done"));
}

fn kind(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(errno) => names::errno(errno),
        None => format!("{:?}", error.kind()),
    }
}
