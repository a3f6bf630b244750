//! Runs guests on Wasmtime, through wasmtime-wasi's preview 1 (`wasmtime_wasi::p1`).

mod compat;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{
    Capability, Globals, Identity, MissingCapability, Outcome, RunRequest, Runtime, serve,
};
use wasmtime::{Engine, Instance, InstancePre, Linker, Module, Store, Trap, Val};
use wasmtime_wasi::{I32Exit, WasiCtxBuilder};

use compat::{InputFile, OutputFile, WasiP1Ctx, add_to_linker_sync};

const NO_SOCKETS: &str = "wasmtime-wasi has no sockets in preview 1: no descriptor is one";

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker_sync(&mut linker, |ctx: &mut WasiP1Ctx| ctx)?;
    serve(Wasmtime { engine, linker })
}

struct Wasmtime {
    engine: Engine,
    linker: Linker<WasiP1Ctx>,
}

impl Runtime for Wasmtime {
    type Module = InstancePre<WasiP1Ctx>;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmtime".into(),
            version: wasmtime_environ::VERSION.into(),
            details: "wasmtime-wasi p1, Cranelift".into(),
            missing_capabilities: vec![MissingCapability {
                capability: Capability::Sockets,
                reason: NO_SOCKETS.into(),
            }],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Self::Module> {
        let module = Module::new(&self.engine, wasm)?;
        Ok(self.linker.instantiate_pre(&module)?)
    }

    fn run(
        &mut self,
        module: &Self::Module,
        request: &RunRequest,
        globals: &mut Globals,
    ) -> Outcome {
        let ctx = match context(request) {
            Ok(ctx) => ctx,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        let mut store = Store::new(&self.engine, ctx);
        let end = module.instantiate(&mut store).and_then(|instance| {
            let start = instance.get_typed_func::<(), ()>(&mut store, "_start")?;
            set(globals, &instance, &mut store)?;
            let end = start.call(&mut store, ());
            get(globals, &instance, &mut store);
            end
        });
        match end {
            Ok(()) => Outcome::Exit { code: 0 },
            Err(e) => outcome(&e),
        }
    }

    fn serialize(&self, module: &Self::Module) -> Option<Vec<u8>> {
        module.module().serialize().ok()
    }

    fn deserialize(&self, path: &Path) -> Option<Self::Module> {
        // SAFETY: only this program writes there, and Wasmtime refuses what another version or
        // configuration of itself has written.
        let module = unsafe { Module::deserialize_file(&self.engine, path) }.ok()?;
        self.linker.instantiate_pre(&module).ok()
    }
}

fn set(
    globals: &Globals,
    instance: &Instance,
    store: &mut Store<WasiP1Ctx>,
) -> wasmtime::Result<()> {
    for (name, value) in globals {
        if let Some(global) = instance.get_global(&mut *store, name) {
            global.set(&mut *store, Val::I32(*value))?;
        }
    }
    Ok(())
}

fn get(globals: &mut Globals, instance: &Instance, store: &mut Store<WasiP1Ctx>) {
    for (name, value) in globals {
        if let Some(Val::I32(now)) =
            instance.get_global(&mut *store, name).map(|g| g.get(&mut *store))
        {
            *value = now;
        }
    }
}

fn context(request: &RunRequest) -> Result<WasiP1Ctx> {
    let mut builder = WasiCtxBuilder::new();
    // Streams of this guest only: the inherited stdin is read by a thread that belongs to the
    // process, and would carry one guest's input and end of file over to the next.
    builder
        .stdin(InputFile::new(own(io::stdin())?))
        .stdout(OutputFile::new(own(io::stdout())?))
        .stderr(OutputFile::new(own(io::stderr())?))
        // Like `wasmtime run`: no other work shares this thread.
        .allow_blocking_current_thread(true)
        .args(&request.args)
        .envs(&request.env);
    for preopen in &request.preopens {
        compat::preopen(&mut builder, preopen)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("preopen {}", preopen.host.display()))?;
    }
    Ok(builder.build_p1())
}

fn own(stream: impl AsFd) -> io::Result<File> {
    let fd: OwnedFd = stream.as_fd().try_clone_to_owned()?;
    Ok(fd.into())
}

fn outcome(error: &wasmtime::Error) -> Outcome {
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
