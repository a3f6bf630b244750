//! The guests, and the sources of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walkdir::WalkDir;
use wasi_conformance::support::digest;

/// One program in `guests/rust`, `guests/c` or `guests/p2`.
#[derive(Debug)]
pub struct Guest {
    /// The stem of its `.wasm`.
    pub name: String,
    pub made: Made,
    /// Every source that it is built from, as paths from the checkout.
    sources: Vec<PathBuf>,
}

/// How a guest is made.
#[derive(Debug, PartialEq, Eq)]
pub enum Made {
    /// The program of this name, with all others of the package.
    Rust(String),
    C(PathBuf),
    /// The component of the package `guests/p2`.
    Component,
}

impl Guest {
    /// The digest of each source, by its path from the checkout.
    pub fn digests(&self, checkout: &Path) -> Result<BTreeMap<String, String>> {
        let digest = |source: &PathBuf| {
            let path = checkout.join(source);
            let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
            Ok((source.display().to_string(), digest::of_bytes(&bytes)))
        };
        self.sources.iter().map(digest).collect()
    }
}

/// Every guest that has a source, sorted by name.
pub fn find(checkout: &Path) -> Result<Vec<Guest>> {
    let mut guests = of_rust(checkout)?;
    guests.extend(of_c(checkout)?);
    guests.push(component(checkout)?);
    guests.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in guests.windows(2) {
        if pair[0].name == pair[1].name {
            bail!("two sources make the guest `{}`: rename one of them", pair[0].name);
        }
    }
    Ok(guests)
}

fn of_rust(checkout: &Path) -> Result<Vec<Guest>> {
    let package = Path::new("guests/rust");
    let programs = package.join("src/bin");
    let table = Path::new("harness/preview1");
    let mut shared = vec![package.join("Cargo.toml"), package.join("Cargo.lock")];
    shared.push(table.join("Cargo.toml"));
    shared.extend(files(checkout, &table.join("src"), "rs")?);
    let all = files(checkout, &package.join("src"), "rs")?;
    shared.extend(all.iter().filter(|file| !file.starts_with(&programs)).cloned());
    let mut of_program: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in all.into_iter().filter(|file| file.starts_with(&programs)) {
        let below = file.strip_prefix(&programs).expect("filtered by it");
        let first = Path::new(below.components().next().expect("a file has a name").as_os_str());
        of_program.entry(stem(first)).or_default().push(file);
    }
    let guest = |(program, own): (String, Vec<PathBuf>)| Guest {
        name: format!("rust-{program}"),
        made: Made::Rust(program),
        sources: shared.iter().cloned().chain(own).collect(),
    };
    Ok(of_program.into_iter().map(guest).collect())
}

fn component(checkout: &Path) -> Result<Guest> {
    let package = Path::new("guests/p2");
    let mut sources = vec![package.join("Cargo.toml"), package.join("Cargo.lock")];
    sources.extend(files(checkout, &package.join("src"), "rs")?);
    Ok(Guest { name: "p2-calls".to_owned(), made: Made::Component, sources })
}

fn of_c(checkout: &Path) -> Result<Vec<Guest>> {
    let directory = Path::new("guests/c");
    let headers = files(checkout, &directory.join("lib"), "h")?;
    let sources = files(checkout, directory, "c")?;
    let guest = |source: PathBuf| Guest {
        // It is for the smoke test, not for cases.
        name: match stem(&source).as_str() {
            "smoke_test" => "smoke_test".to_owned(),
            name => format!("c-{name}"),
        },
        sources: headers.iter().cloned().chain([source.clone()]).collect(),
        made: Made::C(source),
    };
    Ok(sources.into_iter().map(guest).collect())
}

/// All files with an extension below a directory, as paths from the checkout.
fn files(checkout: &Path, directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(checkout.join(directory)).sort_by_file_name() {
        let entry = entry.with_context(|| format!("look into {}", directory.display()))?;
        if entry.path().extension().is_some_and(|e| e == extension) {
            let path = entry.path().strip_prefix(checkout).expect("walked below the checkout");
            found.push(path.to_owned());
        }
    }
    Ok(found)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A checkout with two Rust guests, one C guest and that of the smoke test.
    pub fn checkout() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("guests/rust/Cargo.toml", ""),
            ("guests/rust/Cargo.lock", ""),
            ("harness/preview1/Cargo.toml", ""),
            ("harness/preview1/src/lib.rs", "table"),
            ("guests/rust/src/lib.rs", "shared"),
            ("guests/rust/src/bin/calls/main.rs", "main"),
            ("guests/rust/src/bin/calls/verbs.rs", "verbs"),
            ("guests/rust/src/bin/args.rs", "args"),
            ("guests/p2/Cargo.toml", ""),
            ("guests/p2/Cargo.lock", ""),
            ("guests/p2/src/lib.rs", "p2"),
            ("guests/c/lib/say.h", "say"),
            ("guests/c/fd.c", "fd"),
            ("guests/c/smoke_test.c", "smoke test"),
        ] {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    #[test]
    fn a_guest_has_its_own_sources_and_shared_ones() {
        let checkout = checkout();
        let guests = find(checkout.path()).unwrap();
        let names: Vec<&str> = guests.iter().map(|guest| guest.name.as_str()).collect();
        assert_eq!(names, ["c-fd", "p2-calls", "rust-args", "rust-calls", "smoke_test"]);
        let sources = |name: &str| {
            let guest = guests.iter().find(|guest| guest.name == name).unwrap();
            guest.digests(checkout.path()).unwrap().into_keys().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(sources("c-fd"), "guests/c/fd.c guests/c/lib/say.h");
        assert_eq!(
            sources("rust-calls"),
            "guests/rust/Cargo.lock guests/rust/Cargo.toml guests/rust/src/bin/calls/main.rs \
             guests/rust/src/bin/calls/verbs.rs guests/rust/src/lib.rs harness/preview1/Cargo.toml \
             harness/preview1/src/lib.rs"
        );
    }

    #[test]
    fn two_sources_of_one_name_are_refused() {
        let checkout = checkout();
        fs::create_dir(checkout.path().join("guests/c/more")).unwrap();
        fs::write(checkout.path().join("guests/c/more/fd.c"), "").unwrap();
        let error = find(checkout.path()).unwrap_err().to_string();
        assert_eq!(error, "two sources make the guest `c-fd`: rename one of them");
    }
}
