//! The directory of one invocation for everything that it removes again: the directories of cases,
//! instrumented guests, and what runners put aside.
//!
//! A program that is killed cannot remove it, so the next one does. A lock on a file in it, which the
//! kernel gives up when its owner ends in whatever way, tells which directories have no owner.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::paths;

/// How their names begin.
const PREFIX: &str = "wasi-conformance-";
/// The locked file. It has this name only once it is locked.
const OWNER: &str = ".owner";

/// Removed when dropped.
pub struct WorkDirectory {
    /// First, so that it is removed before it is unlocked.
    directory: TempDir,
    _owner: File,
}

impl WorkDirectory {
    /// A new directory that only this user can enter. Removes those of programs that were killed.
    pub fn create() -> Result<WorkDirectory> {
        WorkDirectory::create_in(&paths::scratch())
    }

    fn create_in(parent: &Path) -> Result<WorkDirectory> {
        remove_abandoned(parent);
        let directory =
            tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent).with_context(|| {
                format!("make a directory in {} (TMPDIR moves it)", parent.display())
            })?;
        // Whatever the umask is.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o700))
            .with_context(|| format!("protect {}", directory.path().display()))?;
        let mark = || -> std::io::Result<File> {
            let unlocked = directory.path().join(".unlocked");
            let owner = File::create(&unlocked)?;
            // Where the file system has no locks, nobody finds this one free and removes it.
            let _ = owner.lock();
            fs::rename(&unlocked, directory.path().join(OWNER))?;
            Ok(owner)
        };
        let owner = mark().with_context(|| format!("lock {}", directory.path().display()))?;
        Ok(WorkDirectory { directory, _owner: owner })
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }
}

/// Removes the directories of this user whose owner has certainly ended.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().as_encoded_bytes().starts_with(PREFIX.as_bytes());
        if ours && is_abandoned(&entry.path()) {
            // What cannot be removed now is tried again by the next program.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(directory: &Path) -> bool {
    let user = nix::unistd::geteuid().as_raw();
    let is_ours = |meta: fs::Metadata| meta.is_dir() && meta.uid() == user;
    // Not through a symlink: the parent is a directory that all users share.
    if !fs::symlink_metadata(directory).is_ok_and(is_ours) {
        return false;
    }
    let owner = directory.join(OsStr::new(OWNER));
    let is_file = fs::symlink_metadata(&owner).is_ok_and(|meta| meta.is_file());
    is_file && File::open(owner).is_ok_and(|owner| owner.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_without_an_owner_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        let owned = WorkDirectory::create_in(parent.path()).unwrap();
        let WorkDirectory { directory, _owner } = WorkDirectory::create_in(parent.path()).unwrap();
        let abandoned = directory.keep();
        drop(_owner);
        let others = parent.path().join("wasi-conformance-of-others");
        fs::create_dir(&others).unwrap();
        let _new = WorkDirectory::create_in(parent.path()).unwrap();
        assert!(owned.path().exists());
        assert!(others.exists());
        assert!(!abandoned.exists());
    }

    #[test]
    fn nobody_else_can_enter() {
        let directory = WorkDirectory::create().unwrap();
        let mode = fs::metadata(directory.path()).unwrap().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
