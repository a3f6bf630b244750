//! SHA-256 of files, computed once per file and process, because many cases share a module.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::support::input;

/// The digest in hexadecimal.
pub fn of_file(path: &Path) -> Result<String> {
    static KNOWN: LazyLock<Mutex<HashMap<PathBuf, String>>> = LazyLock::new(Mutex::default);
    if let Some(known) = KNOWN.lock().expect("no code panics while holding this").get(path) {
        return Ok(known.clone());
    }
    let bytes = input::read(path).with_context(|| format!("read {}", path.display()))?;
    let digest = of_bytes(&bytes);
    KNOWN.lock().expect("no code panics while holding this").insert(path.into(), digest.clone());
    Ok(digest)
}

pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The digest of a set of files: each by its path and the digest of its contents, in the order of paths.
pub fn of_list<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut files: Vec<(&str, &str)> = files.collect();
    files.sort_unstable();
    let lines: Vec<String> =
        files.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect();
    of_bytes(lines.concat().as_bytes())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
