//! Compiled modules on disk, shared by all runners and runs of a machine, and by containers that
//! share a cache directory. An entry is two files: the module, and its digest in a file beside it. An
//! entry whose digest is not that of its module is damaged, or was half replaced: it is not used, and
//! written again.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// Whether there is a module here that is as it was written.
pub(crate) fn is_intact(path: &Path) -> bool {
    let Ok(written) = fs::read_to_string(digest_path(path)) else { return false };
    fs::read(path).is_ok_and(|bytes| digest(&bytes) == written)
}

/// Writes an entry in place of whatever is there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole(path, bytes)?;
    write_whole(&digest_path(path), digest(bytes).as_bytes())
}

fn digest_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    name.into()
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes beside the target, then renames, so that no reader sees a partial file. The name beside it
/// is random: process ids are the same in many containers.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let random = RandomState::new().build_hasher().finish();
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{random:016x}.part"));
    let beside = PathBuf::from(beside);
    let written = File::create_new(&beside).and_then(|mut file| file.write_all(bytes));
    let result = written.and_then(|()| fs::rename(&beside, path));
    if result.is_err() {
        let _ = fs::remove_file(&beside);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_or_swapped_module_is_not_intact() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        assert!(!is_intact(&path("wasmtime-48.0-a")));
        write(&path("wasmtime-48.0-a"), b"one").unwrap();
        write(&path("wasmtime-48.0-b"), b"other").unwrap();
        assert!(is_intact(&path("wasmtime-48.0-a")));
        fs::copy(path("wasmtime-48.0-b"), path("wasmtime-48.0-a")).unwrap();
        assert!(!is_intact(&path("wasmtime-48.0-a")));
        write(&path("wasmtime-48.0-a"), b"one").unwrap();
        assert!(is_intact(&path("wasmtime-48.0-a")));
        fs::write(path("wasmtime-48.0-a"), b"on").unwrap();
        assert!(!is_intact(&path("wasmtime-48.0-a")));
    }

    /// Names that differ only after their last dot had one temporary name, and so one's module under
    /// the other's name.
    #[test]
    fn modules_written_at_once_keep_their_names() {
        let directory = tempfile::tempdir().unwrap();
        let path = |i: usize| directory.path().join(format!("wasmtime-48.0.{i}"));
        std::thread::scope(|scope| {
            for i in 0..8 {
                scope.spawn(move || {
                    for _ in 0..50 {
                        write(&path(i), format!("module {i}").repeat(1000).as_bytes()).unwrap();
                    }
                });
            }
        });
        for i in 0..8 {
            assert_eq!(fs::read_to_string(path(i)).unwrap(), format!("module {i}").repeat(1000));
            assert!(is_intact(&path(i)));
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 16);
    }
}
