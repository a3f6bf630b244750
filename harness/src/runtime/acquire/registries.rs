//! Which versions of something have been published: asked of the registry's own client.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use crates_index::{DependencyKind, SparseIndex};
use semver::{Version, VersionReq};

use crate::support::text::shorten;

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub version: Version,
    /// The oldest Rust that can build it, of a crate that says so.
    pub rust: Option<Version>,
    /// The crates that it needs, with the versions that it takes.
    pub needs: Vec<(String, VersionReq)>,
}

impl Release {
    pub fn new(version: Version) -> Self {
        Release { version, rust: None, needs: vec![] }
    }
}

/// The releases of a crate on crates.io, from the oldest to the newest, without those that were
/// withdrawn. Cargo fetches the index, from wherever it is configured to; without a network, its
/// copy from the last time is used.
pub fn of_crate(name: &str, say: &dyn Fn(&str)) -> Result<Vec<Release>> {
    let asked = ask(Command::new("cargo").args(["info", "--quiet", name]), "cargo");
    let cached = from_index(&cargo_home()?.join("registry/index"), name);
    match (asked, cached) {
        (Ok(_), Some(releases)) => Ok(releases),
        (Err(e), Some(releases)) => {
            let why = e.root_cause().to_string();
            say(&format!("cargo's index of {name} may be out of date: {}", shorten(&why, 300)));
            Ok(releases)
        }
        (asked, None) => {
            asked.with_context(|| format!("find out which versions of {name} there are"))?;
            bail!("cargo knows {name}, but its index is not where this program looks for it")
        }
    }
}

/// The releases of a package of npm.
pub fn of_npm(package: &str) -> Result<Vec<Release>> {
    let said = ask(Command::new("npm").args(["view", package, "versions", "--json"]), "npm")?;
    // A package with a single version has no list.
    let one: Result<String, _> = serde_json::from_str(&said);
    let versions: Vec<String> = match one {
        Ok(one) => vec![one],
        Err(_) => serde_json::from_str(&said)
            .with_context(|| format!("read what npm says of {package}"))?,
    };
    Ok(plain(versions.iter().map(String::as_str)))
}

/// The releases of a package of PyPI.
pub fn of_pypi(package: &str) -> Result<Vec<Release>> {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check", "index", "versions", package]);
    let said = ask(&mut pip, "python3 -m pip")?;
    let listed = said.lines().find_map(|line| line.trim().strip_prefix("Available versions:"));
    let listed = listed.with_context(|| format!("pip lists no versions of {package}"))?;
    Ok(plain(listed.split(',').map(str::trim)))
}

/// In order; what is no version in our sense (PyPI knows others) is left out.
fn plain<'a>(versions: impl Iterator<Item = &'a str>) -> Vec<Release> {
    let mut releases: Vec<Release> =
        versions.filter_map(|v| Version::parse(v).ok()).map(Release::new).collect();
    releases.sort_by(|a, b| a.version.cmp(&b.version));
    releases
}

fn ask(command: &mut Command, name: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("start {name}: is it on PATH?"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", shorten(said.trim(), 2000));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn cargo_home() -> Result<PathBuf> {
    home::cargo_home().context("find cargo's home folder")
}

/// What cargo has cached of a crate's index. There is a folder for each registry that it was
/// configured to use in the place of crates.io.
fn from_index(indexes: &Path, name: &str) -> Option<Vec<Release>> {
    let folders = std::fs::read_dir(indexes).ok()?.flatten();
    let cached = folders.filter_map(|folder| {
        let index = SparseIndex::at_path(folder.path(), String::new());
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

/// A Rust version as manifests write it: `1.95`, `1.95.0`.
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
    fn what_is_no_version_of_ours_is_left_out() {
        let found = plain(["10.0.0", "9.0.0", "1.0.0.post1", "2024.1", "11.0.0-rc.1"].into_iter());
        let found: Vec<String> = found.iter().map(|r| r.version.to_string()).collect();
        assert_eq!(found, ["9.0.0", "10.0.0", "11.0.0-rc.1"]);
    }

    #[test]
    fn rust_versions_are_read_as_manifests_write_them() {
        assert_eq!(rust_version("1.95").unwrap(), Version::new(1, 95, 0));
        assert_eq!(rust_version("1.81.1").unwrap(), Version::new(1, 81, 1));
        assert!(rust_version("new").is_none());
    }

    /// A file of cargo's cache: a head, then versions and their JSON with zeros between.
    #[test]
    fn cargos_copy_of_an_index_is_read() {
        let folder = tempfile::tempdir().unwrap();
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
        let cached = folder.path().join("some-registry/.cache/en/gi/engine");
        fs::create_dir_all(cached.parent().unwrap()).unwrap();
        fs::write(cached, file).unwrap();
        let found = from_index(folder.path(), "engine").unwrap();
        let versions: Vec<String> = found.iter().map(|r| r.version.to_string()).collect();
        assert_eq!(versions, ["1.0.0", "2.0.1"]);
        assert_eq!(found[1].rust, Some(Version::new(1, 81, 0)));
        assert_eq!(found[1].needs[0].0, "core");
        assert!(from_index(folder.path(), "other").is_none());
    }
}
