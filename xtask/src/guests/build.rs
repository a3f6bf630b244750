//! Builds every guest, and writes them into a directory with their provenance.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wasi_conformance::support::digest;
use wasi_conformance::support::output::{print, warn};
use wasi_conformance::support::paths;
use wasi_conformance::support::progress::Progress;
use wit_component::ComponentEncoder;

use super::machine::Machine;
use super::provenance::{Built, Provenance};
use super::rust::Product;
use super::sources::{self, Guest, Made};
use super::{advice, c, rust, too_big, workshop};
use crate::Status;

/// A guest that was built, but not written yet.
struct Fresh {
    wasm: Vec<u8>,
    compiler: String,
    libc: String,
}

/// Builds all guests into `directory`. Nothing there changes unless all of them build.
pub fn build(
    checkout: &Path,
    directory: &Path,
    deny_warnings: bool,
    progress: &Progress,
) -> Result<Status> {
    let guests = sources::find(checkout)?;
    let machine = Machine::here();
    let compiler = c::find(&machine, &workshop(checkout))
        .map_err(|tried| anyhow::anyhow!(advice::nothing_to_build_with("C", &tried)))?;
    let toolchain = rust::find(&machine)
        .map_err(|tried| anyhow::anyhow!(advice::nothing_to_build_with("Rust", &tried)))?;
    progress.say(&format!("C:    {}", compiler.name));
    progress.say(&format!("Rust: {}", toolchain.name()));
    let bar = progress.bar(guests.len());
    let mut fresh = BTreeMap::new();
    let built = in_c(&guests, &compiler, checkout, &mut fresh, &|| bar.inc(1)).and_then(|of_c| {
        let of_rust = in_rust(&guests, &toolchain, checkout, &mut fresh)?;
        let of_p2 = components(&guests, &toolchain, checkout, &mut fresh)?;
        Ok(of_c + &of_rust + &of_p2)
    });
    bar.finish_and_clear();
    match built {
        Ok(warnings) if deny_warnings && !warnings.is_empty() => {
            warn(&format!(
                "{warnings}{} is unchanged: warnings are not allowed",
                directory.display()
            ));
            Ok(Status::Failed)
        }
        Ok(warnings) => {
            if !warnings.is_empty() {
                warn(warnings.trim_end());
            }
            install(&guests, fresh, checkout, directory)?;
            Ok(Status::Fine)
        }
        Err(Stop::Compiler(said)) => {
            warn(&format!("{said}{} is unchanged", directory.display()));
            Ok(Status::Failed)
        }
        Err(Stop::Own(error)) => Err(error),
    }
}

/// Why guests were not built.
enum Stop {
    /// The errors of a compiler.
    Compiler(String),
    Own(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Stop::Own(error)
    }
}

/// Returns the compiler's warnings.
fn in_c(
    guests: &[Guest],
    compiler: &c::Compiler,
    checkout: &Path,
    fresh: &mut BTreeMap<String, Fresh>,
    done: &dyn Fn(),
) -> Result<String, Stop> {
    let mut warnings = String::new();
    let directory = workshop(checkout).join("c");
    fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let job = c::Job { root: checkout, headers: &checkout.join("guests/c/lib") };
    for guest in guests {
        let Made::C(source) = &guest.made else { continue };
        let output = directory.join(format!("{}.wasm", guest.name));
        let said = compiler.build(&checkout.join(source), &output, &job).map_err(Stop::Compiler)?;
        warnings.push_str(&said);
        let wasm = fs::read(&output).with_context(|| format!("read {}", output.display()))?;
        let (compiler, libc) = (compiler.version()?, compiler.libc()?);
        fresh.insert(guest.name.clone(), Fresh { wasm, compiler, libc });
        done();
    }
    Ok(warnings)
}

/// Returns the compiler's warnings.
fn in_rust(
    guests: &[Guest],
    toolchain: &rust::Toolchain,
    checkout: &Path,
    fresh: &mut BTreeMap<String, Fresh>,
) -> Result<String, Stop> {
    let target = workshop(checkout).join("rust");
    let warnings = toolchain
        .build(Product::Programs, &checkout.join("guests/rust"), checkout, &target)
        .map_err(Stop::Compiler)?;
    for guest in guests {
        let Made::Rust(program) = &guest.made else { continue };
        let output = rust::Toolchain::programs(&target).join(format!("{program}.wasm"));
        let wasm = fs::read(&output).with_context(|| format!("read {}", output.display()))?;
        let (compiler, libc) = (toolchain.version(), toolchain.libc()?);
        fresh.insert(guest.name.clone(), Fresh { wasm, compiler, libc });
    }
    Ok(warnings)
}

/// Returns the compiler's warnings.
fn components(
    guests: &[Guest],
    toolchain: &rust::Toolchain,
    checkout: &Path,
    fresh: &mut BTreeMap<String, Fresh>,
) -> Result<String, Stop> {
    let mut warnings = String::new();
    for guest in guests.iter().filter(|guest| guest.made == Made::Component) {
        let target = workshop(checkout).join("p2");
        let package = checkout.join("guests/p2");
        let said = toolchain.build(Product::Library, &package, checkout, &target);
        warnings.push_str(&said.map_err(Stop::Compiler)?);
        let output = rust::Toolchain::programs(&target).join("calls.wasm");
        let module = fs::read(&output).with_context(|| format!("read {}", output.display()))?;
        // Without an adapter: it imports only preview 2.
        let wasm = ComponentEncoder::default()
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .with_context(|| format!("make a component of {}", output.display()))?;
        let (compiler, libc) = (toolchain.version(), "none".to_owned());
        fresh.insert(guest.name.clone(), Fresh { wasm, compiler, libc });
    }
    Ok(warnings)
}

/// Writes the guests that changed, removes those without a source, and prints a summary.
fn install(
    guests: &[Guest],
    fresh: BTreeMap<String, Fresh>,
    checkout: &Path,
    directory: &Path,
) -> Result<()> {
    let size = fresh.values().map(|guest| guest.wasm.len() as u64).sum();
    if let Some(problem) = too_big(size, directory) {
        bail!("{problem}");
    }
    let old = Provenance::read(directory)?;
    let (mut built, mut changed) = (BTreeMap::new(), 0);
    for guest in guests {
        let Fresh { wasm, compiler, libc } = &fresh[&guest.name];
        let path = directory.join(format!("{}.wasm", guest.name));
        if fs::read(&path).ok().as_ref() != Some(wasm) {
            paths::write_whole(&path, wasm)?;
            changed += 1;
        }
        let entry = Built {
            sha256: digest::of_bytes(wasm),
            size: wasm.len() as u64,
            compiler: compiler.clone(),
            libc: libc.clone(),
            sources: guest.digests(checkout)?,
        };
        built.insert(guest.name.clone(), entry);
    }
    for gone in
        old.iter().flat_map(|old| old.guests.keys()).filter(|name| !built.contains_key(*name))
    {
        let path = directory.join(format!("{gone}.wasm"));
        match fs::remove_file(&path) {
            Ok(()) => print(&format!("removed {}: it has no source\n", path.display()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e).with_context(|| format!("remove {}", path.display())),
        }
    }
    // Last, so that it never describes files that are not written yet.
    Provenance::new(built).write(directory)?;
    print(&format!(
        "{}: {} guests, {} KB, {changed} changed\n",
        directory.display(),
        guests.len(),
        size.div_ceil(1000)
    ))
}

#[cfg(test)]
mod tests {
    use super::super::sources::tests::checkout;
    use super::*;

    fn fresh(guests: &[Guest], wasm: &[u8]) -> BTreeMap<String, Fresh> {
        let one = |guest: &Guest| {
            let made = Fresh { wasm: wasm.to_vec(), compiler: "cc".into(), libc: "libc".into() };
            (guest.name.clone(), made)
        };
        guests.iter().map(one).collect()
    }

    #[test]
    fn a_guest_without_a_source_is_removed_and_other_files_stay() {
        let checkout = checkout();
        let root = checkout.path();
        let directory = root.join("guests/prebuilt");
        let guests = sources::find(root).unwrap();
        install(&guests, fresh(&guests, b"wasm"), root, &directory).unwrap();
        fs::write(directory.join("mine.wasm"), "").unwrap();
        fs::remove_file(root.join("guests/c/fd.c")).unwrap();
        let guests = sources::find(root).unwrap();
        install(&guests, fresh(&guests, b"wasm"), root, &directory).unwrap();
        let there = |name: &str| directory.join(name).exists();
        assert!(!there("c-fd.wasm") && there("smoke_test.wasm") && there("mine.wasm"));
        let provenance = Provenance::read(&directory).unwrap().unwrap();
        let names: Vec<&String> = provenance.guests.keys().collect();
        assert_eq!(names, ["p2-calls", "rust-args", "rust-calls", "smoke_test"]);
    }

    #[test]
    fn guests_that_are_too_big_are_not_written() {
        let checkout = checkout();
        let guests = sources::find(checkout.path()).unwrap();
        let directory = checkout.path().join("out");
        let big = fresh(&guests, &vec![0; 1 << 20]);
        let error = install(&guests, big, checkout.path(), &directory).unwrap_err();
        assert!(error.to_string().contains("may have 2 MB"), "{error}");
        assert!(!directory.exists());
    }
}
