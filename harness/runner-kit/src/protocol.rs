//! The wire format between the harness and a runner: JSON, one message a line.
//!
//! The harness writes [`Request`]s to the runner's descriptor [`REQUEST_FD`] and reads [`Reply`]s
//! from its descriptor [`REPLY_FD`], so that descriptors 0 to 2 belong to the guest. A runner says
//! `hello` once, then answers each request with `started` and `done`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The descriptor from which a runner reads requests.
pub const REQUEST_FD: i32 = 3;
/// The descriptor to which a runner writes replies.
pub const REPLY_FD: i32 = 4;
/// Raised when a message changes in a way that an older runner would misread.
pub const PROTOCOL_VERSION: u32 = 1;

/// One guest to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Echoed in every reply to this request.
    pub id: u64,
    pub run: RunRequest,
}

/// Everything that a runner must know to run a guest once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// The module, an absolute path.
    pub wasm: PathBuf,
    /// The SHA-256 of the module's bytes in hexadecimal: the key under which it may be cached.
    pub sha256: String,
    /// The whole argument vector, the program's name first.
    pub args: Vec<String>,
    /// The environment, in order; names never hold `=`, values may.
    pub env: Vec<(String, String)>,
    pub preopens: Vec<Preopen>,
    /// Named pipes that the runner opens as the guest's standard streams, in the order stdin,
    /// stdout, stderr.
    pub stdio: [PathBuf; 3],
    /// What the guest's stdin is in place of the named pipe, whose content then is what the peer
    /// sends first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<Socket>,
    /// A directory for compiled modules that outlive the runner.
    pub cache: PathBuf,
    /// Set before the guest starts, and read when it has ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub globals: Globals,
}

/// Exported mutable globals of type i32, by name: how an instrumented guest is told what to do, and
/// tells what it saw, without any call that the guest itself would notice.
pub type Globals = BTreeMap<String, i32>;

/// A stream socket that a guest is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Socket {
    /// One with a peer that sends back what it receives.
    Connected,
    /// One at which such a peer waits to be accepted.
    Listening,
}

/// A host directory that the guest is given.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preopen {
    /// An absolute path.
    pub host: PathBuf,
    /// The name that `fd_prestat_dir_name` reports.
    pub guest: String,
    pub read_only: bool,
}

/// What a runner says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// Said once, before the first request is read.
    Hello {
        protocol: u32,
        runtime: String,
        /// As the library itself reports it, not as a manifest does.
        version: String,
        /// What else identifies the implementation, for people: `uvwasi 0.0.21`.
        details: String,
        missing_capabilities: Vec<MissingCapability>,
        /// Which kinds of guests it runs.
        #[serde(default = "preview_1", skip_serializing_if = "is_preview_1")]
        wasi_versions: Vec<WasiVersion>,
    },
    /// The guest's standard streams are open; the guest is about to run.
    Started { id: u64 },
    /// The guest has ended, and all that it wrote is in its streams.
    Done {
        id: u64,
        outcome: Outcome,
        compile_us: u64,
        execute_us: u64,
        /// The globals of the request, as the guest left them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        globals: Globals,
    },
}

/// A kind of guest, by the interface that it is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WasiVersion {
    /// A core module that imports `wasi_snapshot_preview1`.
    Preview1,
    /// A component of the world `wasi:cli/command`, version 0.2.
    Preview2,
}

/// What a runner offers that does not say so.
pub fn preview_1() -> Vec<WasiVersion> {
    vec![WasiVersion::Preview1]
}

fn is_preview_1(wasi_versions: &[WasiVersion]) -> bool {
    wasi_versions == [WasiVersion::Preview1]
}

/// A thing that a runtime has no way to do, declared once instead of failing case by case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingCapability {
    pub capability: Capability,
    pub reason: String,
}

/// What a case may need of a runtime's embedding that not every runtime offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// A preopen that the guest may read but not change.
    ReadOnlyPreopens,
    /// A preopen whose name is not its path on the host.
    NamedPreopens,
    /// A program name (`argv[0]`) chosen by whoever launches the guest.
    ProgramName,
    /// A trap that can be told apart from an exit.
    Traps,
    /// A socket as the guest's stdin.
    Sockets,
    /// A tree with symbolic links in it.
    Symlinks,
    /// A tree whose names have the times that they were given.
    FileTimes,
    /// An exit status other than 0 and 1.
    ExitStatuses,
}

/// How a guest ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// `proc_exit`, or `_start` returned (0).
    Exit { code: u32 },
    /// A WebAssembly trap.
    Trap { message: String },
    /// The runtime refused the module: an import that it lacks, a feature that it does not have.
    Unsupported { reason: String },
    /// The guest was still running when its time was up. Only the harness says this.
    Timeout,
    /// The runner's process died while the guest ran. Only the harness says this.
    Crash { how: String },
    /// The guest wrote more than it may. Only the harness says this.
    OutputLimit,
    /// The runner could not do its work; never the runtime's fault.
    Error { message: String },
}
