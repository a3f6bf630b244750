//! The entries of the registry. The JSON Schema is generated from these types, so that the comments
//! on their fields are what an editor shows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use runner_kit::MissingCapability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema;

/// Runtimes and how to run guests on them. docs/reference/registry.md is the reference.
#[derive(JsonSchema)]
#[schemars(title = "Registry of runtimes", deny_unknown_fields)]
pub struct Registry {
    /// The runtimes. Reports list them in this order, those of a plain run first.
    #[expect(dead_code, reason = "only the schema is made from it: `parse` reads entries")]
    pub runtimes: Vec<Entry>,
}

/// How guests are run on a runtime.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Library,
    Script,
    Command,
}

/// A runtime, by its kind.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Entry {
    Library(LibraryEntry),
    Script(Box<ScriptEntry>),
    Command(Box<CommandEntry>),
}

/// A library that a runner is built with. The runner is the Rust package in the directory NAME
/// beside this file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LibraryEntry {
    #[serde(rename = "kind")]
    #[schemars(schema_with = "schema::library")]
    _kind: Kind,
    /// The name in `--runtime`, in ids and in reports. A version may follow there, after an `@`.
    #[schemars(schema_with = "schema::name")]
    pub name: String,
    /// Whether a run includes it without being asked to. Default: `false` in the registry of
    /// wasi-conformance, `true` in a file of your own.
    pub default: Option<bool>,
    /// The runtime whose divergences apply to this one too. Default: its own.
    pub divergences_of: Option<String>,
    /// The functions of preview 1 that the runtime lacks. Only the cases that call them are skipped.
    #[serde(default)]
    #[schemars(schema_with = "schema::missing_imports")]
    pub missing_imports: Vec<String>,
    /// What its processes may reach beyond their cases.
    #[serde(default)]
    pub allow: Allow,
    /// The runner's package.
    #[serde(skip)]
    pub package: PathBuf,
}

/// A runner that is a script: some program, such as an engine for JavaScript, runs it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScriptEntry {
    #[serde(rename = "kind")]
    #[schemars(schema_with = "schema::script")]
    _kind: Kind,
    /// The name in `--runtime`, in ids and in reports. A version may follow there, after an `@`.
    #[schemars(schema_with = "schema::name")]
    pub name: String,
    /// Whether a run includes it without being asked to. Default: `false` in the registry of
    /// wasi-conformance, `true` in a file of your own.
    pub default: Option<bool>,
    /// The runtime whose divergences apply to this one too. Default: its own.
    pub divergences_of: Option<String>,
    /// The functions of preview 1 that the runtime lacks. Only the cases that call them are skipped.
    #[serde(default)]
    #[schemars(schema_with = "schema::missing_imports")]
    pub missing_imports: Vec<String>,
    /// The program that runs the script: looked up on PATH or, if it contains a `/`, a path
    /// relative to this file's directory.
    #[schemars(length(min = 1))]
    pub binary: String,
    /// The script, relative to this file's directory.
    #[schemars(with = "String", length(min = 1))]
    pub script: PathBuf,
    /// The program's arguments: `{script}` is the script, `{packages}` the directory of the fetched
    /// packages.
    #[schemars(schema_with = "schema::script_args")]
    pub args: Vec<String>,
    /// How `runtimes fetch` downloads it into the cache directory. Nothing is installed.
    pub fetch: Option<Fetch>,
    /// What its processes may reach beyond their cases.
    #[serde(default)]
    pub allow: Allow,
    /// What to do if the program is missing: `install Node.js 18 or later`.
    pub install: String,
}

/// A command line that runs one guest.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::read_only_dir_or_reason)]
pub struct CommandEntry {
    #[serde(rename = "kind")]
    #[schemars(schema_with = "schema::command")]
    _kind: Kind,
    /// The name in `--runtime`, in ids and in reports. A version may follow there, after an `@`.
    #[schemars(schema_with = "schema::name")]
    pub name: String,
    /// Whether a run includes it without being asked to. Default: `false` in the registry of
    /// wasi-conformance, `true` in a file of your own.
    pub default: Option<bool>,
    /// The runtime whose divergences apply to this one too. Default: its own.
    pub divergences_of: Option<String>,
    /// The functions of preview 1 that the runtime lacks. Only the cases that call them are skipped.
    #[serde(default)]
    #[schemars(schema_with = "schema::missing_imports")]
    pub missing_imports: Vec<String>,
    /// The command: looked up on PATH or, if it contains a `/`, a path relative to this file's
    /// directory.
    #[schemars(length(min = 1))]
    pub binary: String,
    /// How `runtimes fetch` downloads it into the cache directory. Nothing is installed.
    pub fetch: Option<Fetch>,
    /// How to ask for the version. A command that does not print its version is unavailable.
    pub version: VersionCommand,
    /// The arguments that run a guest. `{dirs}`, `{env}` and `{args}`, each an argument of its own,
    /// stand for lists; `{wasm}` for the path of the module.
    #[schemars(schema_with = "schema::run")]
    pub run: Vec<String>,
    /// The arguments for one preopen: `{host}` is the directory, `{guest}` the name that the guest
    /// sees.
    #[schemars(schema_with = "schema::dir")]
    pub dir: Vec<String>,
    /// The same for a preopen that the guest may not change. If the command has no such option, say
    /// so in `missing_capabilities`.
    #[schemars(schema_with = "schema::dir")]
    #[serde(default, deserialize_with = "some")]
    pub read_only_dir: Option<Vec<String>>,
    /// The arguments for one variable: `{name}` and `{value}`.
    #[schemars(schema_with = "schema::env")]
    pub env: Vec<String>,
    /// How to recognize a trap.
    pub trap: ExitPattern,
    /// How to recognize that the runtime refuses a module. Default: that looks like an exit.
    pub refusal: Option<ExitPattern>,
    /// What its processes may reach beyond their cases.
    #[serde(default)]
    pub allow: Allow,
    /// What the command has no option for. Cases that need it are skipped with the reason.
    #[serde(default)]
    #[schemars(schema_with = "schema::missing_capabilities")]
    pub missing_capabilities: Vec<MissingCapability>,
}

/// A key that is there has a value.
fn some<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

/// What the processes of a runtime may reach beyond the directories of their cases, the program's own
/// directory, and the programs and libraries of the system. `--no-containment` allows everything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// Names of environment variables that are passed on.
    #[serde(default)]
    pub env: Vec<String>,
    /// Files and directories that may be read, relative to this file's directory.
    #[serde(default)]
    pub read: Vec<PathBuf>,
    /// Files and directories that may be written as well.
    #[serde(default)]
    pub write: Vec<PathBuf>,
    /// Whether it may use TCP, UDP and Unix sockets.
    #[serde(default)]
    pub network: bool,
    /// Whether it may use Unix sockets. A runner that offers guests a listening socket makes one.
    #[serde(default)]
    pub unix_sockets: bool,
}

/// How to ask a command for its version.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionCommand {
    /// The arguments that make the command print its version.
    pub args: Vec<String>,
    /// A regular expression for what it prints, on stdout or stderr; its first group is the version.
    pub pattern: String,
    /// The Debian package whose version counts if the command does not know its own.
    pub package: Option<String>,
}

/// How to recognize an ending: by the exit status and by what the runtime prints, if the status
/// alone could be the guest's own. The matched lines are removed from the guest's output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::at_least_one_key)]
pub struct ExitPattern {
    /// The exit status; 128 + N for a command that signal N ends. Default: any.
    pub status: Option<i32>,
    /// A regular expression for what the command prints on stdout. Its first group, if any, is the
    /// reason that reports show.
    pub stdout: Option<String>,
    /// The same for stderr.
    pub stderr: Option<String>,
}

impl ExitPattern {
    pub fn patterns(&self) -> impl Iterator<Item = &String> {
        [&self.stdout, &self.stderr].into_iter().flatten()
    }
}

/// Where a runtime is fetched from: exactly one of these.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = schema::exactly_one_key)]
pub struct Fetch {
    /// Packages of npm. Their install scripts are not run.
    pub npm: Option<Packages>,
    /// Packages of PyPI, as wheels.
    pub pypi: Option<Packages>,
    /// Packages of Debian. A requested version names another release of Debian.
    pub debian: Option<DebianPackages>,
    /// A crate, which cargo builds.
    pub cargo: Option<Crate>,
}

impl Fetch {
    /// Whether the fetched packages contain the program itself, not only what a program needs.
    pub fn has_program(&self) -> bool {
        let registries = [&self.npm, &self.pypi].into_iter().flatten();
        self.cargo.is_some()
            || self.debian.as_ref().is_some_and(|d| d.path.is_some())
            || registries.into_iter().any(|packages| packages.path.is_some())
    }
}

/// Packages of npm or of PyPI.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Packages {
    /// The first is the runtime's own; a requested version is its version. `{arch}` stands for the
    /// architecture, in npm's spelling.
    #[schemars(schema_with = "schema::packages")]
    pub packages: Vec<String>,
    /// The path of the binary in the directory that npm or pip fills. Without it, the packages are
    /// not a program: `binary` is looked up on PATH, and `{packages}` tells it where they are.
    pub path: Option<String>,
    /// The versions that are fetched exactly as they were when they were pinned. The first is that of
    /// a plain NAME; the first that begins with VERSION is that of NAME@VERSION. Other versions, and
    /// NAME@latest, are trusted when they are fetched for the first time.
    #[serde(default, skip_serializing)]
    pub pins: Vec<Pin>,
}

/// A version, and what its packages contain: exactly one of `hashes` and `lock`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// The version of the first package.
    #[schemars(length(min = 1))]
    pub version: String,
    /// The hashes of all packages, for every architecture, also of those that they depend on: by
    /// NAME or, at another version than the first package, by NAME@VERSION. npm: `sha512-` and base64,
    /// as in its lock files; PyPI: `sha256:` and hexadecimal digits, one for each wheel, with spaces
    /// between them.
    #[serde(default)]
    pub hashes: BTreeMap<String, String>,
    /// A lock file of npm (`package-lock.json`), or a file of requirements with hashes for pip,
    /// relative to this file's directory.
    pub lock: Option<PathBuf>,
}

/// Packages of Debian.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DebianPackages {
    /// The Debian release: `forky`.
    pub suite: String,
    /// The packages; those that they depend on come with them.
    #[schemars(length(min = 1))]
    pub packages: Vec<String>,
    /// The path of the binary in the packages: `usr/bin/wasmedge`. Without it, the packages are not
    /// a program.
    pub path: Option<String>,
}

/// A command that is a crate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crate {
    /// The crate's name; a requested version is its version.
    #[serde(rename = "crate")]
    pub name: String,
    /// The version that is built unless another is requested. Default: the newest.
    pub version: Option<String>,
    /// Its features, instead of the default ones.
    pub features: Option<Vec<String>>,
    /// The name of its program.
    pub binary: String,
}

impl Entry {
    pub fn name(&self) -> &str {
        match self {
            Entry::Library(entry) => &entry.name,
            Entry::Script(entry) => &entry.name,
            Entry::Command(entry) => &entry.name,
        }
    }

    pub fn allow(&self) -> &Allow {
        match self {
            Entry::Library(entry) => &entry.allow,
            Entry::Script(entry) => &entry.allow,
            Entry::Command(entry) => &entry.allow,
        }
    }

    pub fn allow_mut(&mut self) -> &mut Allow {
        match self {
            Entry::Library(entry) => &mut entry.allow,
            Entry::Script(entry) => &mut entry.allow,
            Entry::Command(entry) => &mut entry.allow,
        }
    }

    pub fn default(&self) -> Option<bool> {
        match self {
            Entry::Library(entry) => entry.default,
            Entry::Script(entry) => entry.default,
            Entry::Command(entry) => entry.default,
        }
    }

    pub fn divergences_of(&self) -> Option<&str> {
        match self {
            Entry::Library(entry) => entry.divergences_of.as_deref(),
            Entry::Script(entry) => entry.divergences_of.as_deref(),
            Entry::Command(entry) => entry.divergences_of.as_deref(),
        }
    }

    pub fn missing_imports(&self) -> &[String] {
        match self {
            Entry::Library(entry) => &entry.missing_imports,
            Entry::Script(entry) => &entry.missing_imports,
            Entry::Command(entry) => &entry.missing_imports,
        }
    }

    pub fn fetch_mut(&mut self) -> Option<&mut Fetch> {
        match self {
            Entry::Library(_) => None,
            Entry::Script(entry) => entry.fetch.as_mut(),
            Entry::Command(entry) => entry.fetch.as_mut(),
        }
    }

    pub fn fetch(&self) -> Option<&Fetch> {
        match self {
            Entry::Library(_) => None,
            Entry::Script(entry) => entry.fetch.as_ref(),
            Entry::Command(entry) => entry.fetch.as_ref(),
        }
    }
}
