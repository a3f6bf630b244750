//! Packages of npm, installed with npm.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::tool::output_of;
use crate::support::process::output::{DOWNLOAD_TIME, QUESTION_TIME};

/// Installs packages, written as `NAME` or `NAME@VERSION`, below a directory.
pub fn install(packages: &[String], to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let install = |more: &[&str]| {
        let mut npm = Command::new("npm");
        // No code of a package runs while it is fetched.
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        npm.args(["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]).args(more);
        npm.arg("--prefix").arg(to).args(packages);
        run(npm, DOWNLOAD_TIME).map(drop)
    };
    // A query with a short timeout comes first: without a network, npm would hang for minutes.
    match packages.first().map(|package| view(package, "name")) {
        Some(Err(unreachable)) => match install(&["--offline"]) {
            Ok(()) => Ok(()),
            Err(_) => bail!("{unreachable:#}; npm's cache does not contain the packages either"),
        },
        _ => install(&[]),
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
    let manifest = directory.join("node_modules").join(package).join("package.json");
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(manifest).ok()?).ok()?;
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
}
