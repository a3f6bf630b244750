//! Cases: one behaviour of one guest each, with its input and its expectation.
//!
//! People write cases, rules and families of cases as YAML, in `expectations/`. This layer reads them,
//! completes defaults, expands families, and checks everything against the guests: what it returns, a
//! [`CaseSet`], has no mistakes left. It also selects cases, by [`filter`], [`Tag`] or [`shard`].
//!
//! This layer must not know runtimes: a case names capabilities that it needs ([`requires`]), never a
//! runtime. How runtimes are known to differ is the business of [`crate::known`].
//!
//! Start reading at [`Case`] and [`load()`]. `schema/` is the YAML as people write it.

pub mod basis;
mod build;
mod families;
pub mod filter;
mod fs_tree;
pub mod guest_sources;
mod guests;
pub mod json_schema;
mod load;
mod refuse;
pub mod requires;
mod rules;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
pub mod shard;
pub mod tag;
mod transcript;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use runner_kit::{Capability, Globals, Outcome, Socket, WasiVersion};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use basis::Basis;
pub use fs_tree::{
    Entry, Kind, LargeFile, Names, Tree, changes, content, overlay, parents, written,
};
pub(crate) use guests::check_wasm;
pub(crate) use load::parse_builtin;
pub use load::{CaseSet, load};
pub use rules::Rule;
pub use tag::Tag;

/// A group of functions: of preview 1, or a package of preview 2. Reports have a row for each.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "area")]
pub enum Area {
    Fd,
    Path,
    Clock,
    Random,
    Args,
    Environ,
    Poll,
    Proc,
    Sched,
    Sock,
    #[serde(rename = "wasi:cli")]
    WasiCli,
    #[serde(rename = "wasi:io")]
    WasiIo,
    #[serde(rename = "wasi:filesystem")]
    WasiFilesystem,
    #[serde(rename = "wasi:clocks")]
    WasiClocks,
    #[serde(rename = "wasi:random")]
    WasiRandom,
    #[serde(rename = "wasi:sockets")]
    WasiSockets,
    /// A test of a wasi-testsuite directory, which names no area.
    #[serde(rename = "wasi-testsuite")]
    WasiTestsuite,
}

impl Area {
    pub const ALL: [Area; 17] = [
        Area::Fd,
        Area::Path,
        Area::Clock,
        Area::Random,
        Area::Args,
        Area::Environ,
        Area::Poll,
        Area::Proc,
        Area::Sched,
        Area::Sock,
        Area::WasiCli,
        Area::WasiIo,
        Area::WasiFilesystem,
        Area::WasiClocks,
        Area::WasiRandom,
        Area::WasiSockets,
        Area::WasiTestsuite,
    ];

    /// The kind of guests that show it.
    pub fn of(self) -> WasiVersion {
        match self {
            Area::WasiCli
            | Area::WasiIo
            | Area::WasiFilesystem
            | Area::WasiClocks
            | Area::WasiRandom
            | Area::WasiSockets => WasiVersion::Preview2,
            _ => WasiVersion::Preview1,
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Area::Fd => "fd",
            Area::Path => "path",
            Area::Clock => "clock",
            Area::Random => "random",
            Area::Args => "args",
            Area::Environ => "environ",
            Area::Poll => "poll",
            Area::Proc => "proc",
            Area::Sched => "sched",
            Area::Sock => "sock",
            Area::WasiCli => "wasi:cli",
            Area::WasiIo => "wasi:io",
            Area::WasiFilesystem => "wasi:filesystem",
            Area::WasiClocks => "wasi:clocks",
            Area::WasiRandom => "wasi:random",
            Area::WasiSockets => "wasi:sockets",
            Area::WasiTestsuite => "wasi-testsuite",
        })
    }
}

/// How binding the rule is that a case tests.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "level")]
pub enum Level {
    /// Its basis requires it.
    #[default]
    Must,
    /// Its basis suggests it, or implementations agree on it.
    Should,
    /// Its basis leaves it open: reported, never failed.
    May,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.pad(match self {
            Level::Must => "must",
            Level::Should => "should",
            Level::May => "may",
        })
    }
}

/// One behaviour: a guest, what it is given, and what must come out.
#[derive(Clone, Debug)]
pub struct Case {
    /// `path_open::trunc_on_directory`: the file's name, then the case's.
    pub id: String,
    pub area: Area,
    /// What must hold, in our own words.
    pub title: String,
    /// The rules of the specification that this case proves, by id. None for a test
    /// of a wasi-testsuite directory.
    pub rules: Vec<String>,
    /// Where the specification states the first of them.
    pub spec: String,
    /// How binding the least binding of them is.
    pub level: Level,
    /// The weakest basis of them.
    pub basis: Basis,
    /// The guest's name: the stem of its file in `guests/prebuilt`.
    pub guest: String,
    pub wasm: PathBuf,
    pub source: Source,
    /// `argv[1..]`; the program's name is the guest's file name.
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub stdin: Vec<u8>,
    /// What stdin is in place of a pipe.
    pub socket: Option<Socket>,
    /// How long the guest may take, if that is less than for every guest.
    pub timeout: Option<Duration>,
    pub preopens: Vec<PreopenSpec>,
    pub files: Files,
    pub expect: Expect,
    /// What it needs of the way a runtime is embedded, in the order of [`Capability`].
    pub requires: Vec<Capability>,
    /// What it is about.
    pub tags: BTreeSet<Tag>,
    /// What an instrumented guest is told; none otherwise.
    pub globals: Globals,
    /// Why this case cannot run anywhere, for tests of a wasi-testsuite directory.
    pub skip: Option<String>,
}

impl Case {
    /// The name that a report and libtest show: `wasmtime::path_open::trunc_on_directory`.
    pub fn id_on(&self, runtime: &str) -> String {
        format!("{runtime}::{}", self.id)
    }
}

/// Where a case is written down.
#[derive(Clone, Debug)]
pub struct Source {
    pub file: PathBuf,
    pub line: usize,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// The name of the preopen that a case has if it asks for none.
const DEFAULT_PREOPEN: &str = "/data";

/// A preopen as a case asks for it; `host` is a path inside the case's private tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreopenSpec {
    pub guest: String,
    pub host: String,
    pub read_only: bool,
}

/// What stands in a case's private tree before the guest runs.
#[derive(Clone, Debug)]
pub enum Files {
    Tree(Tree),
    /// Copies of directories, each with its place in the tree (empty: the root itself), for tests of a
    /// wasi-testsuite directory.
    CopyOf(Vec<(String, PathBuf)>),
}

impl Files {
    /// Whether nothing is there.
    fn is_empty(&self) -> bool {
        match self {
            Files::Tree(tree) => tree.is_empty(),
            Files::CopyOf(directories) => directories.is_empty(),
        }
    }

    /// Whether some entry is so. Copied directories are not searched.
    fn have(&self, is_so: impl Fn(&fs_tree::Entry) -> bool) -> bool {
        match self {
            Files::Tree(tree) => tree.values().any(is_so),
            Files::CopyOf(_) => false,
        }
    }
}

/// What must come out. A part that is `None` is not looked at.
#[derive(Clone, Debug)]
pub struct Expect {
    pub exit: Option<Ending>,
    /// The whole output: one of these texts.
    pub stdout: Option<Vec<String>>,
    /// Not looked at when the guest traps: runtimes may then explain themselves there.
    pub stderr: Option<Vec<String>>,
    /// The whole tree after the guest ran.
    pub tree: Option<Tree>,
}

/// How a guest ends, as cases and divergences write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Exit(u32),
    Trap,
    Unsupported,
    Timeout,
    Crash,
    OutputLimit,
}

impl Ending {
    /// `None` if the outcome is an error of ours.
    pub fn of(outcome: &Outcome) -> Option<Ending> {
        Some(match outcome {
            Outcome::Exit { code } => Ending::Exit(*code),
            Outcome::Trap { .. } => Ending::Trap,
            Outcome::Unsupported { .. } => Ending::Unsupported,
            Outcome::Timeout => Ending::Timeout,
            Outcome::Crash { .. } => Ending::Crash,
            Outcome::OutputLimit => Ending::OutputLimit,
            Outcome::Error { .. } => return None,
        })
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Ending::Exit(code) => write!(f, "{code}"),
            Ending::Trap => f.write_str("trap"),
            Ending::Unsupported => f.write_str("unsupported"),
            Ending::Timeout => f.write_str("timeout"),
            Ending::Crash => f.write_str("crash"),
            Ending::OutputLimit => f.write_str("output_limit"),
        }
    }
}

impl From<Ending> for serde_json::Value {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Exit(code) => code.into(),
            word => word.to_string().into(),
        }
    }
}
