//! The loop of a library runner: read a request, compile its module or take it from the cache, run it,
//! reply.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::module_cache;
use crate::panics;
use crate::protocol::{
    Globals, MissingCapability, Outcome, PROTOCOL_VERSION, REPLY_FD, REQUEST_FD, Reply, Request,
    RunRequest, WasiVersion, preview_1,
};
use crate::redirect::OwnStdio;

/// A runtime's description of itself.
pub struct Identity {
    pub name: String,
    /// The version that the library itself reports.
    pub version: String,
    pub details: String,
    pub missing_capabilities: Vec<MissingCapability>,
}

/// A WASI runtime linked into this process.
pub trait Runtime {
    type Module;

    fn identity(&self) -> Identity;

    /// The kinds of guests that it runs.
    fn wasi_versions(&self) -> Vec<WasiVersion> {
        preview_1()
    }

    /// Compiles a module. The error is the reason why the runtime refuses it.
    fn compile(&mut self, wasm: &[u8]) -> Result<Self::Module>;

    /// Runs `_start` to completion. The guest's standard streams are the process's descriptors 0 to 2.
    /// `globals` come from the request: they are set before, and read again however the guest ends.
    fn run(
        &mut self,
        module: &Self::Module,
        request: &RunRequest,
        globals: &mut Globals,
    ) -> Outcome;

    /// The compiled module as bytes that a later process can load, if the runtime supports that.
    fn serialize(&self, _module: &Self::Module) -> Option<Vec<u8>> {
        None
    }

    /// Loads the bytes of [`Runtime::serialize`]; `None` if they are out of date.
    fn deserialize(&self, _path: &Path) -> Option<Self::Module> {
        None
    }
}

/// Serves requests until the harness closes its end.
pub fn serve<R: Runtime>(mut runtime: R) -> Result<()> {
    // First of all: a file opened earlier could take the place of a missing descriptor.
    let mut wire = Wire::open()?;
    panics::report();
    let stdio = OwnStdio::keep()?;
    let identity = runtime.identity();
    wire.send(&Reply::Hello {
        protocol: PROTOCOL_VERSION,
        runtime: identity.name.clone(),
        version: identity.version.clone(),
        details: identity.details,
        missing_capabilities: identity.missing_capabilities,
        wasi_versions: runtime.wasi_versions(),
    })?;
    let cache_tag = format!("{}-{}", identity.name, identity.version);
    let mut modules = HashMap::new();
    while let Some(Request { id, run: request }) = wire.receive()? {
        let compiling = Instant::now();
        let module = recall(&mut runtime, &mut modules, &request, &cache_tag);
        let compile = compiling.elapsed();
        let mut globals = request.globals.clone();
        let (outcome, execute) = match module {
            Ok(module) => {
                let peer = stdio.give(&request)?;
                wire.send(&Reply::Started { id })?;
                let executing = Instant::now();
                let outcome = runtime.run(module, &request, &mut globals);
                let execute = executing.elapsed();
                stdio.restore()?;
                if let Some(peer) = peer {
                    peer.end();
                }
                (outcome, execute)
            }
            Err(outcome) => (outcome, Duration::ZERO),
        };
        wire.send(&Reply::Done {
            id,
            outcome,
            compile_us: compile.as_micros() as u64,
            execute_us: execute.as_micros() as u64,
            globals,
        })?;
    }
    Ok(())
}

/// The compiled module of a request: from memory, from disk, or compiled now and cached in both.
fn recall<'m, R: Runtime>(
    runtime: &mut R,
    modules: &'m mut HashMap<String, R::Module>,
    request: &RunRequest,
    cache_tag: &str,
) -> Result<&'m R::Module, Outcome> {
    // Looked up twice because a borrow returned from an `if let` here would outlive the insertion.
    if !modules.contains_key(&request.sha256) {
        let on_disk = request.cache.join(format!("{cache_tag}-{}", request.sha256));
        let is_intact = module_cache::is_intact(&on_disk);
        let module = match is_intact.then(|| runtime.deserialize(&on_disk)).flatten() {
            Some(module) => module,
            None => {
                let wasm = fs::read(&request.wasm).map_err(|e| Outcome::Error {
                    message: format!("{}: {e}", request.wasm.display()),
                })?;
                let module = runtime
                    .compile(&wasm)
                    .map_err(|e| Outcome::Unsupported { reason: format!("{e:#}") })?;
                if let Some(bytes) = runtime.serialize(&module) {
                    // A cache that cannot be written costs time, not correctness.
                    let _ = module_cache::write(&on_disk, &bytes);
                }
                module
            }
        };
        modules.insert(request.sha256.clone(), module);
    }
    Ok(&modules[&request.sha256])
}

struct Wire {
    requests: BufReader<File>,
    replies: File,
}

impl Wire {
    fn open() -> Result<Self> {
        for fd in [REQUEST_FD, REPLY_FD] {
            ensure!(
                Path::new(&format!("/dev/fd/{fd}")).exists(),
                "descriptor {fd} is not open: this program is started by wasi-conformance, not by hand"
            );
        }
        // SAFETY: both descriptors are open, as was just checked, and nothing else in this process
        // knows them.
        let (requests, replies) =
            unsafe { (OwnedFd::from_raw_fd(REQUEST_FD), OwnedFd::from_raw_fd(REPLY_FD)) };
        Ok(Wire { requests: BufReader::new(requests.into()), replies: replies.into() })
    }

    fn receive(&mut self) -> Result<Option<Request>> {
        let mut line = String::new();
        if self.requests.read_line(&mut line).context("read a request")? == 0 {
            return Ok(None);
        }
        serde_json::from_str(&line).with_context(|| format!("not a request: {line}")).map(Some)
    }

    fn send(&mut self, reply: &Reply) -> Result<()> {
        let mut line = serde_json::to_string(reply).context("encode a reply")?;
        line.push('\n');
        self.replies.write_all(line.as_bytes()).context("write a reply")
    }
}
