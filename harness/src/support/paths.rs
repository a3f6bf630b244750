//! Where things are: the checkout, the cache, and a run's results.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::support::bundle;

/// The variable that moves the cache.
pub const CACHE_VARIABLE: &str = "WASI_CONFORMANCE_CACHE";

/// The checkout: the nearest folder at or above the current one that holds the suite, else the one that
/// this program lies in (in its `target`), else the suite that it carries, unpacked.
pub fn checkout() -> Result<PathBuf> {
    if let Some(found) = checkout_found()? {
        return Ok(found);
    }
    match bundle::unpack()? {
        Some(unpacked) => Ok(unpacked),
        None => {
            let here = env::current_dir().context("find the current folder")?;
            bail!("no checkout of wasi-conformance at {} or above: change into one", here.display())
        }
    }
}

/// The checkout, if there is one beside what the program carries.
pub fn checkout_found() -> Result<Option<PathBuf>> {
    let here = env::current_dir().context("find the current folder")?;
    let holds_suite =
        |folder: &&Path| folder.join("expectations").is_dir() && folder.join("guests").is_dir();
    if let Some(found) = here.ancestors().find(holds_suite) {
        return Ok(Some(found.to_owned()));
    }
    let program = env::current_exe().context("find this program")?;
    Ok(program.ancestors().skip(1).find(holds_suite).map(Path::to_owned))
}

/// Where runners, runtimes and compiled modules are kept between runs. Safe to delete.
pub fn cache() -> Result<PathBuf> {
    let folder = if let Some(folder) = env::var_os(CACHE_VARIABLE).filter(|v| !v.is_empty()) {
        std::path::absolute(PathBuf::from(folder))
            .context("make the cache folder's path absolute")?
    } else if let Some(folder) = env::var_os("XDG_CACHE_HOME").filter(|v| !v.is_empty()) {
        PathBuf::from(folder).join("wasi-conformance")
    } else if let Some(home) = env::var_os("HOME") {
        PathBuf::from(home).join(".cache/wasi-conformance")
    } else {
        bail!("neither HOME nor {CACHE_VARIABLE} is set: set {CACHE_VARIABLE} to a folder");
    };
    fs::create_dir_all(&folder).with_context(|| {
        format!("make the cache folder {} (set {CACHE_VARIABLE} to move it)", folder.display())
    })?;
    Ok(folder)
}

/// Where the private folders of cases are made: TMPDIR if it is set, or else in memory if the system
/// has a file system there. There are thousands of them, and no two disks are as fast.
pub fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if env::var_os("TMPDIR").is_none() && tempfile::tempdir_in(memory).is_ok() {
        return memory.to_owned();
    }
    env::temp_dir()
}

/// The folder of the last run: the checkout's or, where there is none, one in the current folder.
pub fn results(checkout: &Path) -> PathBuf {
    if bundle::is_unpacked(checkout) {
        return env::current_dir().unwrap_or_default().join("wasi-conformance-results");
    }
    checkout.join("target/wasi-conformance")
}

/// Creates a directory and writes a file in it, which is removed again. Fails where a later write
/// would: without permission, and on a disk without space for a run file.
pub fn try_to_write(directory: &Path) -> Result<()> {
    const SIZE: usize = 1 << 20;
    fs::create_dir_all(directory)?;
    let mut file = tempfile::tempfile_in(directory)?;
    std::io::Write::write_all(&mut file, &[0; SIZE])?;
    file.sync_data()?;
    Ok(())
}

/// Writes a file so that readers see all of it or what was there before.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o666)
}

/// The same for what can be started.
pub fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o777)
}

/// Temporary files are private by default; these are open to whomever the user's umask lets.
fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let permissions: fs::Permissions = PermissionsExt::from_mode(mode);
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut beside = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
        std::io::Write::write_all(&mut beside, bytes)?;
        beside.persist(path).map_err(|e| e.error)?;
        Ok(())
    };
    write().with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_replaces_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/file");
        write_whole(&path, b"first, longer").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 1);
    }
}
