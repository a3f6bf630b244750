//! Other versions of an embedded runtime than the locked one: which of them its runner's sources can
//! be built with, and the manifest that does so. The sources say it themselves, in their manifest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use semver::{Version, VersionReq};
use serde::Deserialize;
use toml_edit::{Array, DocumentMut, Item, value};

use crate::runtime::acquire::crates_io::Release;

/// The sources of a runner, as far as they have to do with versions.
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
    /// The crate whose version is asked for, then those that go with it.
    crates: Vec<String>,
    supported: Vec<VersionReq>,
    #[serde(default)]
    older: Vec<WireOlder>,
}

/// What is needed before a version.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireOlder {
    before: Version,
    /// The feature of the runner that stands for the API of that time.
    feature: Option<String>,
    /// The features of dependencies, by their name, in place of those in the manifest.
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
    /// The sources in a folder; an error if they are made for one version only.
    pub fn read(name: &str, package: &Path) -> Result<Self> {
        let path = package.join("Cargo.toml");
        let manifest =
            fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let wire: WireManifest =
            toml_edit::de::from_str(&manifest).with_context(|| path.display().to_string())?;
        let versions = wire.package.metadata.and_then(|metadata| metadata.versions);
        let Some(versions) = versions.filter(|versions| !versions.crates.is_empty()) else {
            bail!(
                "the {name} runner is made for one version of {name}: leave out the `@` and what \
                 follows it"
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
            .with_context(|| format!("{}: there is no {}", path.display(), self.crate_name()))?;
        Ok(found.version)
    }

    /// Whether the sources can be built with a version.
    pub fn support(&self, version: &Version) -> bool {
        // Ranges leave out pre-releases, which here count as their release.
        let plain = Version::new(version.major, version.minor, version.patch);
        self.versions.supported.iter().any(|range| range.matches(&plain))
    }

    /// The releases that can be built with this Rust.
    pub fn buildable<'a>(
        &self,
        releases: &'a [Release],
        rust: &Version,
    ) -> impl Iterator<Item = &'a Release> {
        let old_enough = |release: &&Release| release.rust.as_ref().is_none_or(|r| r <= rust);
        releases.iter().filter(|release| self.support(&release.version)).filter(old_enough)
    }

    /// The version that is meant by what was asked for: `47.0.2`, or the newest of `47`.
    pub fn choose(&self, asked: &str, releases: &[Release], rust: &Version) -> Result<Version> {
        let name = self.crate_name();
        let exact = Version::parse(asked).ok();
        let Ok(range) = VersionReq::parse(&format!("={asked}")) else {
            bail!(
                "`{asked}` is no version of {name}: write it as `47.0.2`, or `47` for its newest"
            );
        };
        let meant = |r: &&Release| exact.as_ref() == Some(&r.version) || range.matches(&r.version);
        let found: Vec<&Release> = releases.iter().filter(meant).collect();
        let can = self.say_supported(releases, rust);
        let Some(newest) = found.last() else {
            bail!("{name} {asked} is not on crates.io: {can}");
        };
        let buildable = self.buildable(releases, rust).filter(meant).last();
        match (buildable, &newest.rust) {
            (Some(release), _) => Ok(release.version.clone()),
            (None, Some(needs)) if self.support(&newest.version) => bail!(
                "{name} {} needs Rust {}.{}, and this is {}.{}: update Rust, or take another \
                 version: {can}",
                newest.version,
                needs.major,
                needs.minor,
                rust.major,
                rust.minor
            ),
            _ => bail!("the runner's sources do not know {name} {}: {can}", newest.version),
        }
    }

    /// Which versions there are to choose from.
    fn say_supported(&self, releases: &[Release], rust: &Version) -> String {
        let ranges: Vec<String> =
            self.versions.supported.iter().map(|range| format!("`{range}`")).collect();
        let mut said = format!("supported are {}", ranges.join(" and "));
        if let Some(newest) =
            self.buildable(releases, rust).filter(|r| r.version.pre.is_empty()).last()
        {
            said += &format!(
                ", and with Rust {}.{} that is up to {}",
                rust.major, rust.minor, newest.version
            );
        }
        said
    }

    /// Every crate of the runtime at the version that goes with the one asked for: the same one, or
    /// of a crate that counts for itself the one that needs it.
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
                .with_context(|| format!("no version of {name} goes with {first} {version}"))?;
            pins.push((name.clone(), found.version.clone()));
        }
        Ok(pins)
    }

    /// The runner's own features that a version needs.
    pub fn features(&self, version: &Version) -> Vec<String> {
        self.older(version).filter_map(|older| older.feature.clone()).collect()
    }

    /// From the newest to the oldest.
    fn older(&self, version: &Version) -> impl Iterator<Item = &WireOlder> {
        let mut found: Vec<&WireOlder> =
            self.versions.older.iter().filter(|older| *version < older.before).collect();
        found.sort_by(|a, b| b.before.cmp(&a.before));
        found.into_iter()
    }

    /// The manifest with these versions, for a copy of the package in another folder.
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
            let dependency =
                dependencies.get_mut(name).with_context(|| format!("{name} is no dependency"))?;
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
