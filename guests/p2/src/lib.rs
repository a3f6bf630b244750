//! `calls STATEMENT…`: a component that makes calls of preview 2, one for each argument, and prints
//! each with what came of it. The language is described in `guests/README.md`.
//!
//! It imports preview 2 and nothing else, so it has no std: std for wasm32-wasip1 calls preview 1.

#![no_std]

extern crate alloc;

mod args;
mod cli;
mod clocks;
mod filesystem;
mod io;
mod outcome;
mod random;
mod sockets;
mod text;
mod value;
mod word;
mod world;

use alloc::format;
use alloc::vec;
use core::mem::ManuallyDrop;
use core::panic::PanicInfo;

use wasip2::cli::{environment, exit, stderr, stdout};
use wasip2::io::streams::OutputStream;

use outcome::{Outcome, Stop};
use word::Statement;
use world::World;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

wasip2::cli::command::export!(Calls);

struct Calls;

impl wasip2::exports::cli::run::Guest for Calls {
    fn run() -> Result<(), ()> {
        let arguments = environment::get_arguments();
        // Never dropped: the order in which resources go is a case's to choose, by `drop`. What is
        // left goes with the instance.
        let mut world = ManuallyDrop::new(World::new());
        for statement in arguments.iter().skip(1) {
            match statement.as_str() {
                // What `wasi:cli/run` gives back: the guest ends by itself.
                "return ok" => return Ok(()),
                "return err" => return Err(()),
                text => run(text, &mut world),
            }
        }
        Ok(())
    }
}

/// Runs a statement and prints its line.
fn run(text: &str, world: &mut World) {
    let mut statement = match Statement::parse(text) {
        Ok(statement) => statement,
        Err(message) => refuse(text, &message),
    };
    let name = statement.name.take();
    let shown = match world::call(&mut statement, world) {
        Ok(Outcome { shown, values }) => {
            if let Some(name) = name {
                world.bind(&name, values);
            }
            shown
        }
        Err(Stop::Unbound(missing)) => {
            if let Some(name) = name {
                world.bind(&name, vec![]);
            }
            format!("no {missing}")
        }
        Err(Stop::Usage(message)) => refuse(text, &message),
    };
    line(&stdout::get_stdout(), &format!("{text} -> {shown}\n"));
}

fn line(stream: &OutputStream, text: &str) {
    // What one call of this takes is limited.
    for piece in text.as_bytes().chunks(4096) {
        // There is nobody to tell: a missing line fails the case by itself.
        let _ = stream.blocking_write_and_flush(piece);
    }
}

/// A statement that isn't one: the case is wrong, not the runtime.
fn refuse(statement: &str, message: &str) -> ! {
    let text = format!("usage: in the statement `{statement}`: {message}\n");
    line(&stderr::get_stderr(), &text);
    exit::exit(Err(()));
    core::arch::wasm32::unreachable()
}
