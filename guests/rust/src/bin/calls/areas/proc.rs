//! Calls that end or signal the process.

use guests::imports as wasi;
use preview1::SIGNAL;

use crate::operands::Operands;
use crate::outcome::{Outcome, Stop, nothing};
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb { name: "proc_exit", form: "proc_exit CODE", run: proc_exit },
    Verb { name: "proc_raise", form: "proc_raise SIGNAL", run: proc_raise },
];

/// The import as a function that may return, unlike the one in `guests::imports`: this shows a
/// runtime in which it does.
mod returning {
    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub fn proc_exit(code: i32);
    }
}

fn proc_exit(operands: &mut Operands, world: &mut World) -> Outcome {
    let code = operands.number("the exit code", world)? as i32;
    operands.end()?;
    // SAFETY: the call takes no address.
    unsafe { returning::proc_exit(code) };
    Err(Stop::Seen("returned".into()))
}

fn proc_raise(operands: &mut Operands, world: &mut World) -> Outcome {
    let signal = operands.choice("the signal", &SIGNAL, world)?;
    operands.end()?;
    // SAFETY: the call takes no address.
    nothing(unsafe { wasi::proc_raise(signal) })
}
