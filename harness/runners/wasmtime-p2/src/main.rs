//! Runs guests on Wasmtime's WASI preview 2 (`wasmtime_wasi::p2`): components as they are, and
//! preview 1 modules as components made with Wasmtime's published adapter.

mod outcome;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use anyhow::{Context, Result};
use runner_kit::{
    Capability, Globals, Identity, MissingCapability, Outcome, RunRequest, Runtime, WasiVersion,
    serve,
};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::cli::{InputFile, OutputFile};
use wasmtime_wasi::p2::add_to_linker_sync;
use wasmtime_wasi::p2::bindings::sync::CommandPre;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wit_component::ComponentEncoder;

const NO_SOCKETS: &str = "preview 2 has no descriptor that could be a socket as stdin";
const NO_EXIT_STATUSES: &str =
    "wasi:cli/exit ends a program with success or failure, which the adapter makes 0 or 1 of";

fn main() -> Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    add_to_linker_sync(&mut linker)?;
    serve(Preview2 { engine, linker })
}

struct Preview2 {
    engine: Engine,
    linker: Linker<Host>,
}

/// The host state of one guest.
struct Host {
    ctx: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.ctx, table: &mut self.table }
    }
}

/// A component, and its export, which is looked up only once.
struct Guest {
    component: Component,
    command: CommandPre<Host>,
}

impl Runtime for Preview2 {
    type Module = Guest;

    fn identity(&self) -> Identity {
        Identity {
            name: "wasmtime-p2".into(),
            version: wasmtime_environ::VERSION.into(),
            details: "wasmtime-wasi p2 and its preview 1 adapter, Cranelift".into(),
            missing_capabilities: vec![
                MissingCapability { capability: Capability::Sockets, reason: NO_SOCKETS.into() },
                MissingCapability {
                    capability: Capability::ExitStatuses,
                    reason: NO_EXIT_STATUSES.into(),
                },
            ],
        }
    }

    fn wasi_versions(&self) -> Vec<WasiVersion> {
        vec![WasiVersion::Preview1, WasiVersion::Preview2]
    }

    fn compile(&mut self, wasm: &[u8]) -> Result<Guest> {
        if is_component(wasm) {
            return self.guest(Component::new(&self.engine, wasm)?);
        }
        let component = ComponentEncoder::default()
            .module(wasm)
            .and_then(|encoder| {
                encoder.adapter(
                    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
                    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
                )
            })
            .and_then(|mut encoder| encoder.encode())
            .context("make a component of the module")?;
        self.guest(Component::new(&self.engine, component)?)
    }

    fn run(&mut self, guest: &Guest, request: &RunRequest, _: &mut Globals) -> Outcome {
        let ctx = match context(request) {
            Ok(ctx) => ctx,
            Err(e) => return Outcome::Error { message: format!("{e:#}") },
        };
        let mut store = Store::new(&self.engine, Host { ctx, table: ResourceTable::new() });
        let end = guest
            .command
            .instantiate(&mut store)
            .and_then(|command| command.wasi_cli_run().call_run(&mut store));
        outcome::from_result(end)
    }

    fn serialize(&self, guest: &Guest) -> Option<Vec<u8>> {
        guest.component.serialize().ok()
    }

    fn deserialize(&self, path: &Path) -> Option<Guest> {
        // SAFETY: only this program writes there, and Wasmtime refuses files written by another
        // version or configuration.
        let component = unsafe { Component::deserialize_file(&self.engine, path) }.ok()?;
        self.guest(component).ok()
    }
}

impl Preview2 {
    fn guest(&self, component: Component) -> Result<Guest> {
        let command = CommandPre::new(self.linker.instantiate_pre(&component)?)?;
        Ok(Guest { component, command })
    }
}

/// A component and a core module differ in the second half of their first eight bytes.
fn is_component(wasm: &[u8]) -> bool {
    wasm.get(..8) == Some(b"\0asm\x0d\0\x01\0")
}

fn context(request: &RunRequest) -> Result<WasiCtx> {
    let mut builder = WasiCtxBuilder::new();
    // Streams of this guest only: the inherited stdin is read by a thread that belongs to the
    // process, and would carry one guest's input and end of file over to the next.
    builder
        .stdin(InputFile::new(own(io::stdin())?))
        .stdout(OutputFile::new(own(io::stdout())?))
        .stderr(OutputFile::new(own(io::stderr())?))
        // Like `wasmtime run`: no other work shares this thread.
        .allow_blocking_current_thread(true)
        .allow_tcp(true)
        .allow_udp(true)
        .allow_ip_name_lookup(true)
        .socket_addr_check(|address, how| {
            let allowed = is_within_the_machine(address, how);
            Box::pin(async move { allowed })
        })
        .args(&request.args)
        .envs(&request.env);
    for preopen in &request.preopens {
        let perms = if preopen.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        builder
            .preopened_dir(&preopen.host, &preopen.guest, perms)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("preopen {}", preopen.host.display()))?;
    }
    Ok(builder.build())
}

/// Guests may connect only to themselves.
fn is_within_the_machine(address: SocketAddr, how: SocketAddrUse) -> bool {
    // A socket that connects or sends without having been bound is bound to the unspecified
    // address on the way. Its peers are looked at as well, so that it reaches nobody by this.
    let binds = matches!(how, SocketAddrUse::TcpBind | SocketAddrUse::UdpBind);
    address.ip().is_loopback() || (binds && address.ip().is_unspecified())
}

fn own(stream: impl AsFd) -> io::Result<File> {
    let fd: OwnedFd = stream.as_fd().try_clone_to_owned()?;
    Ok(fd.into())
}
