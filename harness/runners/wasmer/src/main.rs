//! Runs guests on Wasmer, through wasmer-wasix.

mod compat;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use runner_kit::{
    Capability, Globals, Identity, MissingCapability, Outcome, Preopen, RunRequest, Runtime, serve,
};
use tokio::runtime::Handle;
use wasmer::{Engine, Instance, Module, RuntimeError, Store, Value};
use wasmer_wasix::runtime::task_manager::tokio::TokioTaskManager;
use wasmer_wasix::virtual_fs::host_fs;
use wasmer_wasix::{PluggableRuntime, WasiEnvBuilder, WasiError};

type WasixRuntime = dyn wasmer_wasix::Runtime + Send + Sync;

const NO_SOCKETS: &str = "WasiEnvBuilder takes no socket";

fn main() -> Result<()> {
    let tokio = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _entered = tokio.enter();
    let engine = Engine::default();
    let mut wasix = PluggableRuntime::new(Arc::new(TokioTaskManager::new(Handle::current())));
    wasix.set_engine(engine.clone());
    serve(Wasmer { engine, wasix: Arc::new(wasix) })
}

struct Wasmer {
    engine: Engine,
    wasix: Arc<WasixRuntime>,
}

impl Runtime for Wasmer {
    type Module = Module;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmer".into(),
            version: wasmer_types::VERSION.into(),
            details: "wasmer-wasix, Cranelift".into(),
            missing_capabilities: vec![MissingCapability {
                capability: Capability::Sockets,
                reason: NO_SOCKETS.into(),
            }],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Module> {
        Ok(Module::new(&self.engine, wasm)?)
    }

    fn run(&mut self, module: &Module, request: &RunRequest, globals: &mut Globals) -> Outcome {
        let builder = match self.environment(request) {
            Ok(builder) => builder,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        let outcome = self.to_end(module.clone(), builder, globals);
        forget_stdio();
        outcome
    }

    fn serialize(&self, module: &Module) -> Option<Vec<u8>> {
        Some(module.serialize().ok()?.to_vec())
    }

    fn deserialize(&self, path: &Path) -> Option<Module> {
        // SAFETY: only this program writes there, under a name that contains Wasmer's version.
        unsafe { Module::deserialize_from_file(&self.engine, path) }.ok()
    }
}

impl Wasmer {
    /// An environment whose preopens are those of the request, then `/`. `WasiRunner`, the engine of
    /// the `wasmer` command, preopens only `/` and `.`, with directories mounted somewhere below,
    /// so no preopen would have the name that a case asks for. Without the `/`, no symbolic link
    /// could be followed: Wasmer resolves link targets from there.
    fn environment(&self, request: &RunRequest) -> Result<WasiEnvBuilder> {
        let (program, args) = request.args.split_first().context("no program name")?;
        let mut builder = WasiEnvBuilder::new(program).args(args).envs(request.env.iter().cloned());
        builder.set_runtime(self.wasix.clone());
        let mut mounts = Vec::new();
        for preopen in &request.preopens {
            let host = host_fs::FileSystem::new(Handle::current(), &preopen.host)
                .with_context(|| format!("open {}", preopen.host.display()))?;
            mounts.push((mount_point(preopen), host));
        }
        let has_root = mounts.iter().any(|(at, _)| at == Path::new("/"));
        compat::set_tree(&mut builder, mounts)?;
        for preopen in &request.preopens {
            builder.add_preopen_build(|p| {
                p.directory(mount_point(preopen)).read(true);
                p.write(!preopen.read_only).create(!preopen.read_only);
                if !preopen.guest.starts_with('/') {
                    p.alias(&preopen.guest);
                }
                p
            })?;
        }
        if !has_root {
            builder.add_preopen_build(|p| p.directory("/").read(true))?;
        }
        Ok(builder)
    }

    /// `wasmer_wasix::bin_factory`, which the `wasmer` command uses, would turn a trap into an exit
    /// with the status 45.
    fn to_end(&self, module: Module, builder: WasiEnvBuilder, globals: &mut Globals) -> Outcome {
        let mut store = Store::new(self.engine.clone());
        let (instance, env) = match builder.instantiate(module, &mut store) {
            Ok(ready) => ready,
            Err(e) => return Outcome::Unsupported { reason: e.to_string() },
        };
        let start = match instance.exports.get_function("_start") {
            Ok(start) => start,
            Err(e) => return Outcome::Unsupported { reason: e.to_string() },
        };
        if let Err(e) = set(globals, &instance, &mut store) {
            return Outcome::Error { message: e.to_string() };
        }
        let outcome = match start.call(&mut store, &[]) {
            Ok(_) => Outcome::Exit { code: 0 },
            Err(e) => ended_early(e),
        };
        get(globals, &instance, &mut store);
        env.on_exit(&mut store, None);
        outcome
    }
}

fn set(globals: &Globals, instance: &Instance, store: &mut Store) -> Result<(), RuntimeError> {
    for (name, value) in globals {
        if let Ok(global) = instance.exports.get_global(name) {
            global.set(store, Value::I32(*value))?;
        }
    }
    Ok(())
}

fn get(globals: &mut Globals, instance: &Instance, store: &mut Store) {
    for (name, value) in globals {
        if let Ok(Value::I32(now)) = instance.exports.get_global(name).map(|g| g.get(store)) {
            *value = now;
        }
    }
}

/// Wasmer's guests see one tree, in which preopens are mounted.
fn mount_point(preopen: &Preopen) -> PathBuf {
    Path::new("/").join(&preopen.guest)
}

fn ended_early(error: RuntimeError) -> Outcome {
    match error.downcast::<WasiError>() {
        Ok(WasiError::Exit(code)) => Outcome::Exit { code: code.raw() as u32 },
        Ok(other) => Outcome::Trap { message: other.to_string() },
        Err(trap) => Outcome::Trap { message: trap.message() },
    }
}

/// Wasmer's guests read and write through the process's own buffered stdio. The data that one guest left
/// in its buffers must not reach the next one.
fn forget_stdio() {
    // A guest whose output pipe broke has nobody to tell.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
    let Ok(null) = std::fs::File::open("/dev/null") else { return };
    if nix::unistd::dup2_stdin(null).is_ok() {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
    }
}
