//! Fetches runtimes into the cache when the user asks for them: from npm, PyPI, Debian or crates.io.
//! Each has a directory of its own there, with the name that it has in reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::registries::{self, Release};
use super::{cargo, debian};
use crate::runtime::config::{Fetch, Packages};
use crate::support::text::shorten;

/// Describes a complete directory. Written last.
const STAMP: &str = "wasi-conformance.json";

/// The packages of one runtime, fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FetchedPackages {
    /// Where they are. Not part of the stamp, which is in that directory.
    #[serde(skip)]
    pub directory: PathBuf,
    /// Where they come from, for people.
    pub source: String,
    /// The version of each package that the entry names.
    pub versions: BTreeMap<String, String>,
    /// The words that start the binary, if there is one, with `{packages}` for the directory.
    launcher: Vec<String>,
}

impl FetchedPackages {
    fn new(place: &str, versions: BTreeMap<String, String>, launcher: Vec<String>) -> Self {
        let named: Vec<String> = versions.iter().map(|(p, v)| format!("{p} {v}")).collect();
        let source = format!("{place} ({})", named.join(", "));
        FetchedPackages { directory: PathBuf::new(), source, versions, launcher }
    }

    /// The words that start the binary; none if there is no program among the packages.
    pub fn launcher(&self) -> Vec<String> {
        let directory = self.directory.to_string_lossy();
        self.launcher.iter().map(|word| word.replace("{packages}", &directory)).collect()
    }
}

/// Fetches the packages of a runtime, unless they are there. `name` is the runtime's, with its
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
    // Not the temporary directory itself, which is removed in any case.
    let unpacked = work.path().join("root");
    let fetched = unpack(from, version, &unpacked, cache, progress)?;
    let stamp = serde_json::to_vec_pretty(&fetched).context("encode what was fetched")?;
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
        Fetch { npm: Some(npm), .. } => registries::of_npm(&first(npm)?),
        Fetch { pypi: Some(pypi), .. } => registries::of_pypi(&first(pypi)?),
        Fetch { cargo: Some(cargo), .. } => registries::of_crate(&cargo.name, &|_| ()),
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
        Fetch { npm: Some(npm), .. } => {
            let wanted = wanted(npm, version, "@");
            progress(&format!("fetching {} from npm", wanted.join(" ")));
            from_npm(&wanted, to)?;
            let versions = versions(&npm.packages, |package| npm_version(to, package))?;
            ("npm", versions, launcher(npm))
        }
        Fetch { pypi: Some(pypi), .. } => {
            let wanted = wanted(pypi, version, "==");
            progress(&format!("fetching {} from PyPI", wanted.join(" ")));
            from_pypi(&wanted, to)?;
            let versions = versions(&pypi.packages, |package| pypi_version(to, package))?;
            ("PyPI", versions, launcher(pypi))
        }
        Fetch { debian: Some(debian), .. } => {
            let suite = version.unwrap_or(&debian.suite);
            let packages: Vec<&str> = debian.packages.iter().map(String::as_str).collect();
            let all = debian::fetch(suite, &packages, to, progress)?;
            let versions = versions(&debian.packages, |package| all.get(package).cloned())?;
            let words = debian::launcher(to, &debian.path)?;
            let to = to.to_string_lossy();
            let launcher = words.iter().map(|word| word.replace(&*to, "{packages}")).collect();
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

/// The packages in the notation of the registry's client.
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

fn from_npm(packages: &[String], to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let mut npm = Command::new("npm");
    // No code of a package runs while it is fetched.
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    npm.arg("--prefix").arg(to).args(packages);
    run(npm, "npm", "install Node.js with npm")
}

fn npm_version(directory: &Path, package: &str) -> Option<String> {
    let manifest = directory.join("node_modules").join(package).join("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
    Some(manifest.get("version")?.as_str()?.to_owned())
}

fn from_pypi(packages: &[String], to: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    // Wheels only: code of a source package would run while it is fetched.
    pip.args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--no-compile"]);
    pip.args(["--disable-pip-version-check", "--root-user-action=ignore", "--target"]).arg(to);
    pip.args(packages);
    run(pip, "python3 -m pip", "install Python 3 with pip")
}

/// The version of a wheel, from the name of the directory that describes it.
fn pypi_version(directory: &Path, package: &str) -> Option<String> {
    let normal = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let names = fs::read_dir(directory).ok()?.flatten().map(|e| e.file_name());
    names.filter_map(|name| name.into_string().ok()).find_map(|name| {
        let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
        (normal(name) == normal(package)).then(|| version.to_owned())
    })
}

fn run(mut command: Command, name: &str, todo: &str) -> Result<()> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("start {name}: {todo}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name} failed: {}", shorten(said.trim(), 2000));
    }
    Ok(())
}

/// The directory of everything that was fetched.
fn all(cache: &Path) -> PathBuf {
    cache.join("fetched")
}

fn directory(name: &str, cache: &Path) -> PathBuf {
    all(cache).join(name)
}

/// What was fetched by this name before, if anything.
pub fn find(name: &str, cache: &Path) -> Result<Option<FetchedPackages>> {
    let directory = directory(name, cache);
    let stamp = directory.join(STAMP);
    let Ok(text) = fs::read(&stamp) else { return Ok(None) };
    let found: FetchedPackages = serde_json::from_slice(&text)
        .with_context(|| format!("{}: remove its directory and fetch it again", stamp.display()))?;
    Ok(Some(FetchedPackages { directory, ..found }))
}

/// The names of all runtimes that were fetched, sorted.
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
    fn a_requested_version_is_that_of_the_first_package() {
        let fetch: Fetch = serde_yaml::from_str("npm: { packages: [a, b@2] }").unwrap();
        let npm = fetch.npm.unwrap();
        assert_eq!(wanted(&npm, Some("24"), "@"), ["a@24", "b@2"]);
        assert_eq!(wanted(&npm, None, "@"), ["a", "b@2"]);
    }

    #[test]
    fn versions_are_those_of_the_fetched_packages() {
        let directory = tempfile::tempdir().unwrap();
        let module = directory.path().join("node_modules/@a/b");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("package.json"), r#"{ "version": "1.2.3" }"#).unwrap();
        let versions_of = |packages: &[&str]| {
            let packages: Vec<String> = packages.iter().map(|p| p.to_string()).collect();
            versions(&packages, |package| npm_version(directory.path(), package))
        };
        assert_eq!(versions_of(&["@a/b@1"]).unwrap()["@a/b"], "1.2.3");
        assert!(versions_of(&["c"]).is_err());
        fs::create_dir(directory.path().join("Some_Thing-4.5.dist-info")).unwrap();
        assert_eq!(pypi_version(directory.path(), "some-thing").unwrap(), "4.5");
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
