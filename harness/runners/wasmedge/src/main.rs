//! Runs guests on WasmEdge's interpreter, through wasmedge-sdk.

mod globals;

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{Globals, Identity, Outcome, Preopen, RunRequest, Runtime, serve};
use wasmedge_sdk::error::WasmEdgeError;
use wasmedge_sdk::wasi::WasiModule;
use wasmedge_sdk::{Module, Store, Vm, params};

fn main() -> Result<()> {
    // WasmEdge logs to stdout, which belongs to the guest.
    wasmedge_sdk::LogManager::log_off();
    serve(WasmEdge)
}

struct WasmEdge;

impl Runtime for WasmEdge {
    type Module = Module;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmedge".into(),
            version: wasmedge_sdk::utils::CoreVersion::version_string(),
            details: "wasmedge-sdk, interpreter".into(),
            missing_capabilities: vec![],
        }
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Module> {
        Ok(Module::from_bytes(None, wasm)?)
    }

    fn run(&mut self, module: &Module, request: &RunRequest, globals: &mut Globals) -> Outcome {
        let mut wasi = match wasi(request) {
            Ok(wasi) => wasi,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        match run(module, &mut wasi, globals) {
            // `proc_exit` also returns success here.
            Ok(None) => Outcome::Exit { code: wasi.exit_code() },
            Ok(Some(refused)) => refused,
            Err(e) => Outcome::Trap { message: e.to_string() },
        }
    }

    fn serialize(&self, _: &Module) -> Option<Vec<u8>> {
        // An interpreter has no compiled module to cache.
        None
    }

    fn deserialize(&self, _: &Path) -> Option<Module> {
        None
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
    module: &Module,
    wasi: &mut WasiModule,
    globals: &mut Globals,
) -> Result<Option<Outcome>, Box<WasmEdgeError>> {
    let instances = HashMap::from([(wasi.name().to_owned(), wasi.as_mut())]);
    let mut vm = Vm::new(Store::new(None, instances)?);
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
