//! The wire format between the harness and a runner: JSON, one message a line.
//!
//! The harness writes [`Request`]s to the runner's descriptor [`REQUEST_FD`] and reads [`Reply`]s
//! from its descriptor [`REPLY_FD`], so that descriptors 0 to 2 belong to the guest. A runner sends
//! `hello` once, then answers each request with `started` and `done`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The descriptor from which a runner reads requests.
pub const REQUEST_FD: i32 = 3;
/// The descriptor to which a runner writes replies.
pub const REPLY_FD: i32 = 4;
/// Increased when an older runner would misread a message.
pub const PROTOCOL_VERSION: u32 = 1;

/// One guest to run.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Echoed in every reply to this request.
    pub id: u64,
    pub run: RunRequest,
}

/// All that a runner needs to run a guest once.
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

/// Exported mutable globals of type i32, by name. They configure an instrumented guest and return its
/// results, without any call that the guest itself would notice.
pub type Globals = BTreeMap<String, i32>;

/// A stream socket of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Socket {
    /// A socket whose peer echoes what it receives.
    Connected,
    /// A listening socket where such a peer waits to be accepted.
    Listening,
}

/// A host directory that is preopened for the guest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preopen {
    /// An absolute path.
    pub host: PathBuf,
    /// The name that `fd_prestat_dir_name` reports.
    pub guest: String,
    pub read_only: bool,
}

/// A message from a runner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// Sent once, before the first request is read.
    Hello {
        protocol: u32,
        runtime: String,
        /// The version that the library itself reports, not the one in a manifest.
        version: String,
        /// Other identification of the implementation, for reports: `uvwasi 0.0.21`.
        details: String,
        missing_capabilities: Vec<MissingCapability>,
        /// The kinds of guests that it runs.
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
    /// The runner's own code has panicked, at any time. The process is about to end.
    Panicked { message: String },
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

/// A capability that a runtime lacks, declared once instead of failing case by case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingCapability {
    pub capability: Capability,
    pub reason: String,
}

/// A capability of a runtime's embedding that a case may need and that not every runtime has.
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
    /// The guest was still running at its time limit. Only the harness reports this.
    Timeout,
    /// The runner's process died while the guest ran. Only the harness reports this.
    Crash { how: String },
    /// The guest exceeded its output limit. Only the harness reports this.
    OutputLimit,
    /// A failure of the runner itself, never of the runtime.
    Error { message: String },
}
