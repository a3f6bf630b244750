//! Runs guests on WasmEdge, through wasmedge-sdk: compiled ahead of time where the library has a
//! compiler, and on its interpreter otherwise.

mod aot;
mod globals;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{Globals, Identity, Outcome, Preopen, RunRequest, Runtime, serve};
use wasmedge_sdk::config::Config;
use wasmedge_sdk::error::WasmEdgeError;
use wasmedge_sdk::wasi::WasiModule;
use wasmedge_sdk::{Module, Store, Vm, params};

use aot::Aot;

fn main() -> Result<()> {
    // WasmEdge logs to stdout, which belongs to the guest.
    wasmedge_sdk::LogManager::log_off();
    serve(WasmEdge { compiler: Aot::find() })
}

struct WasmEdge {
    /// `None` if the library has no compiler.
    compiler: Option<Aot>,
}

/// A module, and its compiled form as a later process can load it.
struct Loaded {
    module: Module,
    compiled: Option<Vec<u8>>,
}

impl Runtime for WasmEdge {
    type Module = Loaded;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmedge".into(),
            version: wasmedge_sdk::utils::CoreVersion::version_string(),
            details: match self.compiler {
                Some(_) => "wasmedge-sdk, ahead-of-time compiler".into(),
                None => "wasmedge-sdk, interpreter".into(),
            },
            missing_capabilities: vec![],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Loaded> {
        // Checked first: the compiler's own message about a module that it refuses says less.
        let module = Module::from_bytes(None, wasm)?;
        let Some(compiler) = &self.compiler else { return Ok(Loaded { module, compiled: None }) };
        let (module, compiled) = compiler.compile(wasm)?;
        Ok(Loaded { module, compiled: Some(compiled) })
    }

    fn run(&mut self, loaded: &Loaded, request: &RunRequest, globals: &mut Globals) -> Outcome {
        let mut wasi = match wasi(request) {
            Ok(wasi) => wasi,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        let config = self.compiler.as_ref().map(|compiler| &compiler.config);
        match run(config, &loaded.module, &mut wasi, globals) {
            // `proc_exit` also returns success here.
            Ok(None) => Outcome::Exit { code: wasi.exit_code() },
            Ok(Some(refused)) => refused,
            Err(e) => Outcome::Trap { message: e.to_string() },
        }
    }

    fn serialize(&self, loaded: &Loaded) -> Option<Vec<u8>> {
        // The interpreter has nothing to cache.
        loaded.compiled.clone()
    }

    fn deserialize(&self, path: &Path) -> Option<Loaded> {
        let module = self.compiler.as_ref()?.load(&fs::read(path).ok()?).ok()?;
        Some(Loaded { module, compiled: None })
    }
}

fn wasi(request: &RunRequest) -> Result<WasiModule> {
    let args = request.args.iter().map(String::as_str).collect();
    let env: Vec<String> =
        request.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let env = env.iter().map(String::as_str).collect();
    let preopens: Vec<String> = request.preopens.iter().map(preopen).collect();
    let preopens = preopens.iter().map(String::as_str).collect();
    WasiModule::create(Some(args), Some(env), Some(preopens)).context("set up WASI")
}

/// A preopen in WasmEdge's notation.
fn preopen(preopen: &Preopen) -> String {
    let mode = if preopen.read_only { ":readonly" } else { "" };
    format!("{}:{}{mode}", preopen.guest, preopen.host.display())
}

/// Runs a guest to completion, or returns the outcome of a module that is refused.
fn run(
    config: Option<&Config>,
    module: &Module,
    wasi: &mut WasiModule,
    globals: &mut Globals,
) -> Result<Option<Outcome>, Box<WasmEdgeError>> {
    let instances = HashMap::from([(wasi.name().to_owned(), wasi.as_mut())]);
    let mut vm = Vm::new(Store::new(config, instances)?);
    if let Err(e) = vm.register_module(None, module.clone()) {
        return Ok(Some(Outcome::Unsupported { reason: e.to_string() }));
    }
    if let Some(instance) = vm.active_module_mut() {
        globals::set(globals, instance)?;
    }
    let end = vm.run_func(None, "_start", params!());
    if let Some(instance) = vm.active_module() {
        globals::get(globals, instance);
    }
    end?;
    Ok(None)
}
