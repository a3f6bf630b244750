//! Fetches runtimes into the cache: from npm, PyPI, Debian or crates.io. This happens when the user
//! asks for it, and when what was fetched is damaged.
//!
//! An entry of the cache belongs to a name, and to everything that the registry file says about it:
//! when a pin changes, the old entry stays, for other versions of this program.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::crates_io::{self, Release};
use super::packages::{LATEST, for_machine};
use super::{cargo, debian, npm, pypi, trust};
use crate::runtime::config::{Fetch, Packages, Pin};
use crate::support::cache_entry::{self, Check, State};
use crate::support::digest;
use crate::support::output::warn;
use crate::support::paths::fill_in;
use crate::support::shared_lock::{self, SharedLock};

/// The file that describes an entry.
const STAMP: &str = "wasi-conformance.json";

/// The fetched packages of one runtime.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchedPackages {
    /// Where they are. Not part of the stamp, which is in that directory.
    #[serde(skip)]
    pub directory: PathBuf,
    /// The runtime's name, with its version if one was requested.
    name: String,
    /// Where they come from, as reports show it.
    pub source: String,
    /// The version of each package that the entry names.
    pub versions: BTreeMap<String, String>,
    /// What was fetched and not pinned, with the hashes that were trusted.
    pub trusted: BTreeMap<String, String>,
    /// The command that starts the binary, if there is one, with `{packages}` for the directory.
    launcher: Vec<String>,
}

impl FetchedPackages {
    /// The command that starts the binary; empty if the packages contain no program.
    pub fn launcher(&self) -> Vec<OsString> {
        let values = [("packages", self.directory.as_os_str())];
        self.launcher.iter().map(|word| fill_in(word, &values)).collect()
    }
}

/// A runtime to fetch.
pub struct Wanted<'a> {
    from: &'a Fetch,
    /// The runtime's name, with its version if one was requested.
    name: &'a str,
    version: Option<&'a str>,
    pin: Option<&'a Pin>,
    /// The lock file of the pin, or the one that its hashes amount to.
    locked: Option<String>,
}

impl<'a> Wanted<'a> {
    pub fn new(from: &'a Fetch, name: &'a str, version: Option<&'a str>) -> Result<Self> {
        let mut wanted = Wanted { from, name, version, pin: None, locked: None };
        if let Some(packages) = from.npm.as_ref().or(from.pypi.as_ref()) {
            wanted.pin = packages.pin(version);
            wanted.locked = match wanted.pin {
                None => None,
                Some(pin) if pin.lock.is_some() => pin.lock_text()?,
                Some(pin) if from.npm.is_some() => Some(npm::lock(&packages.known(pin)?)),
                Some(pin) => Some(pypi::requirements(&packages.known(pin)?)),
            };
        }
        if from.debian.is_some() && version == Some(LATEST) {
            bail!("a version of {name} names a release of Debian, as in `NAME@sid`");
        }
        Ok(wanted)
    }

    /// What was fetched before, if anything. If it is damaged, it is fetched again.
    pub fn find(&self, cache: &Path) -> Result<Option<FetchedPackages>> {
        match self.load(cache, Check::Quick)? {
            Loaded::Missing => Ok(None),
            Loaded::Intact(found) => Ok(Some(*found)),
            Loaded::Damaged(what) => self.repair(&what, Check::Quick, cache).map(Some),
        }
    }

    /// Fetches the packages, unless they are in the cache.
    pub fn fetch(&self, cache: &Path, how: Check, say: &dyn Fn(&str)) -> Result<FetchedPackages> {
        match self.load(cache, how)? {
            // The newest may be another one now.
            Loaded::Intact(found) if how == Check::Quick || !self.is_latest() => Ok(*found),
            Loaded::Missing => self.fetch_missing(cache, say),
            Loaded::Intact(_) => {
                let _lock = self.lock(cache)?;
                self.fetch_now(cache, say)
            }
            Loaded::Damaged(what) => self.repair(&what, how, cache),
        }
    }

    fn is_latest(&self) -> bool {
        self.version == Some(LATEST)
    }

    fn repair(&self, what: &str, how: Check, cache: &Path) -> Result<FetchedPackages> {
        let damaged = format!("the {} in the cache is damaged ({what})", self.name);
        warn(&format!("{damaged}: fetching it again"));
        let _lock = self.lock(cache)?;
        // Another process may have repaired it meanwhile.
        if let Loaded::Intact(found) = self.load(cache, how)? {
            return Ok(*found);
        }
        self.fetch_now(cache, &|_| ()).with_context(|| format!("{damaged}; fetch it again"))
    }

    fn fetch_missing(&self, cache: &Path, say: &dyn Fn(&str)) -> Result<FetchedPackages> {
        let _lock = self.lock(cache)?;
        match self.load(cache, Check::Quick)? {
            Loaded::Intact(found) => Ok(*found),
            Loaded::Missing | Loaded::Damaged(_) => self.fetch_now(cache, say),
        }
    }

    /// Saves the work of fetching the same twice.
    fn lock(&self, cache: &Path) -> Result<SharedLock> {
        let path = shared_lock::path(cache, &format!("fetch-{}", self.name));
        SharedLock::wait(&path, &format!("fetches {}", self.name), &warn)
    }

    fn fetch_now(&self, cache: &Path, say: &dyn Fn(&str)) -> Result<FetchedPackages> {
        let beside = all(cache);
        fs::create_dir_all(&beside).with_context(|| format!("make {}", beside.display()))?;
        let work = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&beside)?;
        // A subdirectory, because the temporary directory itself is removed in any case.
        let unpacked = work.path().join("root");
        let fetched = self.unpack(&unpacked, cache, say)?;
        let stamp = serde_json::to_vec_pretty(&fetched).context("encode the stamp")?;
        fs::write(unpacked.join(STAMP), stamp).context("write the stamp")?;
        let directory = self.directory(cache);
        cache_entry::install(&unpacked, &directory)?;
        Ok(FetchedPackages { directory, ..fetched })
    }

    /// Fills a directory. It becomes an entry only if everything in it is as expected.
    fn unpack(&self, to: &Path, cache: &Path, say: &dyn Fn(&str)) -> Result<FetchedPackages> {
        match self.from {
            Fetch { npm: Some(source), .. } => {
                let wanted = self.described(source, "@");
                say(&format!("fetching {wanted} from npm"));
                let mut served = Vec::new();
                match &self.locked {
                    Some(lock) => npm::install_locked(lock, to)?,
                    None => {
                        npm::install(&source.at(self.version, "@"), to)?;
                        served = npm::served(to)?;
                    }
                }
                let trusted = trust::check("npm", source, &served, cache)?;
                let versions = versions(source, |name| npm::installed_version(to, name))?;
                Ok(self.fetched("npm", versions, trusted, launcher(source)))
            }
            Fetch { pypi: Some(source), .. } => {
                let wanted = self.described(source, "==");
                say(&format!("fetching {wanted} from PyPI"));
                let mut served = Vec::new();
                match &self.locked {
                    Some(lock) => pypi::install_locked(lock, to)?,
                    None => served = pypi::install(&source.at(self.version, "=="), to)?,
                }
                let trusted = trust::check("PyPI", source, &served, cache)?;
                let versions = versions(source, |name| pypi::installed_version(to, name))?;
                Ok(self.fetched("PyPI", versions, trusted, launcher(source)))
            }
            Fetch { debian: Some(source), .. } => {
                let suite = self.version.unwrap_or(&source.suite);
                let names = source.packages.join(" ");
                say(&format!("fetching {names} with dependencies from Debian {suite}"));
                let all = debian::unpack(suite, &source.packages, to)?;
                let version = |name: &String| Some((name.clone(), all.get(name)?.clone()));
                let versions = source.packages.iter().filter_map(version).collect();
                let mut launcher = Vec::new();
                if let Some(path) = &source.path {
                    let words = debian::launcher(to, path)?;
                    let to = to.to_string_lossy();
                    launcher.extend(words.iter().map(|word| word.replace(&*to, "{packages}")));
                }
                Ok(self.fetched(&format!("Debian {suite}"), versions, BTreeMap::new(), launcher))
            }
            Fetch { cargo: Some(source), .. } => {
                let version = self.version.or(source.version.as_deref());
                let version = version.filter(|version| *version != LATEST);
                let installed = cargo::install(source, version, to, cache, say)?;
                let versions = BTreeMap::from([(source.name.clone(), installed)]);
                let launcher = vec![format!("{{packages}}/bin/{}", source.binary)];
                Ok(self.fetched("crates.io", versions, BTreeMap::new(), launcher))
            }
            _ => unreachable!("checked when the entry was read"),
        }
    }

    /// The packages in the notation of their registry.
    fn described(&self, source: &Packages, separator: &str) -> String {
        let version = self.pin.map(|pin| pin.version.as_str()).or(self.version);
        source.at(version, separator).join(" ")
    }

    fn fetched(
        &self,
        place: &str,
        versions: BTreeMap<String, String>,
        trusted: BTreeMap<String, String>,
        launcher: Vec<String>,
    ) -> FetchedPackages {
        let named: Vec<String> = versions.iter().map(|(p, v)| format!("{p} {v}")).collect();
        let source = format!("{place} ({})", named.join(", "));
        let (directory, name) = (PathBuf::new(), self.name.to_owned());
        FetchedPackages { directory, name, source, versions, trusted, launcher }
    }

    fn load(&self, cache: &Path, how: Check) -> Result<Loaded> {
        let directory = self.directory(cache);
        match cache_entry::check(&directory, how)? {
            State::Missing => Ok(Loaded::Missing),
            State::Damaged(what) => Ok(Loaded::Damaged(what)),
            State::Intact => {
                let found = stamp(&directory)?;
                Ok(Loaded::Intact(Box::new(FetchedPackages { directory, ..found })))
            }
        }
    }

    fn directory(&self, cache: &Path) -> PathBuf {
        // A pin's hashes are in its lock file. A cache may be shared with machines of another kind.
        let from = (self.from, self.version, &self.locked, std::env::consts::ARCH);
        let from = serde_json::to_vec(&from).expect("an entry has a JSON form");
        all(cache).join(format!("{}-{}", self.name, &digest::of_bytes(&from)[..16]))
    }
}

enum Loaded {
    Missing,
    Intact(Box<FetchedPackages>),
    Damaged(String),
}

/// The published versions of a runtime that is fetched.
pub fn releases(from: &Fetch) -> Result<Vec<Release>> {
    let first = |packages: &Packages| packages.names().into_iter().next().unwrap_or_default();
    match from {
        Fetch { npm: Some(npm), .. } => Ok(crates_io::in_order(npm::versions(&first(npm))?)),
        Fetch { pypi: Some(pypi), .. } => Ok(crates_io::in_order(pypi::versions(&first(pypi))?)),
        Fetch { cargo: Some(cargo), .. } => crates_io::releases(&cargo.name, &|_| ()),
        _ => bail!(
            "Debian has one version of a package in each release, and no list of them: name two \
             releases, as in `compare NAME@bookworm NAME@sid`"
        ),
    }
}

/// The names of all fetched runtimes, sorted.
pub fn names(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(all(cache)).into_iter().flatten().flatten();
    let entries = entries.map(|entry| entry.path()).filter(|path| cache_entry::exists(path));
    let mut names: Vec<String> =
        entries.filter_map(|path| stamp(&path).ok()).map(|found| found.name).collect();
    names.sort();
    names.dedup();
    names
}

fn stamp(directory: &Path) -> Result<FetchedPackages> {
    let stamp = directory.join(STAMP);
    let read = || format!("{}: remove its directory and fetch it again", stamp.display());
    serde_json::from_slice(&fs::read(&stamp).with_context(read)?).with_context(read)
}

fn launcher(packages: &Packages) -> Vec<String> {
    packages.path.iter().map(|path| format!("{{packages}}/{}", for_machine(path))).collect()
}

fn versions(
    packages: &Packages,
    find: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>> {
    let version = |name: String| {
        let version = find(&name).with_context(|| format!("no version of `{name}` was fetched"))?;
        Ok((name, version))
    };
    packages.names().into_iter().map(version).collect()
}

/// The directory of all fetched runtimes.
fn all(cache: &Path) -> PathBuf {
    cache.join("fetched")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str) -> Fetch {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn versions_are_those_of_the_fetched_packages() {
        let npm = from("npm: { packages: ['@a/b@1'] }").npm.unwrap();
        let find = |package: &str| (package == "@a/b").then(|| "1.2.3".to_owned());
        assert_eq!(versions(&npm, find).unwrap()["@a/b"], "1.2.3");
        assert!(versions(&npm, |_| None).is_err());
    }

    #[test]
    fn an_incomplete_directory_does_not_count() {
        let cache = tempfile::tempdir().unwrap();
        let from = from("npm: { packages: [x], path: bin/x }");
        let wanted = Wanted::new(&from, "x@1", Some("1")).unwrap();
        fs::create_dir_all(wanted.directory(cache.path())).unwrap();
        assert!(wanted.find(cache.path()).unwrap().is_none());
        assert!(names(cache.path()).is_empty());

        let made = cache.path().join("made");
        fs::create_dir_all(&made).unwrap();
        let npm = from.npm.as_ref().unwrap();
        let fetched = wanted.fetched("npm", BTreeMap::new(), BTreeMap::new(), launcher(npm));
        fs::write(made.join(STAMP), serde_json::to_vec(&fetched).unwrap()).unwrap();
        let there = wanted.directory(cache.path());
        cache_entry::install(&made, &there).unwrap();
        let found = wanted.find(cache.path()).unwrap().unwrap();
        assert_eq!(found.launcher(), [there.join("bin/x").into_os_string()]);
        assert_eq!(names(cache.path()), ["x@1"]);
    }

    #[test]
    fn another_pin_is_another_entry() {
        let cache = Path::new("/cache");
        let pinned = |hash: &str| {
            from(&format!(
                "npm: {{ packages: [x], pins: [{{ version: '1.0', hashes: {{ x: {hash} }} }}] }}"
            ))
        };
        let directory = |from: &Fetch, version: Option<&str>| {
            Wanted::new(from, "x", version).unwrap().directory(cache)
        };
        let (a, b) = (pinned("sha512-A"), pinned("sha512-B"));
        assert_eq!(directory(&a, None), directory(&pinned("sha512-A"), None));
        assert_ne!(directory(&a, None), directory(&b, None));
        assert_ne!(directory(&a, None), directory(&a, Some("latest")));
        // What is not pinned does not depend on the pins.
        assert_eq!(directory(&a, Some("2")), directory(&b, Some("2")));
    }
}
