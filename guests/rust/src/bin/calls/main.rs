//! `calls STATEMENT…`: makes raw preview 1 calls, one for each argument, and prints each with its
//! result. The language is described in `guests/README.md`.

mod areas;
mod buffer;
mod iovecs;
mod operands;
mod outcome;
mod stat;
mod value;
mod verbs;
mod word;
mod world;

use std::os::wasi::ffi::OsStringExt;
use std::process::exit;

use guests::{block, output};

use outcome::{Outcome, Stop};
use word::Statement;
use world::World;

/// The exit status for an invalid statement: the case is wrong, not the runtime.
const USAGE: i32 = 64;
/// The exit status for a preopen that the runtime does not provide.
const NO_PREOPEN: i32 = 70;

fn main() {
    let statements: Vec<Vec<u8>> = std::env::args_os().skip(1).map(OsStringExt::into_vec).collect();
    if statements.is_empty() {
        output::complaint(verbs::help().as_bytes());
        exit(USAGE);
    }
    let mut world = World::default();
    for text in &statements {
        run(text, &mut world);
    }
}

/// Runs a statement and prints its line.
fn run(text: &[u8], world: &mut World) {
    let statement = match Statement::parse(text) {
        Ok(statement) => statement,
        Err(message) => refuse(text, &message),
    };
    let Some(verb) = verbs::find(&statement.verb) else {
        refuse(text, &format!("no verb `{}`", statement.verb));
    };
    let mut operands = statement.operands;
    let outcome = (verb.run)(&mut operands, world);
    if let Some(name) = statement.name {
        let result = world.result.take();
        if matches!(outcome, Ok(_)) && result.is_none() {
            refuse(text, &format!("`{}` gives nothing to name `{name}`", verb.name));
        }
        world.bind(name, result);
    }
    world.result = None;
    report(text, outcome, verb.form);
}

fn report(text: &[u8], outcome: Outcome, form: &str) {
    let mut ends_here = false;
    let mut result = match outcome {
        Ok(shown) if shown.is_empty() => "success".to_owned(),
        Ok(shown) => format!("success {shown}"),
        Err(Stop::Errno(errno)) => guests::names::errno(errno),
        Err(Stop::Seen(shown)) => shown,
        Err(Stop::Unbound(name)) => format!("no {name}"),
        Err(Stop::NoPreopen) => {
            ends_here = true;
            "no preopen".to_owned()
        }
        Err(Stop::Usage(message)) => refuse(text, &format!("{message}; it is `{form}`")),
    };
    if block::overrun() {
        result.push_str(" overrun");
    }
    output::line(&[text, b" -> ", result.as_bytes()].concat());
    if ends_here {
        exit(NO_PREOPEN);
    }
}

fn refuse(statement: &[u8], message: &str) -> ! {
    let statement = String::from_utf8_lossy(statement);
    output::complaint(format!("usage: in the statement `{statement}`: {message}").as_bytes());
    exit(USAGE);
}
