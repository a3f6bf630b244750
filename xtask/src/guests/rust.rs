//! A Rust toolchain for guests: finding one, and building with it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::machine::{Machine, ask, is_program};
use super::sysroot::{self, Sysroot};
use super::{STACK, TARGET};

/// Prefixes of variables that change what cargo builds. Variables about fetching packages are kept.
const CHANGES_THE_BUILD: [&str; 11] = [
    "CARGO_BIN_",
    "CARGO_BUILD_",
    "CARGO_CRATE_",
    "CARGO_ENCODED_",
    "CARGO_INCREMENTAL",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "RUSTC",
    "RUSTFLAGS",
];

/// The part of a package that is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// Its programs, which use std.
    Programs,
    /// Its library, which is a module without std and without a start of its own.
    Library,
}

/// A toolchain that can build guests.
#[derive(Debug, PartialEq, Eq)]
pub struct Toolchain {
    rustc: Rustc,
    /// Whether std is compiled from source, because the toolchain has none for the target.
    builds_std: bool,
    /// The linker and libc, if the toolchain has none.
    link: Option<Link>,
}

#[derive(Debug, PartialEq, Eq)]
struct Link {
    linker: PathBuf,
    sysroot: Sysroot,
}

/// A Rust compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rustc {
    program: PathBuf,
    cargo: PathBuf,
    version: String,
    host: String,
    /// The major version of its LLVM.
    llvm: String,
    sysroot: PathBuf,
    /// The place of std for the target, whether or not it is installed.
    libraries: PathBuf,
}

/// The first toolchain that can build guests; or what was tried, and why not.
pub fn find(machine: &Machine) -> Result<Toolchain, Vec<String>> {
    let programs = match machine.variable("RUSTC") {
        Some(program) => vec![program.into()],
        None => machine.programs("rustc"),
    };
    let known = programs.iter().filter_map(|program| Rustc::ask(program, machine)).collect();
    choose(known, machine)
}

/// A toolchain with std for the target is taken before one that must compile it.
fn choose(candidates: Vec<Rustc>, machine: &Machine) -> Result<Toolchain, Vec<String>> {
    let mut tried = Vec::new();
    for builds_std in [false, true] {
        for rustc in &candidates {
            let there = if builds_std { rustc.has_source_of_std() } else { rustc.has_std() };
            if there {
                match rustc.toolchain(builds_std, machine) {
                    Ok(toolchain) => return Ok(toolchain),
                    Err(reason) => tried.push(format!("{}: {reason}", rustc.name())),
                }
            } else if builds_std && !rustc.has_std() {
                let reason = format!("neither std for {TARGET} nor the source of std");
                tried.push(format!("{}: {reason}", rustc.name()));
            }
        }
    }
    if tried.is_empty() {
        tried.push("no rustc on PATH".to_owned());
    }
    Err(tried)
}

impl Rustc {
    fn ask(program: &Path, machine: &Machine) -> Option<Self> {
        let about = ask(program, &["-vV"])?;
        let field = |name: &str| about.lines().find_map(|line| line.strip_prefix(name));
        let libraries = ask(program, &["--print", "target-libdir", "--target", TARGET])?;
        let beside = program.with_file_name("cargo");
        let cargo = if is_program(&beside) { Some(beside) } else { machine.program("cargo") };
        Some(Rustc {
            program: program.to_owned(),
            cargo: cargo?,
            version: about.lines().next()?.to_owned(),
            host: field("host: ")?.to_owned(),
            llvm: field("LLVM version: ")?.split('.').next()?.to_owned(),
            sysroot: ask(program, &["--print", "sysroot"])?.into(),
            libraries: libraries.into(),
        })
    }

    fn name(&self) -> String {
        format!("{} ({})", self.program.display(), self.version)
    }

    fn source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust")
    }

    fn has_std(&self) -> bool {
        let is_std = |name: OsString| {
            let name = name.to_string_lossy();
            name.starts_with("libstd-") && name.ends_with(".rlib")
        };
        fs::read_dir(&self.libraries)
            .is_ok_and(|entries| entries.flatten().any(|entry| is_std(entry.file_name())))
    }

    fn has_source_of_std(&self) -> bool {
        self.source().join("library/std").is_dir()
    }

    /// rustup's std for the target comes with a wasi-libc and a linker. Debian's does not.
    fn toolchain(&self, builds_std: bool, machine: &Machine) -> Result<Toolchain, String> {
        let complete = self.libraries.join("self-contained/crt1-command.o").is_file();
        let link = if complete && !builds_std { None } else { Some(self.link(machine)?) };
        Ok(Toolchain { rustc: self.clone(), builds_std, link })
    }

    fn link(&self, machine: &Machine) -> Result<Link, String> {
        let sdk = sysroot::sdk(machine);
        let of_sdk = sdk.as_deref().and_then(sysroot::of_sdk);
        let sysroot = sysroot::of_system(machine).into_iter().next().or(of_sdk);
        let sysroot = sysroot.ok_or("no wasi-libc to link with")?;
        let linker = self.linker(machine, sdk.as_deref());
        let linker = linker.ok_or_else(|| format!("no wasm-ld of LLVM {}", self.llvm))?;
        Ok(Link { linker, sysroot })
    }

    /// The linker of the compiler's own LLVM: an older one may not read what the compiler writes.
    fn linker(&self, machine: &Machine, sdk: Option<&Path>) -> Option<PathBuf> {
        let versioned = machine.program(&format!("wasm-ld-{}", self.llvm));
        let own = self.sysroot.join("lib/rustlib").join(&self.host).join("bin/rust-lld");
        let of_sdk = sdk.map(|directory| directory.join("bin/wasm-ld"));
        let others = machine.programs("wasm-ld").into_iter().chain(of_sdk);
        let version = format!("LLD {}.", self.llvm);
        let matches =
            |linker: &PathBuf| ask(linker, &["--version"]).is_some_and(|v| v.contains(&version));
        versioned
            .or_else(|| Some(own).filter(|linker| is_program(linker)))
            .or_else(|| others.into_iter().find(matches))
    }
}

impl Toolchain {
    /// Its name in messages.
    pub fn name(&self) -> String {
        let std = if self.builds_std { ", std from source" } else { "" };
        let link = self.link.as_ref().map(|link| {
            format!(", {}, {}", link.linker.display(), link.sysroot.libraries().display())
        });
        format!("{}{std}{}", self.rustc.name(), link.unwrap_or_default())
    }

    pub fn version(&self) -> String {
        let std = if self.builds_std { ", std from source" } else { "" };
        format!("{}{std}", self.rustc.version)
    }

    /// The wasi-libc that guests are linked with.
    pub fn libc(&self) -> Result<String> {
        match &self.link {
            Some(link) => sysroot::libc_version(&link.sysroot.libraries().join("libc.a")),
            None => Ok(format!("wasi-libc of std, {}", self.rustc.version)),
        }
    }

    /// Builds all programs of a package, or its library, into `programs`. Returns the compiler's
    /// warnings, or its errors as an error.
    pub fn build(
        &self,
        product: Product,
        package: &Path,
        checkout: &Path,
        target: &Path,
    ) -> Result<String, String> {
        let flags = self.flags(product, checkout);
        let said = self.build_with(&flags, product, package, target)?;
        if flags == self.flags(product, checkout) {
            return Ok(said);
        }
        // Packages were fetched. Their paths must not appear in the programs either.
        self.build_with(&self.flags(product, checkout), product, package, target)
    }

    fn build_with(
        &self,
        flags: &[OsString],
        product: Product,
        package: &Path,
        target: &Path,
    ) -> Result<String, String> {
        let mut cargo = Command::new(&self.rustc.cargo);
        cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]);
        cargo.arg(match product {
            Product::Programs => "--bins",
            Product::Library => "--lib",
        });
        cargo.arg("--manifest-path").arg(package.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(target);
        match product {
            _ if !self.builds_std => {}
            Product::Programs => _ = cargo.arg("-Zbuild-std=std,panic_abort"),
            Product::Library => {
                cargo.arg("-Zbuild-std=core,alloc");
                // memcpy and the like, which programs have from libc.
                cargo.arg("-Zbuild-std-features=compiler-builtins-mem");
            }
        }
        for (key, _) in std::env::vars_os() {
            let name = key.to_string_lossy().into_owned();
            if CHANGES_THE_BUILD.iter().any(|beginning| name.starts_with(beginning)) {
                cargo.env_remove(key);
            }
        }
        // `cargo run` sets this to the libraries of its own toolchain, which may be another one.
        cargo.env_remove("LD_LIBRARY_PATH").env("RUSTC", &self.rustc.program);
        if self.builds_std {
            // Compiling std is not stable; this makes a stable toolchain do it.
            cargo.env("RUSTC_BOOTSTRAP", "1");
        }
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join(OsStr::new("\x1f")));
        let output = cargo
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("error: start {}: {e}", self.rustc.cargo.display()))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    /// The directory of built programs in cargo's target directory.
    pub fn programs(target: &Path) -> PathBuf {
        target.join(TARGET).join("release")
    }

    fn flags(&self, product: Product, checkout: &Path) -> Vec<OsString> {
        let mut flags: Vec<OsString> =
            [format!("-Clink-arg=-zstack-size={STACK}"), "-Clink-arg=--stack-first".into()]
                .map(OsString::from)
                .into();
        if let Some(link) = &self.link {
            flags.push("-Clink-self-contained=no".into());
            flags.push(joined("-Clinker=", &link.linker, ""));
            if product == Product::Programs {
                flags.push(joined("-Clink-arg=", &link.sysroot.start_object(), ""));
            }
            flags.push(joined("-Lnative=", &link.sysroot.libraries(), ""));
        }
        if product == Product::Library && !self.builds_std {
            // A ready `compiler_builtins` leaves memcpy and the like to libc, which std links.
            flags.push("-Clink-arg=-lc".into());
        }
        // The last match wins, so a directory inside another one comes after it.
        let remap = "--remap-path-prefix=";
        flags.push(joined(remap, checkout, "=/suite"));
        if let Some(home) = cargo_home() {
            flags.push(joined(remap, &home, "=/cargo"));
            // Their names contain the host that packages were fetched from, which may be a mirror.
            flags.extend(registries(&home).iter().map(|path| joined(remap, path, "=/cargo")));
        }
        let source = self.rustc.source();
        // On Debian the directory is a symbolic link, and either path may appear in a program.
        let real = fs::canonicalize(&source).ok().filter(|real| *real != source);
        flags.extend(real.map(|real| joined(remap, &real, "=/rustc")));
        flags.push(joined(remap, &source, "=/rustc"));
        flags
    }
}

fn cargo_home() -> Option<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    set.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The directories in which cargo unpacks packages.
fn registries(cargo_home: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cargo_home.join("registry/src")).into_iter().flatten().flatten();
    let mut directories: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    directories.sort();
    directories
}

fn joined(before: &str, path: &Path, after: &str) -> OsString {
    let mut text = OsString::from(before);
    text.push(path);
    text.push(after);
    text
}

#[cfg(test)]
mod tests;
