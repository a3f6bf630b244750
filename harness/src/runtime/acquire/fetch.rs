//! Runtimes that are fetched into the cache when somebody asks for them: from npm, from PyPI, from
//! Debian, or from crates.io. Each goes into a folder of its own, named as its row in a report is.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::cargo::Cargo;
use super::debian;
use super::registries::{self, Release};
use crate::support::text::shorten;

/// Says what is in a complete folder. Written last.
const STAMP: &str = "wasi-conformance.json";

/// How something is fetched: exactly one of these.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Get {
    pub npm: Option<Registry>,
    pub pypi: Option<Registry>,
    pub debian: Option<Debian>,
    pub cargo: Option<Cargo>,
}

/// Packages of npm or of PyPI.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// The first is the runtime's own, of which a version can be asked for. `{arch}` is the
    /// machine's architecture, as npm's packages name it.
    pub packages: Vec<String>,
    /// The binary's path in the folder; left out where the packages are no program.
    pub path: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Debian {
    /// The release; a version that is asked for names another one.
    pub suite: String,
    pub packages: Vec<String>,
    /// The binary's path in the packages.
    pub path: String,
}

/// What was fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetched {
    /// Not part of the stamp: where the stamp was found.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Where it came from, for people.
    pub source: String,
    /// The version of each package that was asked for.
    pub versions: BTreeMap<String, String>,
    /// The words that start its binary, if there is one, with `{got}` for the folder.
    launcher: Vec<String>,
}

impl Fetched {
    /// The words that start its binary; none if it has no program.
    pub fn launcher(&self) -> Vec<String> {
        let folder = self.folder.to_string_lossy();
        self.launcher.iter().map(|word| word.replace("{got}", &folder)).collect()
    }
}

impl Get {
    /// What is wrong with it, and what to do.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let ways =
            [self.npm.is_some(), self.pypi.is_some(), self.debian.is_some(), self.cargo.is_some()];
        let packages = [&self.npm, &self.pypi].into_iter().flatten().map(|r| &r.packages);
        let mut packages = packages.chain(self.debian.iter().map(|d| &d.packages));
        if ways.into_iter().filter(|way| *way).count() != 1 {
            Some(("`get` needs one of `npm`, `pypi`, `debian` and `cargo`", "keep one of them"))
        } else if packages.any(Vec::is_empty) {
            Some(("`get` names no packages", "name at least one"))
        } else {
            None
        }
    }

    /// Whether what it fetches is the program itself, and not only what a program needs.
    pub fn has_program(&self) -> bool {
        self.debian.is_some()
            || self.cargo.is_some()
            || [&self.npm, &self.pypi].into_iter().flatten().any(|r| r.path.is_some())
    }

    /// Fetches it, unless it is there.
    pub fn fetch(
        &self,
        label: &str,
        version: Option<&str>,
        cache: &Path,
        progress: &dyn Fn(&str),
    ) -> Result<Fetched> {
        if let Some(got) = find(label, cache)? {
            return Ok(got);
        }
        let folder = folder(label, cache);
        let beside = folders(cache);
        fs::create_dir_all(&beside).with_context(|| format!("make {}", beside.display()))?;
        let work = tempfile::Builder::new().prefix(".fetch-").tempdir_in(&beside)?;
        // Not in the temporary folder's place: that one is removed however this ends.
        let unpacked = work.path().join("root");
        let got = self.unpack(version, &unpacked, cache, progress)?;
        let stamp = serde_json::to_vec_pretty(&got).context("encode what was fetched")?;
        fs::write(unpacked.join(STAMP), stamp)?;
        match fs::rename(&unpacked, &folder) {
            // Another process was faster.
            Err(_) if find(label, cache)?.is_some() => {}
            renamed => renamed.with_context(|| format!("make {}", folder.display()))?,
        }
        Ok(Fetched { folder, ..got })
    }

    /// The versions that there are to ask for.
    pub fn published(&self) -> Result<Vec<Release>> {
        let first = |registry: &Registry| {
            let package = registry.packages.first().map(|name| plain(name));
            package.as_deref().map(own_name).map(str::to_owned).context("it names no package")
        };
        match self {
            Get { npm: Some(npm), .. } => registries::of_npm(&first(npm)?),
            Get { pypi: Some(pypi), .. } => registries::of_pypi(&first(pypi)?),
            Get { cargo: Some(cargo), .. } => registries::of_crate(&cargo.package, &|_| ()),
            _ => bail!(
                "Debian has one version of a package in each release, and nothing lists those: name \
                 two releases, as in `upgrade NAME --from bookworm --to sid`"
            ),
        }
    }

    fn unpack(
        &self,
        version: Option<&str>,
        to: &Path,
        cache: &Path,
        progress: &dyn Fn(&str),
    ) -> Result<Fetched> {
        let (source, versions, launcher) = match self {
            Get { npm: Some(npm), .. } => {
                let wanted = npm.wanted(version, "@");
                progress(&format!("fetching {} from npm", wanted.join(" ")));
                from_npm(&wanted, to)?;
                let versions = versions(&npm.packages, |package| npm_version(to, package))?;
                ("npm", versions, npm.launcher())
            }
            Get { pypi: Some(pypi), .. } => {
                let wanted = pypi.wanted(version, "==");
                progress(&format!("fetching {} from PyPI", wanted.join(" ")));
                from_pypi(&wanted, to)?;
                let versions = versions(&pypi.packages, |package| pypi_version(to, package))?;
                ("PyPI", versions, pypi.launcher())
            }
            Get { debian: Some(debian), .. } => {
                let suite = version.unwrap_or(&debian.suite);
                let packages: Vec<&str> = debian.packages.iter().map(String::as_str).collect();
                let all = debian::fetch(suite, &packages, to, progress)?;
                let versions = versions(&debian.packages, |package| all.get(package).cloned())?;
                let words = debian::launcher(to, &debian.path)?;
                let to = to.to_string_lossy();
                let launcher = words.iter().map(|word| word.replace(&*to, "{got}")).collect();
                let source = format!("Debian {suite}");
                return Ok(Fetched::new(&source, versions, launcher));
            }
            Get { cargo: Some(cargo), .. } => {
                let installed = cargo.install(version, to, cache, progress)?;
                let versions = BTreeMap::from([(cargo.package.clone(), installed)]);
                ("crates.io", versions, vec![format!("{{got}}/bin/{}", cargo.binary)])
            }
            _ => unreachable!("checked when the entry was read"),
        };
        Ok(Fetched::new(source, versions, launcher))
    }
}

impl Fetched {
    fn new(place: &str, versions: BTreeMap<String, String>, launcher: Vec<String>) -> Fetched {
        let named: Vec<String> = versions.iter().map(|(p, v)| format!("{p} {v}")).collect();
        let source = format!("{place} ({})", named.join(", "));
        Fetched { folder: PathBuf::new(), source, versions, launcher }
    }
}

impl Registry {
    /// The packages, as the registry's client wants them.
    fn wanted(&self, version: Option<&str>, joint: &str) -> Vec<String> {
        let mut names: Vec<String> = self.packages.iter().map(|name| plain(name)).collect();
        if let (Some(version), Some(first)) = (version, names.first_mut()) {
            first.push_str(joint);
            first.push_str(version);
        }
        names
    }

    fn launcher(&self) -> Vec<String> {
        self.path.iter().map(|path| format!("{{got}}/{}", plain(path))).collect()
    }
}

/// A name with the machine's architecture filled in.
fn plain(name: &str) -> String {
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
        let package = plain(package);
        let name = own_name(&package).to_owned();
        let version = find(&name).with_context(|| format!("no version of `{name}` was fetched"))?;
        Ok((name, version))
    };
    packages.iter().map(version).collect()
}

/// A package's name without what a client takes beside it, as in `NAME@VERSION` or `NAME==VERSION`.
fn own_name(package: &str) -> &str {
    let end = package.char_indices().skip(1).find(|(_, c)| matches!(c, '@' | '='));
    &package[..end.map_or(package.len(), |(at, _)| at)]
}

fn from_npm(packages: &[String], to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let mut npm = Command::new("npm");
    // No package's own code runs while it is fetched.
    npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    npm.arg("--prefix").arg(to).args(packages);
    run(npm, "npm", "install Node.js with npm")
}

fn npm_version(folder: &Path, package: &str) -> Option<String> {
    let manifest = folder.join("node_modules").join(package).join("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
    Some(manifest.get("version")?.as_str()?.to_owned())
}

fn from_pypi(packages: &[String], to: &Path) -> Result<()> {
    let mut pip = Command::new("python3");
    // Wheels only: a source package's own code would run while it is fetched.
    pip.args(["-m", "pip", "install", "--quiet", "--only-binary=:all:", "--no-compile"]);
    pip.args(["--disable-pip-version-check", "--root-user-action=ignore", "--target"]).arg(to);
    pip.args(packages);
    run(pip, "python3 -m pip", "install Python 3 with pip")
}

/// The version of a wheel, from the name of the folder that describes it.
fn pypi_version(folder: &Path, package: &str) -> Option<String> {
    let normal = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let names = fs::read_dir(folder).ok()?.flatten().map(|e| e.file_name());
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

/// Where everything is that was fetched.
fn folders(cache: &Path) -> PathBuf {
    cache.join("get")
}

fn folder(label: &str, cache: &Path) -> PathBuf {
    folders(cache).join(label)
}

/// What was fetched under this name before, if anything.
pub fn find(label: &str, cache: &Path) -> Result<Option<Fetched>> {
    let folder = folder(label, cache);
    let stamp = folder.join(STAMP);
    let Ok(text) = fs::read(&stamp) else { return Ok(None) };
    let got: Fetched = serde_json::from_slice(&text)
        .with_context(|| format!("{}: remove its folder, and fetch it anew", stamp.display()))?;
    Ok(Some(Fetched { folder, ..got }))
}

/// The names of all that was fetched, in order.
pub fn labels(cache: &Path) -> Vec<String> {
    let entries = fs::read_dir(folders(cache)).into_iter().flatten().flatten();
    let complete = entries.filter(|entry| entry.path().join(STAMP).is_file());
    let mut labels: Vec<String> =
        complete.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    labels.sort();
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(text: &str) -> Get {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn exactly_one_way_is_needed() {
        assert!(get("npm: { packages: [x] }").problem().is_none());
        assert!(get("{}").problem().is_some());
        assert!(get("npm: { packages: [] }").problem().is_some());
        assert!(get("{ npm: { packages: [x] }, pypi: { packages: [x] } }").problem().is_some());
    }

    #[test]
    fn a_version_is_that_of_the_first_package() {
        let npm = get("npm: { packages: [a, b@2] }").npm.unwrap();
        assert_eq!(npm.wanted(Some("24"), "@"), ["a@24", "b@2"]);
        assert_eq!(npm.wanted(None, "@"), ["a", "b@2"]);
    }

    #[test]
    fn versions_are_those_that_came() {
        let folder = tempfile::tempdir().unwrap();
        let module = folder.path().join("node_modules/@a/b");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("package.json"), r#"{ "version": "1.2.3" }"#).unwrap();
        let of = |packages: &[&str]| {
            let packages: Vec<String> = packages.iter().map(|p| p.to_string()).collect();
            versions(&packages, |package| npm_version(folder.path(), package))
        };
        assert_eq!(of(&["@a/b@1"]).unwrap()["@a/b"], "1.2.3");
        assert!(of(&["c"]).is_err());
        fs::create_dir(folder.path().join("Some_Thing-4.5.dist-info")).unwrap();
        assert_eq!(pypi_version(folder.path(), "some-thing").unwrap(), "4.5");
    }

    #[test]
    fn what_is_not_complete_was_not_fetched() {
        let cache = tempfile::tempdir().unwrap();
        let there = folder("x@1", cache.path());
        fs::create_dir_all(&there).unwrap();
        assert!(find("x@1", cache.path()).unwrap().is_none());
        assert!(labels(cache.path()).is_empty());
        let got = Fetched::new("npm", BTreeMap::new(), vec!["{got}/bin/x".into()]);
        fs::write(there.join(STAMP), serde_json::to_vec(&got).unwrap()).unwrap();
        let found = find("x@1", cache.path()).unwrap().unwrap();
        assert_eq!(found.launcher(), [there.join("bin/x").to_string_lossy()]);
        assert_eq!(labels(cache.path()), ["x@1"]);
    }
}
