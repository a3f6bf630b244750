//! Directories outside of the checkout, and atomic writing of files.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use etcetera::BaseStrategy;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::statvfs::statvfs;

/// The variable that moves the cache.
pub const CACHE_VARIABLE: &str = "WASI_CONFORMANCE_CACHE";

/// The cache directory, for runners, runtimes and compiled modules. It is safe to delete.
pub fn cache() -> Result<PathBuf> {
    let directory = match env::var_os(CACHE_VARIABLE).filter(|value| !value.is_empty()) {
        Some(directory) => std::path::absolute(PathBuf::from(directory))
            .context("make the path of the cache directory absolute")?,
        None => {
            let places = etcetera::choose_base_strategy().with_context(|| {
                format!("find the cache directory (set {CACHE_VARIABLE} to name one)")
            })?;
            places.cache_dir().join("wasi-conformance")
        }
    };
    fs::create_dir_all(&directory).with_context(|| {
        format!(
            "create the cache directory {} (set {CACHE_VARIABLE} to move it)",
            directory.display()
        )
    })?;
    Ok(directory)
}

/// A part of a command, with values in place of every `{key}`. A value that contains a `{key}` itself
/// stays as it is, and so do bytes that are not UTF-8.
pub fn fill_in(template: &str, values: &[(&str, &OsStr)]) -> OsString {
    let mut out = OsString::new();
    let mut rest = template;
    'template: while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        out.push(before);
        for (key, value) in values {
            let after = from
                .strip_prefix('{')
                .and_then(|r| r.strip_prefix(key))
                .and_then(|r| r.strip_prefix('}'));
            if let Some(after) = after {
                out.push(value);
                rest = after;
                continue 'template;
            }
        }
        out.push("{");
        rest = &from[1..];
    }
    out.push(rest);
    out
}

/// An in-memory file system.
const MEMORY: &str = "/dev/shm";
/// With less free space, it is not used: cases that run at once may take that much.
const LEAST_MEMORY: u64 = 512 << 20;

/// The directory for the private directories of cases: TMPDIR if it is set, otherwise an in-memory file
/// system if there is one, because there are thousands of them and memory is faster than a disk.
/// Containers often have one that is too small.
pub fn scratch() -> PathBuf {
    let memory = Path::new(MEMORY);
    if let Some(named) = temporary() {
        return named;
    }
    if tempfile::tempdir_in(memory).is_ok() && !is_memory_small() {
        return memory.to_owned();
    }
    PathBuf::from("/tmp")
}

/// The directory that TMPDIR names. An empty value names none.
fn temporary() -> Option<PathBuf> {
    let named = env::var_os("TMPDIR").filter(|value| !value.is_empty())?;
    std::path::absolute(PathBuf::from(named)).ok()
}

/// Why the directories of cases are on a disk, although there is an in-memory file system.
pub fn why_on_disk(work: &Path) -> Option<&'static str> {
    let is_passed_over = Path::new(MEMORY).exists() && !work.starts_with(MEMORY);
    (is_passed_over && temporary().is_none()).then_some("cases on disk (/dev/shm is small)")
}

fn is_memory_small() -> bool {
    let Ok(found) = statvfs(MEMORY) else { return false };
    found.blocks_available() * found.fragment_size() < LEAST_MEMORY
}

/// Creates a directory, writes a file in it and removes the file. This fails early if a later write
/// would fail: without permission, or without space for a run file.
pub fn try_to_write(directory: &Path) -> Result<()> {
    const SIZE: usize = 1 << 20;
    fs::create_dir_all(directory)?;
    let mut file = tempfile::tempfile_in(directory)?;
    std::io::Write::write_all(&mut file, &[0; SIZE])?;
    file.sync_data()?;
    Ok(())
}

/// Writes a file atomically: readers see either the new contents or the old.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o666)
}

/// Writes the file that a user named, and says whether it is one that stays. A link leads to the file
/// that is replaced. A pipe or a device, such as `/dev/stdout`, is written to and not replaced.
pub fn write_named(path: &Path, bytes: &[u8]) -> Result<bool> {
    let Ok(found) = fs::metadata(path) else { return write_whole(path, bytes).map(|()| true) };
    let doing = || format!("write {}", path.display());
    if found.is_file() {
        return write_whole(&path.canonicalize().with_context(doing)?, bytes).map(|()| true);
    }
    let kind = found.file_type();
    if !kind.is_fifo() && !kind.is_char_device() {
        bail!("{}: it is not a file: name a file", path.display());
    }
    let write = || -> std::io::Result<()> {
        // A pipe that nobody reads would be waited for.
        let mut options = fs::File::options();
        options.write(true).custom_flags(OFlag::O_NONBLOCK.bits());
        let mut file = options.open(path)?;
        fcntl(&file, FcntlArg::F_SETFL(OFlag::empty()))?;
        std::io::Write::write_all(&mut file, bytes)
    };
    write().with_context(doing)?;
    Ok(false)
}

/// The same for an executable file.
pub fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, 0o777)
}

/// Temporary files are private by default; these have the permissions that the user's umask leaves.
fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let permissions: fs::Permissions = PermissionsExt::from_mode(mode);
    let directory = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(directory)?;
        let mut beside =
            tempfile::Builder::new().permissions(permissions).tempfile_in(directory)?;
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
    fn values_are_filled_in_once() {
        let values = [("host", "/tmp/{guest}".as_ref()), ("guest", "/data".as_ref())];
        assert_eq!(fill_in("{guest}:{host}:{x}", &values), "/data:/tmp/{guest}:{x}");
    }

    #[test]
    fn writing_replaces_the_whole_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("new/file");
        write_whole(&path, b"first, longer").unwrap();
        write_whole(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(directory.path().join("new")).unwrap().count(), 1);
    }

    /// `--out /dev/null`, as root, must not put a file in its place.
    #[test]
    fn a_named_pipe_or_device_is_written_to_and_a_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let [pipe, link, file] = ["pipe", "link", "file"].map(|name| directory.path().join(name));
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let error = format!("{:#}", write_named(&pipe, b"text").unwrap_err());
        assert!(error.contains("pipe: No such device or address"), "{error}");
        let mut options = fs::File::options();
        let mut reader = options.read(true).write(true).open(&pipe).unwrap();
        assert!(!write_named(&pipe, b"text").unwrap());
        let mut text = [0; 4];
        std::io::Read::read_exact(&mut reader, &mut text).unwrap();
        assert_eq!(&text, b"text");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert!(write_named(&link, b"new").unwrap());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }
}
