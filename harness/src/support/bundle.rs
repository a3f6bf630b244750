//! The files that the command is bundled with: cases, divergences, guests and the sources of runners,
//! for use without a checkout. The command registers them (`bundled_files.rs`); this unpacks them.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

use crate::support::digest;
use crate::support::paths;

/// A bundled file.
pub struct File {
    /// Its path in a checkout: `expectations/fd_read.yaml`.
    pub path: String,
    pub bytes: Cow<'static, [u8]>,
    pub sha256: String,
}

/// Lists all bundled files; called only when they are needed.
pub type List = fn() -> Vec<File>;

static BUNDLED: OnceLock<List> = OnceLock::new();
static UNPACKED: OnceLock<PathBuf> = OnceLock::new();

/// Registers the files that this program is bundled with.
pub fn register(list: List) {
    // A program has one bundle, so only the first call counts.
    let _ = BUNDLED.set(list);
}

/// The directory of the unpacked files, in the layout of a checkout; `None` if nothing is bundled.
/// Programs with the same content share one directory.
pub fn unpack() -> Result<Option<PathBuf>> {
    if let Some(known) = UNPACKED.get() {
        return Ok(Some(known.clone()));
    }
    let files = BUNDLED.get().map(|list| list()).unwrap_or_default();
    if files.is_empty() {
        return Ok(None);
    }
    let bundles = paths::cache()?.join("suites");
    let directory = unpack_into(&bundles, &files)?;
    Ok(Some(UNPACKED.get_or_init(|| directory).clone()))
}

/// The digest of the bundled cases: equal to [`crate::support::directories::Directories::digest`] of
/// the unpacked files.
pub fn digest_of_cases() -> Option<String> {
    let files = BUNDLED.get().map(|list| list()).unwrap_or_default();
    let counts = |file: &&File| {
        let (directory, name) = file.path.rsplit_once('/').unwrap_or_default();
        match directory {
            "expectations" | "expectations/families" | "expectations/divergences" => {
                name.ends_with(".yaml")
            }
            "expectations/snapshots" => name.ends_with(".json"),
            "guests/prebuilt" => name.ends_with(".wasm"),
            _ => false,
        }
    };
    let counted = files.iter().filter(counts);
    let list = counted.map(|file| (file.path.as_str(), file.sha256.as_str()));
    (!files.is_empty()).then(|| digest::of_list(list)[..16].to_owned())
}

/// Whether a directory is the one of the unpacked files, which nobody edits.
pub fn is_unpacked(directory: &Path) -> bool {
    UNPACKED.get().is_some_and(|unpacked| unpacked == directory)
}

fn unpack_into(bundles: &Path, files: &[File]) -> Result<PathBuf> {
    let list = files.iter().map(|file| (file.path.as_str(), file.sha256.as_str()));
    let directory = bundles.join(&digest::of_list(list)[..16]);
    // It is renamed last, so if it exists it is complete.
    if directory.is_dir() {
        return Ok(directory);
    }
    let make = || -> Result<()> {
        fs::create_dir_all(bundles)?;
        let partial = tempfile::Builder::new().prefix("part-").tempdir_in(bundles)?;
        for file in files {
            write(partial.path(), file)?;
        }
        fs::set_permissions(partial.path(), fs::Permissions::from_mode(0o755))?;
        let partial = partial.keep();
        if let Err(error) = fs::rename(&partial, &directory) {
            let _ = fs::remove_dir_all(&partial);
            // Another process was faster, with the same result.
            if !directory.is_dir() {
                return Err(error.into());
            }
        }
        Ok(())
    };
    make().with_context(|| {
        format!(
            "unpack the bundled files into {} (set {} to move it)",
            directory.display(),
            paths::CACHE_VARIABLE
        )
    })?;
    Ok(directory)
}

fn write(directory: &Path, file: &File) -> Result<()> {
    let plain = |part: Component| matches!(part, Component::Normal(_));
    if !Path::new(&file.path).components().all(plain) {
        bail!("`{}` is not a path in a checkout", file.path);
    }
    let to = directory.join(&file.path);
    fs::create_dir_all(to.parent().expect("it is below the directory"))?;
    fs::write(&to, &file.bytes).with_context(|| format!("write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &'static str) -> File {
        File {
            path: path.into(),
            bytes: text.as_bytes().into(),
            sha256: digest::of_bytes(text.as_bytes()),
        }
    }

    fn entries(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn each_content_has_its_own_directory() {
        let bundles = tempfile::tempdir().unwrap();
        let files = [file("a/b.yaml", "x"), file("c", "y")];
        let first = unpack_into(bundles.path(), &files).unwrap();
        assert_eq!(fs::read(first.join("a/b.yaml")).unwrap(), b"x");
        assert_eq!(unpack_into(bundles.path(), &files).unwrap(), first);
        let other = unpack_into(bundles.path(), &[file("a/b.yaml", "z")]).unwrap();
        assert_ne!(other, first);
        assert_eq!(entries(bundles.path()), 2);
    }

    #[test]
    fn concurrent_unpacking_leaves_one_complete_directory() {
        let bundles = tempfile::tempdir().unwrap();
        let names: Vec<String> = (0..50).map(|i| format!("d{}/f{i}", i % 5)).collect();
        let files: Vec<File> = names.iter().map(|name| file(name, "text")).collect();
        let unpack = || unpack_into(bundles.path(), &files).map(|at| entries(&at)).unwrap();
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(unpack)).collect();
            assert!(all.into_iter().all(|one| one.join().unwrap() == 5));
        });
        assert_eq!(entries(bundles.path()), 1);
    }

    #[test]
    fn nothing_is_written_outside_or_incompletely() {
        let bundles = tempfile::tempdir().unwrap();
        let error = unpack_into(bundles.path(), &[file("a", "x"), file("../b", "y")]).unwrap_err();
        assert!(format!("{error:#}").contains("`../b` is not a path in a checkout"), "{error:#}");
        assert_eq!(entries(bundles.path()), 0);
    }
}
