//! Packages of npm, installed with npm.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use super::packages::Known;
use super::tool::output_of;
use super::trust::Served;
use crate::support::process::output::{DOWNLOAD_TIME, QUESTION_TIME};

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";

/// Installs packages, written as `NAME` or `NAME@VERSION`, below a directory.
pub fn install(packages: &[String], to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    run_install("install", packages, packages.first(), to)
}

/// Installs exactly what a lock file says, below a directory. npm compares the hash of each package.
pub fn install_locked(lock: &str, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let parsed: Value = serde_json::from_str(lock).context("read the lock file of npm")?;
    let root = parsed.pointer("/packages/").and_then(Value::as_object);
    let root = root.context("the lock file of npm has no packages: it needs lockfileVersion 3")?;
    let mut manifest = root.clone();
    manifest.insert("private".into(), true.into());
    let write = |name: &str, text: &str| {
        fs::write(to.join(name), text).with_context(|| format!("write {name}"))
    };
    write(MANIFEST, &serde_json::to_string_pretty(&manifest)?)?;
    write(LOCK, lock)?;
    let first =
        root.get("dependencies").and_then(Value::as_object).and_then(|map| map.keys().next());
    run_install("ci", &[], first, to)
}

/// The lock file of packages without further dependencies.
pub fn lock(packages: &[Known]) -> String {
    let versions: Map<String, Value> =
        packages.iter().map(|known| (known.name.clone(), json!(known.version))).collect();
    let mut all = Map::from_iter([(String::new(), json!({ "dependencies": versions }))]);
    for Known { name, version, hash } in packages {
        let package = json!({ "version": version, "integrity": hash });
        all.insert(format!("node_modules/{name}"), package);
    }
    let lock = json!({ "lockfileVersion": 3, "requires": true, "packages": all });
    serde_json::to_string_pretty(&lock).expect("a value is valid JSON")
}

/// What npm served, by the lock file that it wrote or obeyed. It has compared the hashes.
pub fn served(directory: &Path) -> Result<Vec<Served>> {
    let path = directory.join(LOCK);
    let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    let lock: Value = serde_json::from_slice(&text).with_context(|| path.display().to_string())?;
    let packages = lock.get("packages").and_then(Value::as_object);
    let packages = packages.with_context(|| format!("{}: no `packages`", path.display()))?;
    let mut served = Vec::new();
    for (at, package) in packages.iter().filter(|(at, _)| !at.is_empty()) {
        let name = at.rsplit("node_modules/").next().unwrap_or(at);
        let field = |key: &str| package.get(key).and_then(Value::as_str);
        let (Some(version), Some(hash)) = (field("version"), field("integrity")) else {
            bail!("npm does not say what it fetched as {name}: its lock file has no hash of it");
        };
        served.push(Served { name: format!("{name}@{version}"), hash: hash.to_owned() });
    }
    Ok(served)
}

/// `first` is a package whose registry must be reachable.
fn run_install(word: &str, packages: &[String], first: Option<&String>, to: &Path) -> Result<()> {
    let install = |more: &[&str], at_most: Duration| {
        let mut npm = Command::new("npm");
        // No code of a package runs while it is fetched.
        npm.args([word, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        npm.args(["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]).args(more);
        npm.arg("--prefix").arg(to).args(packages);
        run(npm, at_most).map(drop)
    };
    // A query with a short timeout comes first: without a network, npm would hang for minutes.
    match first.map(|package| view(package, "name")) {
        Some(Err(unreachable)) => match install(&["--offline"], 4 * QUESTION_TIME) {
            Ok(()) => Ok(()),
            Err(_) => bail!("{unreachable:#}; npm's cache does not contain the packages either"),
        },
        _ => install(&[], DOWNLOAD_TIME),
    }
}

/// The published versions of a package.
pub fn versions(package: &str) -> Result<Vec<String>> {
    let output = view(package, "versions")?;
    // A package with a single version has no list.
    let single: Result<String, _> = serde_json::from_str(&output);
    match single {
        Ok(version) => Ok(vec![version]),
        Err(_) => serde_json::from_str(&output)
            .with_context(|| format!("read what npm prints about {package}")),
    }
}

/// The version of an installed package.
pub fn installed_version(directory: &Path, package: &str) -> Option<String> {
    let manifest = directory.join("node_modules").join(package).join(MANIFEST);
    let manifest: Value = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
    Some(manifest.get("version")?.as_str()?.to_owned())
}

/// Queries the registry about a package, with a short timeout.
fn view(package: &str, field: &str) -> Result<String> {
    let mut npm = Command::new("npm");
    npm.args(["view", package, field, "--json", "--fetch-retries=0", "--fetch-timeout=10000"]);
    npm.arg("--loglevel=error");
    run(npm, 2 * QUESTION_TIME)
}

fn run(npm: Command, at_most: Duration) -> Result<String> {
    output_of(npm, "npm", "install Node.js with npm", at_most).map_err(|error| {
        match reason(&format!("{error:#}")) {
            Some(reason) => anyhow::anyhow!("npm cannot reach its registry: {reason}"),
            None => error,
        }
    })
}

/// The reason why npm could not reach the registry: one line of its long output.
fn reason(error: &str) -> Option<&str> {
    let line = error.lines().find(|line| line.contains("failed, reason: "))?;
    line.split_once("request to ").map(|(_, reason)| reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_for_an_unreachable_registry_is_extracted() {
        let error = "npm failed: npm error code ENOTFOUND\n\
                     npm error network request to http://x/y failed, reason: getaddrinfo ENOTFOUND\n\
                     npm error network This is a problem related to network connectivity.";
        assert_eq!(reason(error), Some("http://x/y failed, reason: getaddrinfo ENOTFOUND"));
        assert_eq!(reason("npm failed: there is no engine 4.0.0 for this machine"), None);
    }

    #[test]
    fn a_package_version_is_read_from_its_manifest() {
        let directory = tempfile::tempdir().unwrap();
        let module = directory.path().join("node_modules/@a/b");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("package.json"), r#"{ "version": "1.2.3" }"#).unwrap();
        assert_eq!(installed_version(directory.path(), "@a/b").unwrap(), "1.2.3");
        assert!(installed_version(directory.path(), "c").is_none());
    }

    #[test]
    fn what_was_served_is_read_from_the_lock_file() {
        let directory = tempfile::tempdir().unwrap();
        let known = |name: &str| Known {
            name: name.into(),
            version: "1.0".into(),
            hash: format!("sha512-{name}"),
        };
        fs::write(directory.path().join(LOCK), lock(&[known("@a/b"), known("c")])).unwrap();
        let served =
            |name: &str| Served { name: format!("{name}@1.0"), hash: format!("sha512-{name}") };
        assert_eq!(super::served(directory.path()).unwrap(), [served("@a/b"), served("c")]);
        let without = lock(&[known("c")]).replace("integrity", "other");
        fs::write(directory.path().join(LOCK), without).unwrap();
        assert!(super::served(directory.path()).is_err());
    }
}
