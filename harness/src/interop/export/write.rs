//! Writes an export: completely, or not at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::select::ExportedTest;
use super::{FORMAT, MANIFEST, Manifest, NAME};
use crate::case::{Kind, Tree};
use crate::support::bytes::to_name;
use crate::support::diagnostics::{self, Problems};
use crate::support::interrupt;

const README: &str = "\
# Tests of WASI preview 1

Written by `wasi-conformance export`, in the layout of wasi-testsuite: `X.wasm` is a test, `X.json` says how to run it and
what must come out. `export.yaml` lists the cases of wasi-conformance that have no test here, and why.

Tests change the directory that they are given as `/`, and expect it unchanged at the start: give each a copy, or
export again before each run. Some directories are empty on purpose; version control may not keep them.
Identical modules are hard links to one file.
";

/// The JSON of a test, in the order in which people read it.
#[derive(Serialize)]
struct Config<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    args: &'a [String],
    #[serde(skip_serializing_if = "Map::is_empty")]
    env: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    exit_code: u32,
    stdout: &'a str,
    stderr: &'a str,
}

/// The size of an export, in bytes.
pub struct Size {
    /// With identical modules counted once.
    pub disk: u64,
    /// With a module for each test.
    pub copies: u64,
}

/// Refuses a directory that is neither empty nor an earlier export, before any work is done.
pub fn check_place(directory: &Path) -> Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => {
            return Err(e).with_context(|| format!("read the directory {}", directory.display()));
        }
    };
    if entries.count() == 0 {
        return Ok(());
    }
    let manifest = directory.join(MANIFEST);
    if !manifest.is_file() {
        bail!(
            "{}: neither empty nor an earlier export: name another directory, or empty it",
            directory.display()
        );
    }
    let found: Manifest = diagnostics::read(&manifest)
        .and_then(|text| {
            diagnostics::parse(&manifest, &text, "not an export: name another directory")
        })
        .map_err(Problems::from)?;
    if found.format != FORMAT {
        bail!(
            "{}: format {} (this program writes {FORMAT}): empty the directory first",
            manifest.display(),
            found.format
        );
    }
    Ok(())
}

/// Writes all tests, in place of an earlier export. If that is interrupted, the result is `None` and the
/// earlier export stays. Files of the user's in the directory stay in any case.
pub fn write(
    directory: &Path,
    tests: &[ExportedTest],
    manifest: &Manifest,
    each: &dyn Fn(),
) -> Result<Option<Size>> {
    let directory = std::path::absolute(directory).context("make the directory's path absolute")?;
    let Some(parent) = directory.parent() else {
        bail!("{}: it has no parent directory", directory.display())
    };
    let make = || -> Result<Option<Size>> {
        fs::create_dir_all(parent)?;
        let part = tempfile::Builder::new().prefix(".export-").tempdir_in(parent)?;
        let new = part.path().join("new");
        fs::create_dir(&new)?;
        let Some(size) = write_all(&new, tests, manifest, each)? else { return Ok(None) };
        let of_user = files_of_user(&directory, &new)?;
        let old = part.path().join("old");
        replace(&directory, &new, &old)?;
        for name in of_user {
            if let Err(error) = fs::rename(old.join(&name), directory.join(&name)) {
                // What is the user's must not go with the temporary directory.
                let kept = part.keep().join("old");
                let name = name.display();
                return Err(error)
                    .with_context(|| format!("move {name} back from {}", kept.display()));
            }
        }
        Ok(Some(size))
    };
    make().with_context(|| format!("write {}", directory.display()))
}

/// The names in a directory that no earlier export wrote. Refused if one is also the name of a new
/// file.
fn files_of_user(directory: &Path, new: &Path) -> Result<Vec<OsString>> {
    if !directory.exists() {
        return Ok(vec![]);
    }
    let manifest = directory.join(MANIFEST);
    let written = match manifest.is_file() {
        true => {
            let text = diagnostics::read(&manifest).map_err(Problems::from)?;
            let found: Manifest =
                diagnostics::parse(&manifest, &text, "not an export").map_err(Problems::from)?;
            found.files
        }
        false => vec![],
    };
    let mut of_user = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name();
        if written.iter().any(|written| name == written.as_str()) {
            continue;
        }
        if new.join(&name).symlink_metadata().is_ok() {
            bail!("{} is in the way and not of an earlier export: move it", name.display());
        }
        of_user.push(name);
    }
    Ok(of_user)
}

/// Replaces the old directory by the new one. The old one is moved into a temporary directory, which is
/// removed later.
fn replace(directory: &Path, new: &Path, old: &Path) -> Result<()> {
    let there = directory.exists();
    if there {
        fs::rename(directory, old)?;
    }
    if let Err(error) = fs::rename(new, directory) {
        if there {
            fs::rename(old, directory)?;
        }
        return Err(error.into());
    }
    Ok(())
}

fn write_all(
    directory: &Path,
    tests: &[ExportedTest],
    manifest: &Manifest,
    each: &dyn Fn(),
) -> Result<Option<Size>> {
    let mut size = Size { disk: 0, copies: 0 };
    let mut modules: BTreeMap<&Path, PathBuf> = BTreeMap::new();
    for test in tests {
        if interrupt::requested() {
            return Ok(None);
        }
        let wasm = directory.join(format!("{}.wasm", test.name));
        let length = match modules.get(test.wasm.as_path()) {
            Some(first) => link(first, &wasm, &mut size)?,
            None => {
                let length = copy(&test.wasm, &wasm)?;
                modules.insert(&test.wasm, wasm);
                size.disk += length;
                length
            }
        };
        let json = format!("{}\n", serde_json::to_string_pretty(&config(test))?);
        let tree =
            test.root.as_ref().map_or(Ok(0), |tree| plant(&directory.join(root(test)), tree))?;
        fs::write(directory.join(format!("{}.json", test.name)), &json)?;
        let own = json.len() as u64 + tree;
        size.disk += own;
        size.copies += own + length;
        each();
    }
    let of_tests = serde_json::json!({ "name": NAME, "version": "wasm32-wasip1" });
    fs::write(directory.join("manifest.json"), format!("{of_tests:#}\n"))?;
    fs::write(directory.join("README.md"), README)?;
    let mut files = vec![MANIFEST.to_owned()];
    for entry in fs::read_dir(directory)? {
        files.push(entry?.file_name().into_string().expect("names of tests are text"));
    }
    files.sort();
    let manifest = Manifest { files, ..manifest.clone() };
    fs::write(directory.join(MANIFEST), serde_yaml::to_string(&manifest)?)?;
    Ok(Some(size))
}

fn root(test: &ExportedTest) -> String {
    format!("{}.root", test.name)
}

fn config(test: &ExportedTest) -> Config<'_> {
    let pair = |(name, value): &(String, String)| (name.clone(), value.as_str().into());
    Config {
        args: &test.args,
        env: test.env.iter().map(pair).collect(),
        root: test.root.as_ref().map(|_| root(test)),
        exit_code: test.exit_code,
        stdout: &test.stdout,
        stderr: &test.stderr,
    }
}

/// Copies a guest so that its owner can write to it, whatever the original permits. Gives its length.
fn copy(from: &Path, to: &Path) -> Result<u64> {
    let length = fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644))?;
    Ok(length)
}

/// Links a module to another name, or copies it if the file system has no hard links.
fn link(first: &Path, to: &Path, size: &mut Size) -> Result<u64> {
    if fs::hard_link(first, to).is_ok() {
        return Ok(fs::metadata(to)?.len());
    }
    let length = copy(first, to)?;
    size.disk += length;
    Ok(length)
}

/// Creates a test's directory. Gives the number of bytes in its files.
fn plant(root: &Path, tree: &Tree) -> Result<u64> {
    let mut bytes = 0;
    fs::create_dir(root)?;
    // Directories sort before their contents.
    for (path, entry) in tree {
        let at = root.join(to_name(path));
        match &entry.kind {
            Kind::Directory => fs::create_dir(&at)?,
            Kind::File(content) => {
                bytes += content.len() as u64;
                fs::write(&at, content)?;
            }
            Kind::Symlink(target) => symlink(to_name(target), &at)?,
            Kind::Zeros(size) => {
                bytes += size;
                fs::write(&at, vec![0; usize::try_from(*size)?])?;
            }
            Kind::HardLink(_) | Kind::Large(_) | Kind::Other => {
                bail!("{path}: a test cannot have such a file")
            }
        }
    }
    Ok(bytes)
}
