//! Builds with cargo what is no part of this workspace: runners, and commands that are crates.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A command that is a crate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cargo {
    #[serde(rename = "crate")]
    pub package: String,
    /// Its features; those that it has by default are left out then.
    pub features: Option<Vec<String>>,
    /// The name of its program.
    pub binary: String,
}

impl Cargo {
    /// Builds and installs it below a folder, and says which version that was. What was built on the
    /// way is kept in the cache folder: an interrupted build goes on from there.
    pub fn install(
        &self,
        version: Option<&str>,
        to: &Path,
        cache: &Path,
        progress: &dyn Fn(&str),
    ) -> Result<String> {
        progress(&format!("building {} from crates.io: takes minutes", self.package));
        let mut cargo = command();
        cargo.args(["install", "--locked", &self.package, "--bin", &self.binary]);
        cargo.arg("--root").arg(to);
        cargo.arg("--target-dir").arg(cache.join("build").join(&self.package));
        if let Some(version) = version {
            cargo.arg("--version").arg(requirement(version));
        }
        if let Some(features) = &self.features {
            cargo.args(["--no-default-features", "--features", &features.join(",")]);
        }
        run(cargo, &self.package, progress)?;
        let list = to.join(".crates2.json");
        let text = std::fs::read(&list).with_context(|| format!("read {}", list.display()))?;
        let version = installed(&text, &self.package);
        version.with_context(|| format!("{} does not say what cargo installed", list.display()))
    }
}

/// A version as cargo takes it: alone only if it is a whole one.
fn requirement(version: &str) -> String {
    match semver::Version::parse(version) {
        Ok(_) => version.to_owned(),
        Err(_) => format!("={version}"),
    }
}

/// The version of a package in cargo's list of what it has installed.
fn installed(list: &[u8], package: &str) -> Option<String> {
    let list: serde_json::Value = serde_json::from_slice(list).ok()?;
    // `NAME VERSION (SOURCE)`
    list.get("installs")?.as_object()?.keys().find_map(|key| {
        let mut words = key.split(' ');
        (words.next() == Some(package)).then(|| words.next().map(str::to_owned))?
    })
}

/// Cargo, without what it has set for us: that is about the harness, and not about another package.
pub fn command() -> Command {
    let mut command = Command::new("cargo");
    for (key, _) in std::env::vars_os() {
        let ours = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_", "CARGO_TARGET_", "CARGO_CRATE_"];
        if ours.iter().any(|ours| key.as_encoded_bytes().starts_with(ours.as_bytes())) {
            command.env_remove(key);
        }
    }
    command.env_remove("LD_LIBRARY_PATH");
    command
}

/// Runs cargo to its end; `say` gets each line of what it is at.
pub fn run(mut cargo: Command, what: &str, say: &dyn Fn(&str)) -> Result<()> {
    cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = cargo.spawn().context("start cargo: is it on PATH?")?;
    let mut said = Vec::new();
    let stderr = child.stderr.take().expect("stderr is piped");
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        say(line.trim());
        said.push(line);
    }
    let status = child.wait().context("wait for cargo")?;
    if !status.success() {
        let error = said.iter().position(|line| line.starts_with("error"));
        let from = error.unwrap_or(said.len().saturating_sub(15));
        bail!("cargo could not build {what}:\n{}", said[from..].join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_that_cargo_lists() {
        let list =
            br#"{"installs":{"some_cli 2.1.0 (registry+https://x/index)":{"bins":["some"]}}}"#;
        assert_eq!(installed(list, "some_cli").unwrap(), "2.1.0");
        assert!(installed(list, "some").is_none());
        assert!(installed(b"{", "some").is_none());
    }

    #[test]
    fn a_part_of_a_version_means_the_newest_of_it() {
        assert_eq!(requirement("7.4.2"), "7.4.2");
        assert_eq!(requirement("7"), "=7");
    }

    #[test]
    fn what_cargo_says_of_a_failure_is_passed_on() {
        let mut cargo = command();
        cargo.args(["build", "--manifest-path", "/nowhere/Cargo.toml"]);
        let error = run(cargo, "it", &|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("cargo could not build it:\nerror"), "{error}");
    }
}
