//! Fetches runtimes into the cache when the user asks for it: from npm, PyPI, Debian or crates.io.
//! Each runtime has its own directory there, with the same name as in reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::crates_io::{self, Release};
use super::{cargo, debian, npm, pypi};
use crate::runtime::config::{Fetch, Packages};

/// The file that describes a complete directory. Written last.
const STAMP: &str = "wasi-conformance.json";

/// The fetched packages of one runtime.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchedPackages {
    /// Where they are. Not part of the stamp, which is in that directory.
    #[serde(skip)]
    pub directory: PathBuf,
    /// Where they come from, as reports show it.
    pub source: String,
    /// The version of each package that the entry names.
    pub versions: BTreeMap<String, String>,
    /// The command that starts the binary, if there is one, with `{packages}` for the directory.
    launcher: Vec<String>,
}

impl FetchedPackages {
    fn new(place: &str, versions: BTreeMap<String, String>, launcher: Vec<String>) -> Self {
        let named: Vec<String> = versions.iter().map(|(p, v)| format!("{p} {v}")).collect();
        let source = format!("{place} ({})", named.join(", "));
        FetchedPackages { directory: PathBuf::new(), source, versions, launcher }
    }

    /// The command that starts the binary; empty if the packages contain no program.
    pub fn launcher(&self) -> Vec<String> {
        let directory = self.directory.to_string_lossy();
        self.launcher.iter().map(|word| word.replace("{packages}", &directory)).collect()
    }
}

/// Fetches the packages of a runtime, unless they are in the cache. `name` is the runtime's, with its
/// version if one was requested.
pub fn fetch(
    from: &Fetch,
    name: &str,
    version: Option<&str>,
    cache: &Path,
    progress: &dyn Fn(&str),
) -> Result<FetchedPackages> {
    if let Some(found) = find(name, cache)? {
        return Ok(found);
    }
    let directory = directory(name, cache);
    let beside = all(cache);
    fs::create_dir_all(&beside).with_context(|| format!("make {}", beside.display()))?;
    let work = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&beside)?;
    // A subdirectory, because the temporary directory itself is removed in any case.
    let unpacked = work.path().join("root");
    let fetched = unpack(from, version, &unpacked, cache, progress)?;
    let stamp = serde_json::to_vec_pretty(&fetched).context("encode the stamp")?;
    fs::write(unpacked.join(STAMP), stamp)?;
    match fs::rename(&unpacked, &directory) {
        // Another process was faster.
        Err(_) if find(name, cache)?.is_some() => {}
        renamed => renamed.with_context(|| format!("make {}", directory.display()))?,
    }
    Ok(FetchedPackages { directory, ..fetched })
}

/// The published versions of a runtime that is fetched.
pub fn releases(from: &Fetch) -> Result<Vec<Release>> {
    let first = |packages: &Packages| {
        let package = packages.packages.first().map(|name| for_machine(name));
        package.as_deref().map(package_name).map(str::to_owned).context("it names no package")
    };
    match from {
        Fetch { npm: Some(npm), .. } => Ok(crates_io::in_order(npm::versions(&first(npm)?)?)),
        Fetch { pypi: Some(pypi), .. } => Ok(crates_io::in_order(pypi::versions(&first(pypi)?)?)),
        Fetch { cargo: Some(cargo), .. } => crates_io::releases(&cargo.name, &|_| ()),
        _ => bail!(
            "Debian has one version of a package in each release, and no list of them: name two \
             releases, as in `compare NAME@bookworm NAME@sid`"
        ),
    }
}

fn unpack(
    from: &Fetch,
    version: Option<&str>,
    to: &Path,
    cache: &Path,
    progress: &dyn Fn(&str),
) -> Result<FetchedPackages> {
    let (place, versions, launcher) = match from {
        Fetch { npm: Some(source), .. } => {
            let wanted = wanted(source, version, "@");
            progress(&format!("fetching {} from npm", wanted.join(" ")));
            npm::install(&wanted, to)?;
            let versions =
                versions(&source.packages, |package| npm::installed_version(to, package))?;
            ("npm", versions, launcher(source))
        }
        Fetch { pypi: Some(source), .. } => {
            let wanted = wanted(source, version, "==");
            progress(&format!("fetching {} from PyPI", wanted.join(" ")));
            pypi::install(&wanted, to)?;
            let versions =
                versions(&source.packages, |package| pypi::installed_version(to, package))?;
            ("PyPI", versions, launcher(source))
        }
        Fetch { debian: Some(source), .. } => {
            let suite = version.unwrap_or(&source.suite);
            let names = source.packages.join(" ");
            progress(&format!("fetching {names} with dependencies from Debian {suite}"));
            let all = debian::unpack(suite, &source.packages, to)?;
            let versions = versions(&source.packages, |package| all.get(package).cloned())?;
            let mut launcher = Vec::new();
            if let Some(path) = &source.path {
                let words = debian::launcher(to, path)?;
                let to = to.to_string_lossy();
                launcher.extend(words.iter().map(|word| word.replace(&*to, "{packages}")));
            }
            return Ok(FetchedPackages::new(&format!("Debian {suite}"), versions, launcher));
        }
        Fetch { cargo: Some(source), .. } => {
            let installed = cargo::install(source, version, to, cache, progress)?;
            let versions = BTreeMap::from([(source.name.clone(), installed)]);
            ("crates.io", versions, vec![format!("{{packages}}/bin/{}", source.binary)])
        }
        _ => unreachable!("checked when the entry was read"),
    };
    Ok(FetchedPackages::new(place, versions, launcher))
}

/// The packages in the notation of npm or pip.
fn wanted(packages: &Packages, version: Option<&str>, separator: &str) -> Vec<String> {
    let mut names: Vec<String> = packages.packages.iter().map(|name| for_machine(name)).collect();
    if let (Some(version), Some(first)) = (version, names.first_mut()) {
        first.push_str(separator);
        first.push_str(version);
    }
    names
}

fn launcher(packages: &Packages) -> Vec<String> {
    packages.path.iter().map(|path| format!("{{packages}}/{}", for_machine(path))).collect()
}

/// A name with the machine's architecture filled in.
fn for_machine(name: &str) -> String {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    name.replace("{arch}", arch)
}

fn versions(
    packages: &[String],
    find: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>> {
    let version = |package: &String| {
        let package = for_machine(package);
        let name = package_name(&package).to_owned();
        let version = find(&name).with_context(|| format!("no version of `{name}` was fetched"))?;
        Ok((name, version))
    };
    packages.iter().map(version).collect()
}

/// A package's name without a version: `NAME@VERSION` for npm, `NAME==VERSION` for pip.
fn package_name(package: &str) -> &str {
    let end = package.char_indices().skip(1).find(|(_, c)| matches!(c, '@' | '='));
    &package[..end.map_or(package.len(), |(at, _)| at)]
}

/// The directory of all fetched runtimes.
fn all(cache: &Path) -> PathBuf {
    cache.join("fetched")
}

fn directory(name: &str, cache: &Path) -> PathBuf {
    all(cache).join(name)
}

/// The packages that were fetched by this name before, if any.
pub fn find(name: &str, cache: &Path) -> Result<Option<FetchedPackages>> {
    let directory = directory(name, cache);
    let stamp = directory.join(STAMP);
    let Ok(text) = fs::read(&stamp) else { return Ok(None) };
    let found: FetchedPackages = serde_json::from_slice(&text)
        .with_context(|| format!("{}: remove its directory and fetch it again", stamp.display()))?;
    Ok(Some(FetchedPackages { directory, ..found }))
}

/// The names of all fetched runtimes, sorted.
pub fn names(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(all(cache)).into_iter().flatten().flatten();
    let complete = entries.filter(|entry| entry.path().join(STAMP).is_file());
    let mut names: Vec<String> =
        complete.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requested_version_applies_to_the_first_package() {
        let fetch: Fetch = serde_yaml::from_str("npm: { packages: [a, b@2] }").unwrap();
        let npm = fetch.npm.unwrap();
        assert_eq!(wanted(&npm, Some("24"), "@"), ["a@24", "b@2"]);
        assert_eq!(wanted(&npm, None, "@"), ["a", "b@2"]);
    }

    #[test]
    fn versions_are_those_of_the_fetched_packages() {
        let find = |package: &str| (package == "@a/b").then(|| "1.2.3".to_owned());
        assert_eq!(versions(&["@a/b@1".into()], find).unwrap()["@a/b"], "1.2.3");
        assert!(versions(&["c".into()], find).is_err());
    }

    #[test]
    fn an_incomplete_directory_does_not_count() {
        let cache = tempfile::tempdir().unwrap();
        let there = directory("x@1", cache.path());
        fs::create_dir_all(&there).unwrap();
        assert!(find("x@1", cache.path()).unwrap().is_none());
        assert!(names(cache.path()).is_empty());
        let fetched = FetchedPackages::new("npm", BTreeMap::new(), vec!["{packages}/bin/x".into()]);
        fs::write(there.join(STAMP), serde_json::to_vec(&fetched).unwrap()).unwrap();
        let found = find("x@1", cache.path()).unwrap().unwrap();
        assert_eq!(found.launcher(), [there.join("bin/x").to_string_lossy()]);
        assert_eq!(names(cache.path()), ["x@1"]);
    }
}
