//! What a runner or a command may reach: its own programs and libraries, the directory of its cases,
//! and nothing else on this machine. If a runtime has a hole in its sandbox, its guest reaches the
//! canary, which is noticed, and not the user's files.
//!
//! [`Containment`] says what one runtime may reach; [`Containment::apply`] applies it to a command
//! before it starts. The [`kernel`] enforces it, as far as this machine's kernel can.

#[cfg(target_os = "linux")]
mod kernel;
#[cfg(not(target_os = "linux"))]
#[path = "no_kernel.rs"]
mod kernel;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod seccomp;
mod sockets;

use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use self::sockets::Sockets;
use crate::runtime::config::Allow;

/// What every program may read: programs, libraries, and what their libraries look at.
const SYSTEM: [&str; 25] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/nix/store",
    "/gnu/store",
    "/proc",
    "/sys",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    // Users' names and homes; and one of our cases shows by it that a runtime follows a link to there.
    "/etc/passwd",
    "/etc/ssl/openssl.cnf",
];
/// What only a runtime with a network reads.
const NETWORK: [&str; 5] =
    ["/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/etc/services", "/etc/gai.conf"];
const WRITABLE: [&str; 2] = ["/dev/null", "/dev/full"];
/// Variables that every program gets; those of the registry entry come in addition.
const VARIABLES: [&str; 5] = ["PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"];

/// What the programs of one runtime may reach.
#[derive(Clone, Debug, Default)]
pub struct Containment {
    /// If off, the program has the rights and the environment of this one.
    on: bool,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    variables: Vec<String>,
    sockets: Sockets,
}

impl Containment {
    /// No containment at all.
    pub fn off() -> Containment {
        Containment::default()
    }

    /// What every program may reach, and what an entry of the registry allows.
    pub fn new(allow: &Allow) -> Containment {
        let mut read: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
        if allow.network {
            read.extend(NETWORK.iter().map(PathBuf::from));
        }
        read.extend(allow.read.iter().cloned());
        read.extend(program_directories());
        let write = WRITABLE.iter().map(PathBuf::from).chain(allow.write.iter().cloned()).collect();
        let variables = VARIABLES.iter().map(|name| (*name).to_owned());
        let variables = variables.chain(allow.env.iter().cloned()).collect();
        let sockets = match allow {
            Allow { network: true, .. } => Sockets::All,
            Allow { unix_sockets: true, .. } => Sockets::Unix,
            _ => Sockets::None,
        };
        Containment { on: true, read, write, variables, sockets }
    }

    pub fn read(mut self, paths: impl IntoIterator<Item = PathBuf>) -> Containment {
        self.read.extend(paths);
        self
    }

    pub fn write(mut self, paths: impl IntoIterator<Item = PathBuf>) -> Containment {
        self.write.extend(paths);
        self
    }

    /// Also allows reading a program, its directory, and the libraries beside that.
    pub fn program(self, program: &Path) -> Containment {
        let real = program.canonicalize().unwrap_or_default();
        let programs = [program.to_owned(), real];
        let directories = programs.iter().filter_map(|path| path.parent());
        let directories: Vec<PathBuf> =
            directories.flat_map(with_libraries).filter(|path| is_narrow(path)).collect();
        self.read(programs).read(directories)
    }

    /// Contains a command. It may write only to `home`, which is also its home directory, and below
    /// `more`. Call this before descriptors are passed on to the command.
    pub fn apply(&self, command: &mut Command, home: &Path, more: &[&Path]) -> Result<()> {
        if !self.on {
            command.env("TMPDIR", home);
            return Ok(());
        }
        command.env_clear();
        command.envs(self.variables.iter().filter_map(|name| Some((name, env::var_os(name)?))));
        command.env("HOME", home).env("TMPDIR", home);
        let more = more.iter().copied().chain([home]).map(Path::to_owned);
        let write: Vec<PathBuf> = self.write.iter().cloned().chain(more).collect();
        kernel::contain(command, &self.read, &write, self.sockets)
    }

    /// What is in force, in words for the run file.
    pub fn describe(&self) -> String {
        match self.on.then(kernel::features).unwrap_or_default().as_slice() {
            [] => "not contained".to_owned(),
            features => format!("contained: {}", features.join(", ")),
        }
    }
}

/// A directory of programs, and that of their libraries. The programs in a directory named `shims`
/// start others that a version manager (pyenv, asdf, mise) keeps beside it.
fn with_libraries(directory: &Path) -> Vec<PathBuf> {
    if let Some(manager) = directory.parent().filter(|_| directory.ends_with("shims")) {
        return vec![manager.to_owned()];
    }
    let beside = directory.parent().filter(|_| directory.ends_with("bin"));
    let libraries = beside
        .into_iter()
        .flat_map(|root| ["lib", "lib64", "libexec", "share"].map(|l| root.join(l)));
    [directory.to_owned()].into_iter().chain(libraries).collect()
}

/// The directories on PATH and those of libraries.
fn program_directories() -> BTreeSet<PathBuf> {
    let paths = |name: &str| env::var_os(name).unwrap_or_default();
    let programs: Vec<PathBuf> = env::split_paths(&paths("PATH")).collect();
    let libraries: Vec<PathBuf> = env::split_paths(&paths("LD_LIBRARY_PATH")).collect();
    let all = programs.iter().flat_map(|directory| with_libraries(directory)).chain(libraries);
    all.filter(|path| is_narrow(path)).collect()
}

/// Whether a directory does not contain the user's home.
fn is_narrow(path: &Path) -> bool {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    path.is_absolute() && path.parent().is_some() && !home.starts_with(path)
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
