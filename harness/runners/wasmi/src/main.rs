//! Runs guests on wasmi, through wasmi_wasi. Its WASI is wasi-common, the predecessor of wasmtime-wasi
//! in Wasmtime.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use anyhow::{Context, Result};
use cap_std::fs::File as CapStdFile;
use cap_std::os::unix::net::{UnixListener as CapStdListener, UnixStream as CapStdStream};
use runner_kit::{
    Capability, Globals, Identity, MissingCapability, Outcome, RunRequest, Runtime, Socket, serve,
};
use wasmi::errors::ErrorKind;
use wasmi::{Engine, Instance, Linker, Module, Store, Val};
use wasmi_wasi::wasi_common::sync::file::File as WasiCommonFile;
use wasmi_wasi::wasi_common::sync::{net, stdio};
use wasmi_wasi::{Dir, WasiCtx, WasiCtxBuilder, WasiFile, ambient_authority};

const NO_RIGHTS: &str = "wasi-common takes a preopen as an open directory, without rights";

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    wasmi_wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)?;
    serve(Wasmi { engine, linker })
}

struct Wasmi {
    engine: Engine,
    linker: Linker<WasiCtx>,
}

impl Runtime for Wasmi {
    type Module = Module;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmi".into(),
            version: env!("WASMI_VERSION").into(),
            details: concat!("wasi-common ", env!("WASI_COMMON_VERSION"), ", interpreter").into(),
            missing_capabilities: vec![MissingCapability {
                capability: Capability::ReadOnlyPreopens,
                reason: NO_RIGHTS.into(),
            }],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Module> {
        Ok(Module::new(&self.engine, wasm)?)
    }

    fn run(&mut self, module: &Module, request: &RunRequest, globals: &mut Globals) -> Outcome {
        let ctx = match context(request) {
            Ok(ctx) => ctx,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        let mut store = Store::new(&self.engine, ctx);
        match self.to_end(module, &mut store, globals) {
            Ok(()) => Outcome::Exit { code: 0 },
            Err(e) => outcome(&e),
        }
    }
}

impl Wasmi {
    fn to_end(
        &self,
        module: &Module,
        store: &mut Store<WasiCtx>,
        globals: &mut Globals,
    ) -> Result<(), wasmi::Error> {
        let instance = self.linker.instantiate_and_start(&mut *store, module)?;
        let start = instance.get_typed_func::<(), ()>(&*store, "_start")?;
        set(globals, &instance, store)?;
        let end = start.call(&mut *store, ());
        get(globals, &instance, store);
        end
    }
}

fn set(
    globals: &Globals,
    instance: &Instance,
    store: &mut Store<WasiCtx>,
) -> Result<(), wasmi::Error> {
    for (name, value) in globals {
        if let Some(global) = instance.get_global(&*store, name) {
            global.set(&mut *store, Val::I32(*value))?;
        }
    }
    Ok(())
}

fn get(globals: &mut Globals, instance: &Instance, store: &Store<WasiCtx>) {
    for (name, value) in globals {
        if let Some(Val::I32(now)) = instance.get_global(store, name).map(|g| g.get(store)) {
            *value = now;
        }
    }
}

fn context(request: &RunRequest) -> Result<WasiCtx> {
    let mut builder = WasiCtxBuilder::new();
    builder.args(&request.args)?.envs(&request.env)?;
    builder.stdin(stdin(request)?);
    builder.stdout(Box::new(stdio::stdout())).stderr(Box::new(stdio::stderr()));
    for preopen in &request.preopens {
        let host = Dir::open_ambient_dir(&preopen.host, ambient_authority())
            .with_context(|| format!("open {}", preopen.host.display()))?;
        builder
            .preopened_dir(host, &preopen.guest)
            .with_context(|| format!("preopen {}", preopen.host.display()))?;
    }
    Ok(builder.build())
}

/// The stream of this guest only: the inherited stdin has a buffer that belongs to the process, and
/// would pass data that one guest left unread to the next.
fn stdin(request: &RunRequest) -> Result<Box<dyn WasiFile>> {
    let fd: OwnedFd = io::stdin().as_fd().try_clone_to_owned()?;
    Ok(match request.socket {
        None => Box::new(WasiCommonFile::from_cap_std(CapStdFile::from_std(fd.into()))),
        Some(Socket::Connected) => net::Socket::from(CapStdStream::from_std(fd.into())).into(),
        Some(Socket::Listening) => net::Socket::from(CapStdListener::from_std(fd.into())).into(),
    })
}

fn outcome(error: &wasmi::Error) -> Outcome {
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
