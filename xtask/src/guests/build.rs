//! Builds every guest, and puts them into a folder with the record of how.

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
use super::record::{Built, Record};
use super::rust::Product;
use super::sources::{self, Guest, Made};
use super::{advice, c, rust, too_big, workshop};
use crate::Status;

/// A guest that has been built, and is written nowhere yet.
struct Fresh {
    wasm: Vec<u8>,
    compiler: String,
    libc: String,
}

/// Builds all guests into `folder`. Nothing there changes unless all of them can be built.
pub fn build(
    checkout: &Path,
    folder: &Path,
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
            warn(&format!("{warnings}{} is as it was: these are not allowed", folder.display()));
            Ok(Status::Failed)
        }
        Ok(warnings) => {
            if !warnings.is_empty() {
                warn(warnings.trim_end());
            }
            install(&guests, fresh, checkout, folder)?;
            Ok(Status::Fine)
        }
        Err(Stop::Compiler(said)) => {
            warn(&format!("{said}{} is as it was", folder.display()));
            Ok(Status::Failed)
        }
        Err(Stop::Own(error)) => Err(error),
    }
}

/// Why guests were not built.
enum Stop {
    /// What a compiler said of a source.
    Compiler(String),
    Own(anyhow::Error),
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Stop::Own(error)
    }
}

/// Gives the compiler's warnings.
fn in_c(
    guests: &[Guest],
    compiler: &c::Compiler,
    checkout: &Path,
    fresh: &mut BTreeMap<String, Fresh>,
    done: &dyn Fn(),
) -> Result<String, Stop> {
    let mut warnings = String::new();
    let folder = workshop(checkout).join("c");
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let job = c::Job { root: checkout, headers: &checkout.join("guests/c/lib") };
    for guest in guests {
        let Made::C(source) = &guest.made else { continue };
        let output = folder.join(format!("{}.wasm", guest.name));
        let said = compiler.build(&checkout.join(source), &output, &job).map_err(Stop::Compiler)?;
        warnings.push_str(&said);
        let wasm = fs::read(&output).with_context(|| format!("read {}", output.display()))?;
        let (compiler, libc) = (compiler.version()?, compiler.libc()?);
        fresh.insert(guest.name.clone(), Fresh { wasm, compiler, libc });
        done();
    }
    Ok(warnings)
}

/// Gives the compiler's warnings.
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

/// Gives the compiler's warnings.
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
        let said = toolchain.build(Product::CaseSet, &package, checkout, &target);
        warnings.push_str(&said.map_err(Stop::Compiler)?);
        let output = rust::Toolchain::programs(&target).join("calls.wasm");
        let module = fs::read(&output).with_context(|| format!("read {}", output.display()))?;
        // Without an adapter: what it imports is preview 2 and nothing else.
        let wasm = ComponentEncoder::default()
            .module(&module)
            .and_then(|mut encoder| encoder.encode())
            .with_context(|| format!("make a component of {}", output.display()))?;
        let (compiler, libc) = (toolchain.version(), "none".to_owned());
        fresh.insert(guest.name.clone(), Fresh { wasm, compiler, libc });
    }
    Ok(warnings)
}

/// Writes what has changed, removes guests whose source is gone, and says what was done.
fn install(
    guests: &[Guest],
    fresh: BTreeMap<String, Fresh>,
    checkout: &Path,
    folder: &Path,
) -> Result<()> {
    let size = fresh.values().map(|guest| guest.wasm.len() as u64).sum();
    if let Some(problem) = too_big(size, folder) {
        bail!("{problem}");
    }
    let old = Record::read(folder)?;
    let (mut built, mut changed) = (BTreeMap::new(), 0);
    for guest in guests {
        let Fresh { wasm, compiler, libc } = &fresh[&guest.name];
        let path = folder.join(format!("{}.wasm", guest.name));
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
        let path = folder.join(format!("{gone}.wasm"));
        match fs::remove_file(&path) {
            Ok(()) => print(&format!("removed {}: it has no source\n", path.display()))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(e).with_context(|| format!("remove {}", path.display())),
        }
    }
    // Last, so that a record is never of files that are not there yet.
    Record::new(built).write(folder)?;
    print(&format!(
        "{}: {} guests, {} KB, {changed} changed\n",
        folder.display(),
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
    fn a_guest_whose_source_is_gone_goes_and_other_files_stay() {
        let checkout = checkout();
        let root = checkout.path();
        let folder = root.join("guests/prebuilt");
        let guests = sources::find(root).unwrap();
        install(&guests, fresh(&guests, b"wasm"), root, &folder).unwrap();
        fs::write(folder.join("mine.wasm"), "").unwrap();
        fs::remove_file(root.join("guests/c/fd.c")).unwrap();
        let guests = sources::find(root).unwrap();
        install(&guests, fresh(&guests, b"wasm"), root, &folder).unwrap();
        let there = |name: &str| folder.join(name).exists();
        assert!(!there("c-fd.wasm") && there("proof.wasm") && there("mine.wasm"));
        let record = Record::read(&folder).unwrap().unwrap();
        let names: Vec<&String> = record.guests.keys().collect();
        assert_eq!(names, ["p2-calls", "proof", "rust-args", "rust-calls"]);
    }

    #[test]
    fn what_is_too_big_is_not_written() {
        let checkout = checkout();
        let guests = sources::find(checkout.path()).unwrap();
        let folder = checkout.path().join("out");
        let big = fresh(&guests, &vec![0; 1 << 20]);
        let error = install(&guests, big, checkout.path(), &folder).unwrap_err();
        assert!(error.to_string().contains("may have 2 MB"), "{error}");
        assert!(!folder.exists());
    }
}
