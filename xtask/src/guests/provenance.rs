//! `guests/prebuilt/provenance.json`: the sources and the tools that each guest was built from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use wasi_conformance::support::paths;

/// Raised when a reader of the previous format would misread it.
const FORMAT: u32 = 1;
/// Its name, in the directory of the guests.
pub const FILE: &str = "provenance.json";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    format: u32,
    /// By the stem of the `.wasm`.
    pub guests: BTreeMap<String, Built>,
}

/// The provenance of one guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// The SHA-256 of the `.wasm`.
    pub sha256: String,
    /// The size of the `.wasm` in bytes.
    pub size: u64,
    pub compiler: String,
    pub libc: String,
    /// The SHA-256 of each source, by its path from the checkout.
    pub sources: BTreeMap<String, String>,
}

impl Provenance {
    pub fn new(guests: BTreeMap<String, Built>) -> Self {
        Provenance { format: FORMAT, guests }
    }

    /// The provenance in a directory of guests, if there is one.
    pub fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
        };
        let todo = "restore it, or remove it and run `cargo xtask guests`";
        let provenance: Provenance = serde_json::from_str(&text)
            .with_context(|| format!("{}: not the provenance of guests: {todo}", path.display()))?;
        if provenance.format != FORMAT {
            bail!(
                "{}: format {} (this program reads {FORMAT}): {todo}",
                path.display(),
                provenance.format
            );
        }
        Ok(Some(provenance))
    }

    /// Writes it if that changes anything.
    pub fn write(&self, directory: &Path) -> Result<()> {
        if Provenance::read(directory).is_ok_and(|old| old.as_ref() == Some(self)) {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(self).context("encode the provenance of guests")?;
        paths::write_whole(&directory.join(FILE), (text + "\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn provenance_is_read_as_it_was_written() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Provenance::read(directory.path()).unwrap(), None);
        let built = Built {
            sha256: "0a".into(),
            size: 1,
            compiler: "clang".into(),
            libc: "wasi-libc".into(),
            sources: BTreeMap::from([("a.c".into(), "0b".into())]),
        };
        let provenance = Provenance::new(BTreeMap::from([("c-a".into(), built)]));
        provenance.write(directory.path()).unwrap();
        assert_eq!(Provenance::read(directory.path()).unwrap(), Some(provenance));
    }

    #[test]
    fn other_files_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let refused = |text: &str| {
            fs::write(directory.path().join(FILE), text).unwrap();
            format!("{:#}", Provenance::read(directory.path()).unwrap_err())
        };
        assert!(refused("{").contains("provenance.json: not the provenance of guests: restore it"));
        assert!(refused(r#"{ "format": 1, "guests": {}, "more": 1 }"#).contains("line 1"));
        assert!(
            refused(r#"{ "format": 2, "guests": {} }"#).contains("format 2 (this program reads 1)")
        );
    }
}
