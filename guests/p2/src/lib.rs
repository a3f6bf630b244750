//! `calls STATEMENT…`: a component that makes preview 2 calls, one for each argument, and prints
//! each with its result. The language is described in `guests/README.md`.
//!
//! It imports only preview 2, and therefore has no std: std for wasm32-wasip1 calls preview 1.

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
        // Never dropped: a case chooses the order in which resources are dropped, with `drop`. The
        // rest disappears with the instance.
        let mut world = ManuallyDrop::new(World::new());
        for statement in arguments.iter().skip(1) {
            match statement.as_str() {
                // The result of `wasi:cli/run`: the guest returns.
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
    // One call accepts only this many bytes.
    for piece in text.as_bytes().chunks(4096) {
        // There is nobody to report this to: a missing line makes the case fail anyway.
        let _ = stream.blocking_write_and_flush(piece);
    }
}

/// For an invalid statement: the case is wrong, not the runtime.
fn refuse(statement: &str, message: &str) -> ! {
    let text = format!("usage: in the statement `{statement}`: {message}\n");
    line(&stderr::get_stderr(), &text);
    exit::exit(Err(()));
    core::arch::wasm32::unreachable()
}
