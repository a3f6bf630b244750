//! A directory of the cache that is written whole or not at all, with a digest of each of its files.
//! What is damaged is noticed when the entry is used, so that it can be made again.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::digest::hex;
use super::paths::write_whole;

/// The file with the digests. An entry without it is incomplete.
const DIGESTS: &str = ".digests.json";

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// A file is read only if its size or its time of modification is not as it was.
    Quick,
    /// Every file is read.
    Full,
}

#[derive(Debug, PartialEq, Eq)]
pub enum State {
    Missing,
    Intact,
    /// One of the differences.
    Damaged(String),
}

/// What a file was when the entry was made.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(default)]
    executable: bool,
    #[serde(default)]
    size: u64,
    /// Seconds and nanoseconds.
    #[serde(default)]
    modified: (i64, i64),
}

type Entries = BTreeMap<String, Entry>;

/// Turns the directory `made` into the entry `at`, in place of what is there.
pub fn install(made: &Path, at: &Path) -> Result<()> {
    if let Some(parent) = at.parent() {
        fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    }
    let digests = serde_json::to_vec(&entries(made)?).context("encode digests")?;
    write_whole(&made.join(DIGESTS), &digests)?;
    move_to(made, at).with_context(|| format!("make {}", at.display()))
}

/// Whether the entry is as it was made.
pub fn check(at: &Path, how: Check) -> Result<State> {
    let path = at.join(DIGESTS);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::Missing),
        Err(e) => return Err(e).with_context(|| format!("read {}", path.display())),
    };
    let Ok(mut entries) = serde_json::from_slice::<Entries>(&text) else {
        return Ok(State::Damaged(format!("`{DIGESTS}` is not as it was written")));
    };
    let mut moved = false;
    let mut seen = 0;
    for (name, path, metadata) in files(at)? {
        let Some(entry) = entries.get_mut(&name) else {
            return Ok(State::Damaged(format!("`{name}` does not belong there")));
        };
        seen += 1;
        let touched = entry.modified != modified(&metadata) || entry.size != metadata.len();
        if how == Check::Quick && entry.link.is_none() && !touched {
            if entry.executable == is_executable(&metadata) {
                continue;
            }
            return Ok(State::Damaged(format!("`{name}` has other permissions")));
        }
        let now = describe(&path, &metadata)?;
        if (&now.sha256, &now.link, now.executable)
            != (&entry.sha256, &entry.link, entry.executable)
        {
            return Ok(State::Damaged(format!("`{name}` is not as it was written")));
        }
        moved |= touched;
        *entry = now;
    }
    if seen < entries.len() {
        let gone = |name: &&String| fs::symlink_metadata(at.join(name)).is_err();
        let name = entries.keys().find(gone).map_or("a file", |name| name);
        return Ok(State::Damaged(format!("`{name}` is missing")));
    }
    if moved {
        // The entry was copied, which changes times. The next check is then quick, if this may write.
        let _ = write_whole(&path, &serde_json::to_vec(&entries).context("encode digests")?);
    }
    Ok(State::Intact)
}

/// Whether there is an entry, damaged or not.
pub fn exists(at: &Path) -> bool {
    at.join(DIGESTS).exists()
}

/// The files and links of a directory, by their names in it.
fn files(directory: &Path) -> Result<Vec<(String, std::path::PathBuf, Metadata)>> {
    let mut found = Vec::new();
    for entry in WalkDir::new(directory).sort_by_file_name() {
        let read = || format!("read {}", directory.display());
        let entry = entry.with_context(read)?;
        let metadata = entry.metadata().with_context(read)?;
        let name = entry.path().strip_prefix(directory).expect("it is in the directory");
        if metadata.is_dir() || name == Path::new(DIGESTS) {
            continue;
        }
        let Some(name) = name.to_str() else {
            bail!("{} has a name that is not UTF-8", entry.path().display());
        };
        found.push((name.to_owned(), entry.path().to_owned(), metadata));
    }
    Ok(found)
}

fn entries(directory: &Path) -> Result<Entries> {
    let files = files(directory)?.into_iter();
    files.map(|(name, path, metadata)| Ok((name, describe(&path, &metadata)?))).collect()
}

fn describe(path: &Path, metadata: &Metadata) -> Result<Entry> {
    let mut entry = Entry {
        sha256: None,
        link: None,
        executable: false,
        size: metadata.len(),
        modified: modified(metadata),
    };
    let read = || format!("read {}", path.display());
    if metadata.is_symlink() {
        let target = fs::read_link(path).with_context(read)?;
        entry.link = Some(target.to_string_lossy().into_owned());
    } else if metadata.is_file() {
        let mut hash = Sha256::new();
        let mut file = File::open(path).with_context(read)?;
        io::copy(&mut file, &mut HashWriter(&mut hash)).with_context(read)?;
        entry.sha256 = Some(hex(&hash.finalize()));
        entry.executable = is_executable(metadata);
    } // Anything else has neither a digest nor a target, and so differs from both.
    Ok(entry)
}

/// The digest types write only with a feature that nothing else needs.
struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn modified(metadata: &Metadata) -> (i64, i64) {
    (metadata.mtime(), metadata.mtime_nsec())
}

fn is_executable(metadata: &Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}

/// Renames a directory in place of another one. Nobody ever sees half of either.
fn move_to(made: &Path, at: &Path) -> io::Result<()> {
    let beside = at.parent().unwrap_or(Path::new("."));
    // Another process may put its own there in between, but not for ever.
    for _ in 0..100 {
        match fs::rename(made, at) {
            Err(_) if fs::symlink_metadata(at).is_ok() => {
                let old = tempfile::Builder::new().prefix(".old-").tempdir_in(beside)?;
                // It may have been moved by another process.
                let _ = fs::rename(at, old.path().join("entry"));
            }
            renamed => return renamed,
        }
    }
    Err(io::Error::other("other processes keep replacing it"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn made(parent: &Path) -> std::path::PathBuf {
        let made = parent.join("made");
        fs::create_dir_all(made.join("bin")).unwrap();
        fs::write(made.join("bin/program"), "one").unwrap();
        fs::write(made.join("text"), "two").unwrap();
        std::os::unix::fs::symlink("program", made.join("bin/link")).unwrap();
        made
    }

    fn damage(at: &Path) -> String {
        match check(at, Check::Quick).unwrap() {
            State::Damaged(what) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_kind_of_damage_is_noticed() {
        let parent = tempfile::tempdir().unwrap();
        let at = parent.path().join("entry");
        assert_eq!(check(&at, Check::Full).unwrap(), State::Missing);
        let fresh = || install(&made(parent.path()), &at).unwrap();
        fresh();
        assert_eq!(check(&at, Check::Quick).unwrap(), State::Intact);
        assert_eq!(check(&at, Check::Full).unwrap(), State::Intact);

        fs::write(at.join("bin/program"), "One").unwrap();
        assert_eq!(damage(&at), "`bin/program` is not as it was written");
        fresh();
        fs::remove_file(at.join("text")).unwrap();
        assert_eq!(damage(&at), "`text` is missing");
        fresh();
        fs::write(at.join("bin/more"), "").unwrap();
        assert_eq!(damage(&at), "`bin/more` does not belong there");
        fresh();
        fs::set_permissions(at.join("text"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(damage(&at), "`text` has other permissions");
        fresh();
        fs::remove_file(at.join("bin/link")).unwrap();
        std::os::unix::fs::symlink("../text", at.join("bin/link")).unwrap();
        assert_eq!(damage(&at), "`bin/link` is not as it was written");
        fresh();
        fs::write(at.join(DIGESTS), "{").unwrap();
        assert!(damage(&at).contains(DIGESTS));
        fresh();
        assert_eq!(check(&at, Check::Full).unwrap(), State::Intact);
        // Nothing else is left behind.
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_copy_is_read_once_and_then_quick() {
        let parent = tempfile::tempdir().unwrap();
        let at = parent.path().join("entry");
        install(&made(parent.path()), &at).unwrap();
        let digests = fs::read(at.join(DIGESTS)).unwrap();
        let later = SystemTime::now() + Duration::from_secs(9);
        let text = || File::options().write(true).open(at.join("text")).unwrap();
        text().set_modified(later).unwrap();
        assert_eq!(check(&at, Check::Quick).unwrap(), State::Intact);
        assert_ne!(fs::read(at.join(DIGESTS)).unwrap(), digests);

        // The promise of a quick check ends here; a full one reads everything.
        fs::write(at.join("text"), "TWO").unwrap();
        text().set_modified(later).unwrap();
        assert_eq!(check(&at, Check::Quick).unwrap(), State::Intact);
        assert!(matches!(check(&at, Check::Full).unwrap(), State::Damaged(_)));
    }
}
