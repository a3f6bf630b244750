//! WasmEdge's ahead-of-time compiler.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasmedge_sdk::config::{CommonConfigOptions, CompilerConfigOptions, Config, ConfigBuilder};
use wasmedge_sdk::{Compiler, CompilerOptimizationLevel, CompilerOutputFormat, Module, RunMode};

/// The smallest module.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

/// A compiler, and where it may write.
pub struct Aot {
    compiler: Compiler,
    directory: PathBuf,
    /// With it, compiled code is loaded and run. By default it is ignored.
    pub config: Config,
}

impl Aot {
    /// `None` if the library was built without its compiler.
    pub fn find() -> Option<Aot> {
        let config = config().ok()?;
        let compiler = Compiler::new(Some(&config)).ok()?;
        let aot = Aot { compiler, directory: std::env::temp_dir(), config };
        aot.compile(EMPTY).is_ok().then_some(aot)
    }

    /// The compiled module, and its bytes for [`Aot::load`].
    pub fn compile(&self, wasm: &[u8]) -> Result<(Module, Vec<u8>)> {
        let path = self.compiler.compile_from_bytes(wasm, "guest", &self.directory)?;
        let bytes = fs::read(&path).context("read the compiled module")?;
        fs::remove_file(&path).context("remove the compiled module")?;
        let module = self.load(&bytes)?;
        Ok((module, bytes))
    }

    /// A module that was compiled before. Its compiled code is a section of the WebAssembly module.
    pub fn load(&self, bytes: &[u8]) -> Result<Module> {
        Ok(Module::from_bytes(Some(&self.config), bytes)?)
    }
}

/// Compiling takes longer than running: almost all guests run for less than a millisecond. The cache
/// of compiled modules may be used on another processor.
fn config() -> Result<Config> {
    let options = CompilerConfigOptions::new()
        .optimization_level(CompilerOptimizationLevel::O0)
        .out_format(CompilerOutputFormat::Wasm)
        .generic_binary(true);
    let common = CommonConfigOptions::default().run_mode(RunMode::Aot);
    Ok(ConfigBuilder::new(common).with_compiler_config(options).build()?)
}
