//! Guests with several scenarios; the first argument selects one.

use std::ffi::OsString;
use std::process::exit;

use crate::output;

/// The exit status for a scenario that does not exist.
const USAGE: i32 = 64;

/// A name and the function that it runs, with the arguments after the name.
pub type Scenario = (&'static str, fn(&[OsString]));

/// Runs the scenario named on the command line.
pub fn run(scenarios: &[Scenario]) {
    let args: Vec<OsString> = std::env::args_os().collect();
    let named = args.get(1).and_then(|name| name.to_str());
    match scenarios.iter().find(|(name, _)| Some(*name) == named) {
        Some((_, scenario)) => scenario(&args[2..]),
        None => {
            let names: Vec<&str> = scenarios.iter().map(|(name, _)| *name).collect();
            output::complaint(
                format!("usage: SCENARIO [ARGUMENT...]: {}", names.join(", ")).as_bytes(),
            );
            exit(USAGE);
        }
    }
}

/// The table of scenarios; each is named after its function.
#[macro_export]
macro_rules! scenarios {
    ($($function:ident),* $(,)?) => {
        [$((stringify!($function), $function as fn(&[std::ffi::OsString]))),*]
    };
}
