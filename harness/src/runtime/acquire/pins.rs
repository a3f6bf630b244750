//! Building a runner with another version of its runtime than the locked one: the versions that its
//! sources support, and the manifest that pins one. The runner's Cargo.toml declares the support.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use semver::{Version, VersionReq};
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, value};

use crate::runtime::acquire::crates_io::Release;

/// The sources of a runner: its manifest, and the versions that they support.
#[derive(Debug)]
pub struct Sources {
    package: PathBuf,
    manifest: String,
    versions: WireVersions,
}

/// `package.metadata.versions` of a runner's manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireVersions {
    /// The runtime's crate, then its companion crates.
    crates: Vec<String>,
    supported: Vec<VersionReq>,
    #[serde(default)]
    older: Vec<WireOlder>,
}

/// A difference that applies to versions before one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireOlder {
    before: Version,
    /// The feature of the runner that selects the older API.
    feature: Option<String>,
    /// The features of dependencies, by crate name, that replace those in the manifest.
    #[serde(default)]
    features: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct WireManifest {
    package: WirePackage,
}

#[derive(Deserialize)]
struct WirePackage {
    metadata: Option<WireMetadata>,
}

#[derive(Deserialize)]
struct WireMetadata {
    versions: Option<WireVersions>,
}

#[derive(Deserialize)]
struct WireLock {
    package: Vec<WireLocked>,
}

#[derive(Deserialize)]
struct WireLocked {
    name: String,
    version: Version,
}

/// The crates of a runtime, each at exactly one version.
pub type Pins = Vec<(String, Version)>;

impl Sources {
    /// Reads the sources in a directory. It is an error if they support only one version.
    pub fn read(name: &str, package: &Path) -> Result<Self> {
        let path = package.join("Cargo.toml");
        let manifest =
            fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let wire: WireManifest =
            toml_edit::de::from_str(&manifest).with_context(|| path.display().to_string())?;
        let versions = wire.package.metadata.and_then(|metadata| metadata.versions);
        let Some(versions) = versions.filter(|versions| !versions.crates.is_empty()) else {
            bail!(
                "the {name} runner supports only one version of {name}: use `{name}` without `@VERSION`"
            );
        };
        Ok(Sources { package: package.to_owned(), manifest, versions })
    }

    pub fn package(&self) -> &Path {
        &self.package
    }

    /// The crate whose version is the runtime's.
    pub fn crate_name(&self) -> &str {
        &self.versions.crates[0]
    }

    /// The version in the lock file.
    pub fn locked(&self) -> Result<Version> {
        let path = self.package.join("Cargo.lock");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let lock: WireLock =
            toml_edit::de::from_str(&text).with_context(|| path.display().to_string())?;
        let found = lock.package.into_iter().find(|package| package.name == self.crate_name());
        let found = found
            .with_context(|| format!("{}: {} is not in it", path.display(), self.crate_name()))?;
        Ok(found.version)
    }

    /// Whether the sources can be built with a version.
    pub fn support(&self, version: &Version) -> bool {
        // A range matches no pre-release; here, a pre-release counts as its release.
        let plain = Version::new(version.major, version.minor, version.patch);
        self.versions.supported.iter().any(|range| range.matches(&plain))
    }

    /// The supported releases that can be built with this Rust.
    pub fn buildable<'a>(
        &self,
        releases: &'a [Release],
        rust: &Version,
    ) -> impl Iterator<Item = &'a Release> {
        let fits_rust = |release: &&Release| release.rust.as_ref().is_none_or(|r| r <= rust);
        releases.iter().filter(|release| self.support(&release.version)).filter(fits_rust)
    }

    /// Resolves a requested version: `47.0.2`, or the newest of `47`.
    pub fn choose(&self, asked: &str, releases: &[Release], rust: &Version) -> Result<Version> {
        let name = self.crate_name();
        let exact = Version::parse(asked).ok();
        let Ok(range) = VersionReq::parse(&format!("={asked}")) else {
            bail!(
                "`{asked}` is not a version of {name}: write `47.0.2`, or `47` for the newest 47.x"
            );
        };
        let matches =
            |r: &&Release| exact.as_ref() == Some(&r.version) || range.matches(&r.version);
        let found: Vec<&Release> = releases.iter().filter(matches).collect();
        let supported = self.describe_supported(releases, rust);
        let Some(newest) = found.last() else {
            bail!("{name} {asked} is not on crates.io; {supported}");
        };
        let buildable = self.buildable(releases, rust).filter(matches).last();
        match (buildable, &newest.rust) {
            (Some(release), _) => Ok(release.version.clone()),
            (None, Some(needs)) if self.support(&newest.version) => bail!(
                "{name} {} needs Rust {}.{}, but Rust {}.{} is installed: update Rust, or choose \
                 another version; {supported}",
                newest.version,
                needs.major,
                needs.minor,
                rust.major,
                rust.minor
            ),
            _ => bail!("the runner does not support {name} {}; {supported}", newest.version),
        }
    }

    /// The versions to choose from.
    fn describe_supported(&self, releases: &[Release], rust: &Version) -> String {
        let ranges: Vec<String> =
            self.versions.supported.iter().map(|range| format!("`{range}`")).collect();
        let mut text = format!("supported versions: {}", ranges.join(" and "));
        if let Some(newest) =
            self.buildable(releases, rust).filter(|r| r.version.pre.is_empty()).last()
        {
            text += &format!("; with Rust {}.{}, up to {}", rust.major, rust.minor, newest.version);
        }
        text
    }

    /// The runtime's crate at this version, then its companion crates: at the same version or, if
    /// versioned independently, at the newest release that depends on it.
    pub fn pins(
        &self,
        version: &Version,
        releases: &dyn Fn(&str) -> Result<Vec<Release>>,
    ) -> Result<Pins> {
        let (first, others) = self.versions.crates.split_first().expect("checked when read");
        let mut pins = vec![(first.clone(), version.clone())];
        for name in others {
            let published = releases(name)?;
            let needs =
                |r: &&Release| r.needs.iter().any(|(n, v)| n == first && v.matches(version));
            let same = published.iter().find(|release| release.version == *version);
            let found = same.or_else(|| published.iter().rfind(needs));
            let found = found
                .with_context(|| format!("no release of {name} depends on {first} {version}"))?;
            pins.push((name.clone(), found.version.clone()));
        }
        Ok(pins)
    }

    /// The runner's features that a version needs.
    pub fn features(&self, version: &Version) -> Vec<String> {
        self.older(version).filter_map(|older| older.feature.clone()).collect()
    }

    /// The differences that apply to a version, newest first.
    fn older(&self, version: &Version) -> impl Iterator<Item = &WireOlder> {
        let mut found: Vec<&WireOlder> =
            self.versions.older.iter().filter(|older| *version < older.before).collect();
        found.sort_by(|a, b| b.before.cmp(&a.before));
        found.into_iter()
    }

    /// The manifest with these versions, for a copy of the package in another directory.
    pub fn manifest(&self, pins: &Pins) -> Result<String> {
        let mut manifest: DocumentMut = self.manifest.parse().context("read the manifest")?;
        let dependencies = manifest.get_mut("dependencies").and_then(Item::as_table_like_mut);
        let dependencies = dependencies.context("the manifest has no dependencies")?;
        for (_, dependency) in dependencies.iter_mut() {
            let dependency = dependency.as_table_like_mut();
            if let Some(path) = dependency.and_then(|table| table.get_mut("path")) {
                let at = self.package.join(path.as_str().unwrap_or_default());
                let at = at.canonicalize().with_context(|| format!("find {}", at.display()))?;
                *path = value(at.to_string_lossy().into_owned());
            }
        }
        for (name, version) in pins {
            let dependency = dependencies
                .get_mut(name)
                .with_context(|| format!("{name} is not a dependency"))?;
            let exact = value(format!("={version}"));
            match dependency.as_table_like_mut() {
                Some(table) => _ = table.insert("version", exact),
                None => *dependency = exact,
            }
        }
        for (name, features) in self.older(&pins[0].1).flat_map(|older| &older.features) {
            let dependency = dependencies.get_mut(name).and_then(Item::as_table_like_mut);
            let dependency = dependency.with_context(|| format!("{name} has no features"))?;
            dependency.insert("features", value(features.iter().collect::<Array>()));
        }
        Ok(manifest.to_string())
    }
}

#[cfg(test)]
mod tests;
