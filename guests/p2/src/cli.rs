//! wasi:cli.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::cli::{
    environment, exit, stderr, stdin, stdout, terminal_stderr, terminal_stdin, terminal_stdout,
};

use crate::args::Args;
use crate::outcome::{Called, Stop, done, given, made, plain};
use crate::text::show;
use crate::value::Value;
use crate::world::World;

/// `None` if the function belongs to another package.
pub fn call(verb: &str, args: &mut Args, _: &World) -> Option<Called> {
    Some(match verb {
        "get-arguments" => strings(environment::get_arguments()),
        "get-environment" => {
            let pairs = environment::get_environment().into_iter();
            strings(pairs.map(|(name, value)| format!("{name}={value}")).collect())
        }
        "initial-cwd" => plain(environment::initial_cwd().unwrap_or_else(|| "none".to_owned())),
        "exit" => args.text("ok or err").and_then(|how| match how.as_str() {
            "ok" => done(exit::exit(Ok(()))),
            "err" => done(exit::exit(Err(()))),
            _ => Err(Stop::usage("exit ok, or exit err")),
        }),
        "get-stdin" => made(Value::Input(stdin::get_stdin())),
        "get-stdout" => made(Value::Output(stdout::get_stdout())),
        "get-stderr" => made(Value::Output(stderr::get_stderr())),
        "get-terminal-stdin" => {
            terminal(terminal_stdin::get_terminal_stdin().map(Value::TerminalInput))
        }
        "get-terminal-stdout" => {
            terminal(terminal_stdout::get_terminal_stdout().map(Value::TerminalOutput))
        }
        "get-terminal-stderr" => {
            terminal(terminal_stderr::get_terminal_stderr().map(Value::TerminalOutput))
        }
        _ => return None,
    })
}

fn strings(strings: Vec<String>) -> Called {
    match strings.as_slice() {
        [] => plain("nothing".to_owned()),
        some => {
            let shown: Vec<String> = some.iter().map(|text| show(text.as_bytes())).collect();
            plain(shown.join(" "))
        }
    }
}

fn terminal(terminal: Option<Value>) -> Called {
    match terminal {
        Some(value) => given("some".to_owned(), value),
        None => plain("none".to_owned()),
    }
}
