//! Writes an export: whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::select::Test;
use super::{FORMAT, NAME, RECORD, Record};
use crate::case::{Kind, Tree};
use crate::support::diagnostics::{self, Problems};
use crate::support::interrupt;

const README: &str = "\
# Tests of WASI preview 1

Written by `wasi-conformance export`, in the layout of wasi-testsuite: `X.wasm` is a test, `X.json` says how to run it and what must
come out. `export.yaml` says which cases of wasi-conformance have no test here, and why.

Tests change the folder that they are given as `/`, and expect to find it as it is now: give each a copy, or write the
export again before each round. Some folders are empty on purpose, which version control may not keep.
Modules that are the same are hard links to one file.
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

/// How large what was written is.
pub struct Size {
    /// What it takes, modules that are the same counted once.
    pub disk: u64,
    /// What it would take with a copy for each test.
    pub copies: u64,
}

/// Refuses a folder that is something else than an earlier export, before any work is done.
pub fn check_place(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(e).with_context(|| format!("look into {}", folder.display())),
    };
    if entries.count() == 0 {
        return Ok(());
    }
    let record = folder.join(RECORD);
    if !record.is_file() {
        bail!(
            "{}: it is neither empty nor an earlier export: name another folder, or empty it",
            folder.display()
        );
    }
    let found: Record = diagnostics::read(&record)
        .and_then(|text| {
            diagnostics::parse(&record, &text, "it is no export of ours: name another folder")
        })
        .map_err(Problems::from)?;
    if found.format != FORMAT {
        bail!(
            "{}: format {} (this program writes {FORMAT}): empty the folder first",
            record.display(),
            found.format
        );
    }
    Ok(())
}

/// Writes all tests in place of what is there. `None` if that was interrupted: then what was there
/// stays.
pub fn write(
    folder: &Path,
    tests: &[Test],
    record: &Record,
    each: &dyn Fn(),
) -> Result<Option<Size>> {
    let folder = std::path::absolute(folder).context("make the folder's path absolute")?;
    let Some(parent) = folder.parent() else { bail!("{}: it has no place", folder.display()) };
    let make = || -> Result<Option<Size>> {
        fs::create_dir_all(parent)?;
        let part = tempfile::Builder::new().prefix(".export-").tempdir_in(parent)?;
        let new = part.path().join("new");
        fs::create_dir(&new)?;
        let Some(size) = write_all(&new, tests, record, each)? else { return Ok(None) };
        replace(&folder, &new, &part.path().join("old"))?;
        Ok(Some(size))
    };
    make().with_context(|| format!("write {}", folder.display()))
}

/// Puts the new folder in the place of the old, which goes with the temporary folder that it is
/// moved into.
fn replace(folder: &Path, new: &Path, old: &Path) -> Result<()> {
    let there = folder.exists();
    if there {
        fs::rename(folder, old)?;
    }
    if let Err(error) = fs::rename(new, folder) {
        if there {
            fs::rename(old, folder)?;
        }
        return Err(error.into());
    }
    Ok(())
}

fn write_all(
    folder: &Path,
    tests: &[Test],
    record: &Record,
    each: &dyn Fn(),
) -> Result<Option<Size>> {
    let mut size = Size { disk: 0, copies: 0 };
    let mut modules: BTreeMap<&Path, PathBuf> = BTreeMap::new();
    for test in tests {
        if interrupt::requested() {
            return Ok(None);
        }
        let wasm = folder.join(format!("{}.wasm", test.name));
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
            test.root.as_ref().map_or(Ok(0), |tree| plant(&folder.join(root(test)), tree))?;
        fs::write(folder.join(format!("{}.json", test.name)), &json)?;
        let own = json.len() as u64 + tree;
        size.disk += own;
        size.copies += own + length;
        each();
    }
    let manifest = serde_json::json!({ "name": NAME, "version": "wasm32-wasip1" });
    fs::write(folder.join("manifest.json"), format!("{manifest:#}\n"))?;
    fs::write(folder.join("README.md"), README)?;
    fs::write(folder.join(RECORD), serde_yaml::to_string(record)?)?;
    Ok(Some(size))
}

fn root(test: &Test) -> String {
    format!("{}.root", test.name)
}

fn config(test: &Test) -> Config<'_> {
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

/// A copy of a guest that its owner can write to, whatever the original is. Its length.
fn copy(from: &Path, to: &Path) -> Result<u64> {
    let length = fs::copy(from, to).with_context(|| format!("copy {}", from.display()))?;
    fs::set_permissions(to, fs::Permissions::from_mode(0o644))?;
    Ok(length)
}

/// Another name for a module, or a copy where the file system has no second names.
fn link(first: &Path, to: &Path, size: &mut Size) -> Result<u64> {
    if fs::hard_link(first, to).is_ok() {
        return Ok(fs::metadata(to)?.len());
    }
    let length = copy(first, to)?;
    size.disk += length;
    Ok(length)
}

/// Makes a test's folder; how many bytes are in its files.
fn plant(root: &Path, tree: &Tree) -> Result<u64> {
    let mut bytes = 0;
    fs::create_dir(root)?;
    // Parents sort before what is in them.
    for (path, entry) in tree {
        let at = root.join(path);
        match &entry.kind {
            Kind::Directory => fs::create_dir(&at)?,
            Kind::File(content) => {
                bytes += content.len() as u64;
                fs::write(&at, content)?;
            }
            Kind::Symlink(target) => symlink(target, &at)?,
            Kind::HardLink(_) | Kind::Huge(_) | Kind::Other => {
                bail!("{path}: such a file does not fit into a test")
            }
        }
    }
    Ok(bytes)
}
