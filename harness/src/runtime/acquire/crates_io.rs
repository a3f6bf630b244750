//! The published versions of a crate, from cargo's index.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use crates_index::{DependencyKind, SparseIndex};
use semver::{Version, VersionReq};

use super::tool::output_of;
use crate::support::process::output::DOWNLOAD_TIME;
use crate::support::text::shorten;

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub version: Version,
    /// The oldest Rust that can build it, if the crate declares one.
    pub rust: Option<Version>,
    /// The crates that it depends on, with the accepted versions.
    pub needs: Vec<(String, VersionReq)>,
}

impl Release {
    pub fn new(version: Version) -> Self {
        Release { version, rust: None, needs: vec![] }
    }
}

/// The releases of a crate, oldest first, without yanked ones. Cargo fetches the index from its
/// configured registry; without a network, its last copy is used.
pub fn releases(name: &str, say: &dyn Fn(&str)) -> Result<Vec<Release>> {
    let mut info = Command::new("cargo");
    info.args(["info", "--quiet", name]);
    let fetched = output_of(info, "cargo", "is it on PATH?", DOWNLOAD_TIME);
    let cached = from_index(&cargo_home()?.join("registry/index"), name);
    match (fetched, cached) {
        (Ok(_), Some(releases)) => Ok(releases),
        (Err(e), Some(releases)) => {
            let why = e.root_cause().to_string();
            say(&format!("cargo's index of {name} may be out of date: {}", shorten(&why, 300)));
            Ok(releases)
        }
        (fetched, None) => {
            fetched.with_context(|| format!("list the versions of {name}"))?;
            bail!("cargo knows {name}, but its index is not in the expected place")
        }
    }
}

/// Versions as releases, in order, without versions that are not semantic (PyPI has some).
pub fn in_order(versions: Vec<String>) -> Vec<Release> {
    let mut releases: Vec<Release> =
        versions.iter().filter_map(|v| Version::parse(v).ok()).map(Release::new).collect();
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    releases
}

fn cargo_home() -> Result<PathBuf> {
    home::cargo_home().context("find cargo's home directory")
}

/// The releases in cargo's copies of the index: one directory for each registry that replaces
/// crates.io.
fn from_index(indexes: &Path, name: &str) -> Option<Vec<Release>> {
    let directories = std::fs::read_dir(indexes).ok()?.flatten();
    let cached = directories.filter_map(|directory| {
        let index = SparseIndex::at_path(directory.path(), String::new());
        index.crate_from_cache(name).ok()
    });
    let newest = cached.max_by_key(|found| found.versions().len())?;
    let mut releases: Vec<Release> =
        newest.versions().iter().filter(|v| !v.is_yanked()).filter_map(release).collect();
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    Some(releases)
}

fn release(published: &crates_index::Version) -> Option<Release> {
    let version = Version::parse(published.version()).ok()?;
    let rust = published.rust_version().and_then(rust_version);
    let needs = published
        .dependencies()
        .iter()
        .filter(|d| d.kind() != DependencyKind::Dev)
        .filter_map(|d| Some((d.crate_name().to_owned(), VersionReq::parse(d.requirement()).ok()?)))
        .collect();
    Some(Release { version, rust, needs })
}

/// A Rust version in the notation of manifests: `1.95`, `1.95.0`.
pub fn rust_version(text: &str) -> Option<Version> {
    let mut parts = text.trim().split(['.', '-']).map(|part| part.parse().ok());
    let mut next = || parts.next().unwrap_or(Some(0));
    Some(Version::new(next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_semantic_versions_are_releases() {
        let versions = ["10.0.0", "9.0.0", "1.0.0.post1", "2024.1", "11.0.0-rc.1"];
        let found = in_order(versions.map(str::to_owned).into());
        let found: Vec<String> = found.iter().map(|r| r.version.to_string()).collect();
        assert_eq!(found, ["9.0.0", "10.0.0", "11.0.0-rc.1"]);
    }

    #[test]
    fn rust_versions_may_be_incomplete() {
        assert_eq!(rust_version("1.95").unwrap(), Version::new(1, 95, 0));
        assert_eq!(rust_version("1.81.1").unwrap(), Version::new(1, 81, 1));
        assert!(rust_version("new").is_none());
    }

    /// A file of cargo's cache: a header, then versions and their JSON, separated by zeros.
    #[test]
    fn releases_are_read_from_cargos_cache() {
        let directory = tempfile::tempdir().unwrap();
        let line = |version: &str, more: &str| {
            format!(
                r#"{{"name":"engine","vers":"{version}","cksum":"{:064}","features":{{}},{more}}}"#,
                0
            )
        };
        let needs = r#""deps":[{"name":"core","req":"=2.0.0","features":[],"optional":false,
            "default_features":true,"target":null,"kind":"normal"}],"rust_version":"1.81""#
            .replace('\n', "");
        let lines = [
            ("2.0.1", line("2.0.1", &format!("{needs},\"yanked\":false"))),
            ("1.0.0", line("1.0.0", r#""deps":[],"yanked":false"#)),
            ("2.0.0", line("2.0.0", r#""deps":[],"yanked":true"#)),
        ];
        let mut file = vec![3, 2, 0, 0, 0];
        file.extend(b"etag: x\0");
        for (version, json) in lines {
            file.extend([version.as_bytes(), b"\0", json.as_bytes(), b"\0"].concat());
        }
        let cached = directory.path().join("some-registry/.cache/en/gi/engine");
        fs::create_dir_all(cached.parent().unwrap()).unwrap();
        fs::write(cached, file).unwrap();
        let found = from_index(directory.path(), "engine").unwrap();
        let versions: Vec<String> = found.iter().map(|r| r.version.to_string()).collect();
        assert_eq!(versions, ["1.0.0", "2.0.1"]);
        assert_eq!(found[1].rust, Some(Version::new(1, 81, 0)));
        assert_eq!(found[1].needs[0].0, "core");
        assert!(from_index(directory.path(), "other").is_none());
    }
}
