//! `guests/prebuilt/record.json`: what each committed guest was built from, and with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use wasi_conformance::support::paths;

/// Raised when a reader of the format before would misread it.
const FORMAT: u32 = 1;
/// Its name, in the folder of the guests that it is of.
pub const FILE: &str = "record.json";

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    format: u32,
    /// By the stem of the `.wasm`.
    pub guests: BTreeMap<String, Built>,
}

/// One guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Built {
    /// Of the `.wasm`.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    pub compiler: String,
    pub libc: String,
    /// The SHA-256 of each source, by its path from the checkout.
    pub sources: BTreeMap<String, String>,
}

impl Record {
    pub fn new(guests: BTreeMap<String, Built>) -> Self {
        Record { format: FORMAT, guests }
    }

    /// The record in a folder of guests, if there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
        };
        let todo = "restore it, or remove it and run `cargo xtask guests`";
        let record: Record = serde_json::from_str(&text)
            .with_context(|| format!("{}: it is no record of guests: {todo}", path.display()))?;
        if record.format != FORMAT {
            bail!("{}: its format is {}, not {FORMAT}: {todo}", path.display(), record.format);
        }
        Ok(Some(record))
    }

    /// Writes it if that changes anything.
    pub fn write(&self, folder: &Path) -> Result<()> {
        if Record::read(folder).is_ok_and(|old| old.as_ref() == Some(self)) {
            return Ok(());
        }
        let text = serde_json::to_string_pretty(self).context("encode the record of guests")?;
        paths::write_whole(&folder.join(FILE), (text + "\n").as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), None);
        let built = Built {
            sha256: "0a".into(),
            size: 1,
            compiler: "clang".into(),
            libc: "wasi-libc".into(),
            sources: BTreeMap::from([("a.c".into(), "0b".into())]),
        };
        let record = Record::new(BTreeMap::from([("c-a".into(), built)]));
        record.write(folder.path()).unwrap();
        assert_eq!(Record::read(folder.path()).unwrap(), Some(record));
    }

    #[test]
    fn what_is_no_record_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = |text: &str| {
            fs::write(folder.path().join(FILE), text).unwrap();
            format!("{:#}", Record::read(folder.path()).unwrap_err())
        };
        assert!(refused("{").contains("record.json: it is no record of guests: restore it"));
        assert!(refused(r#"{ "format": 1, "guests": {}, "more": 1 }"#).contains("line 1"));
        assert!(refused(r#"{ "format": 2, "guests": {} }"#).contains("its format is 2, not 1"));
    }
}
