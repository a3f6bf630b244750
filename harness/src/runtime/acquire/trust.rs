//! Packages that are not pinned are trusted when they are fetched for the first time. Their hashes are
//! kept in the cache: the same version must always be the same.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::packages::Known;
use crate::runtime::config::Packages;

/// A file that a registry served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// npm: `NAME@VERSION`; PyPI: the wheel's name.
    pub name: String,
    pub hash: String,
}

/// Trusts these files, or refuses one that was another before or is pinned as another. Returns their
/// hashes by name.
pub fn check(
    registry: &str,
    packages: &Packages,
    served: &[Served],
    cache: &Path,
) -> Result<BTreeMap<String, String>> {
    for found in served {
        if let Some(pinned) = known(registry, found).and_then(|k| packages.contradiction(&k)) {
            bail!(
                "{registry} serves another {} than the one that is pinned: {pinned} is pinned, and \
                 it is {}",
                found.name,
                found.hash
            );
        }
    }
    let directory = cache.join("trusted").join(registry);
    fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    for Served { name, hash } in served {
        let path = directory.join(file_name(name));
        let before = trusted_before(&path, hash).with_context(|| path.display().to_string())?;
        if before.as_ref().is_some_and(|before| before != hash) {
            bail!(
                "{registry} serves another {name} than before: {} was trusted, and now it is {hash}. \
                 If you know why, remove {} and fetch it again",
                before.unwrap_or_default(),
                path.display()
            );
        }
    }
    Ok(served.iter().map(|found| (found.name.clone(), found.hash.clone())).collect())
}

/// The package that a file is.
fn known(registry: &str, served: &Served) -> Option<Known> {
    let (name, version) = match registry {
        "npm" => served.name.rsplit_once('@')?,
        // NAME-VERSION-TAGS.whl
        _ => {
            let (name, rest) = served.name.split_once('-')?;
            (name, rest.split('-').next()?)
        }
    };
    Some(Known { name: name.into(), version: version.into(), hash: served.hash.clone() })
}

/// The hash that was trusted before. If there is none, this one is from now on.
fn trusted_before(path: &PathBuf, hash: &str) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) if !text.trim().is_empty() => return Ok(Some(text.trim().to_owned())),
        // A full disk may have left it empty.
        Ok(_) => fs::remove_file(path)?,
        Err(e) if e.kind() == ErrorKind::NotFound => {}
        Err(e) => return Err(e.into()),
    }
    match File::create_new(path) {
        Ok(mut file) => {
            writeln!(file, "{hash}")?;
            Ok(None)
        }
        // Another process fetches the same.
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Names of npm may have a `/`.
fn file_name(name: &str) -> String {
    name.replace('/', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(name: &str, hash: &str) -> [Served; 1] {
        [Served { name: name.into(), hash: hash.into() }]
    }

    #[test]
    fn the_same_version_must_be_the_same() {
        let cache = tempfile::tempdir().unwrap();
        let packages: Packages = serde_yaml::from_str("packages: ['@x/a']").unwrap();
        let check = |registry: &str, hash: &str| {
            super::check(registry, &packages, &served("@x/a@1.0", hash), cache.path())
        };
        check("npm", "sha512-A").unwrap();
        assert_eq!(check("npm", "sha512-A").unwrap()["@x/a@1.0"], "sha512-A");
        let error = check("npm", "sha512-B").unwrap_err().to_string();
        let start = "npm serves another @x/a@1.0 than before: sha512-A was trusted";
        assert!(error.starts_with(start), "{error}");
        let file = cache.path().join("trusted/npm/@x+a@1.0");
        assert!(error.contains(&file.display().to_string()), "{error}");
        check("PyPI", "sha512-B").unwrap();
        fs::write(&file, "").unwrap();
        check("npm", "sha512-B").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "sha512-B\n");
    }

    #[test]
    fn what_is_pinned_is_not_trusted_as_anything_else() {
        let cache = tempfile::tempdir().unwrap();
        let packages: Packages = serde_yaml::from_str(
            "{ packages: [a], pins: [{ version: '1.0', hashes: { a: 'sha256:A sha256:B' } }] }",
        )
        .unwrap();
        let check = |name: &str, hash: &str| {
            super::check("PyPI", &packages, &served(name, hash), cache.path())
        };
        check("a-1.0-py3-none-any.whl", "sha256:B").unwrap();
        check("a-1.1-py3-none-any.whl", "sha256:C").unwrap();
        let error = check("a-1.0-py3-none-any.whl", "sha256:C").unwrap_err().to_string();
        assert!(error.contains("the one that is pinned: sha256:A sha256:B"), "{error}");
    }
}
