//! Runs guests on the model of preview 1, with wasmi to execute their code: a runtime whose every result
//! follows from the rules, with the first branch where the rules leave a choice.

mod clocks;
mod tree;
mod wires;
mod world;

use anyhow::Result;
use model::memory::{decode, encode};
use preview1::{CoreType, FUNCTIONS, MODULE};
use runner_kit::{Globals, Identity, Outcome, RunRequest, Runtime, serve};
use wasmi::errors::ErrorKind;
use wasmi::{
    Caller, Engine, Error, Extern, FuncType, Instance, Linker, Module, Store, Val, ValType,
};

use crate::world::{End, World};

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    for function in &FUNCTIONS {
        let params = function.core_params().map(|param| match param {
            CoreType::I32 => ValType::I32,
            CoreType::I64 => ValType::I64,
        });
        let results = function.returns.then_some(ValType::I32);
        let ty = FuncType::new(params.collect::<Vec<_>>(), results);
        linker.func_new(MODULE, function.name, ty, |caller, args, results| {
            call(function.name, caller, args, results)
        })?;
    }
    serve(Reference { engine, linker })
}

struct Reference {
    engine: Engine,
    linker: Linker<World>,
}

impl Runtime for Reference {
    type Module = Module;

    fn identity(&self) -> Identity {
        Identity {
            name: "reference".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            details: "the model of preview 1, on wasmi 2".into(),
            missing_capabilities: Vec::new(),
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Module> {
        Ok(Module::new(&self.engine, wasm)?)
    }

    fn run(&mut self, module: &Module, request: &RunRequest, globals: &mut Globals) -> Outcome {
        let error = |e: anyhow::Error| Outcome::Error { message: format!("{e:#}") };
        let world = match World::load(request) {
            Ok(world) => world,
            Err(e) => return error(e),
        };
        let mut store = Store::new(&self.engine, world);
        let outcome = match self.to_end(module, &mut store, globals) {
            Ok(()) => Outcome::Exit { code: 0 },
            Err(e) => outcome(&e),
        };
        match store.data_mut().save() {
            Ok(()) => outcome,
            Err(e) => error(e),
        }
    }
}

impl Reference {
    fn to_end(
        &self,
        module: &Module,
        store: &mut Store<World>,
        globals: &mut Globals,
    ) -> Result<(), Error> {
        let instance = self.linker.instantiate_and_start(&mut *store, module)?;
        let start = instance.get_typed_func::<(), ()>(&*store, "_start")?;
        for (name, value) in &*globals {
            if let Some(global) = instance.get_global(&*store, name) {
                global.set(&mut *store, Val::I32(*value))?;
            }
        }
        let end = start.call(&mut *store, ());
        read_globals(globals, &instance, store);
        end
    }
}

fn read_globals(globals: &mut Globals, instance: &Instance, store: &Store<World>) {
    for (name, value) in globals {
        if let Some(Val::I32(now)) = instance.get_global(store, name).map(|g| g.get(store)) {
            *value = now;
        }
    }
}

/// A call of the guest: what the model allows first is what happens.
fn call(
    name: &str,
    mut caller: Caller<'_, World>,
    args: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::new("the guest exports no memory"));
    };
    let args: Vec<u64> = args.iter().map(number).collect();
    let (memory, world) = memory.data_and_store_mut(&mut caller);
    let call = decode(name, &args, memory, &world.state().host)
        .ok_or_else(|| Error::new("preview 1 has no such function"))?;
    let end = world.call(&call).map_err(|e| Error::new(format!("{e:#}")))?;
    let errno = match end {
        End::Succeeds(value) => {
            let mut fill = |bytes: &mut [u8]| {
                getrandom::fill(bytes).expect("the system has random data");
            };
            encode(name, &args, memory, &value, &mut fill);
            0
        }
        End::Fails(errno) => errno.0.into(),
        End::Traps(rules) => return Err(Error::new(format!("{name} traps: {}", rules.join(", ")))),
        End::Exits(code) => return Err(Error::i32_exit(code as i32)),
    };
    if let Some(result) = results.first_mut() {
        *result = Val::I32(errno);
    }
    Ok(())
}

fn number(value: &Val) -> u64 {
    match value {
        Val::I32(number) => (*number as u32).into(),
        Val::I64(number) => *number as u64,
        _ => 0,
    }
}

fn outcome(error: &Error) -> Outcome {
    if let Some(code) = error.i32_exit_status() {
        return Outcome::Exit { code: code as u32 };
    }
    let message = error.to_string();
    match error.kind() {
        ErrorKind::Linker(_) | ErrorKind::Instantiation(_) => {
            Outcome::Unsupported { reason: message }
        }
        // An error of the host ends the guest like a trap, and has no trap code.
        _ => Outcome::Trap { message },
    }
}
