//! Builds packages outside this workspace with cargo: runners, and commands from crates.io.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Recipe;
use crate::runtime::config::Crate;
use crate::support::process::output::{self, BUILD_TIME};
use crate::support::progress::{Progress, show};

/// Builds and installs a crate's command below a directory, and returns its version. The target
/// directory stays in the cache, so that an interrupted build can continue.
pub fn install(
    source: &Crate,
    version: Option<&str>,
    to: &Path,
    cache: &Path,
    progress: &dyn Fn(&str),
) -> Result<String> {
    let package = &source.name;
    progress(&format!("building {package} from crates.io: takes minutes"));
    let mut cargo = command();
    cargo.args(["install", "--locked", package, "--bin", &source.binary]);
    cargo.arg("--root").arg(to);
    cargo.arg("--target-dir").arg(cache.join("build").join(package));
    if let Some(version) = version {
        cargo.arg("--version").arg(requirement(version));
    }
    if let Some(features) = &source.features {
        cargo.args(["--no-default-features", "--features", &features.join(",")]);
    }
    run(cargo, package, progress)?;
    let list = to.join(".crates2.json");
    let text = std::fs::read(&list).with_context(|| format!("read {}", list.display()))?;
    let version = installed(&text, package);
    version.with_context(|| format!("{} does not list {package}", list.display()))
}

/// Builds a runner's package in a target directory.
pub fn build_runner(
    name: &str,
    package: &Path,
    target: &Path,
    recipe: &Recipe,
    locked: bool,
    progress: &Progress,
) -> Result<()> {
    progress.say(&format!("building the {name} runner (only once; takes minutes)"));
    let manifest = package.join("Cargo.toml");
    let mut cargo = command();
    cargo.args(["build", "--release", "--manifest-path"]).arg(&manifest);
    if locked {
        cargo.arg("--locked");
    }
    cargo.arg("--target-dir").arg(target);
    if !recipe.features.is_empty() {
        cargo.arg("--features").arg(recipe.features.join(","));
    }
    cargo.envs(recipe.env.iter().map(|(k, v)| (k, v)));
    let spinner = progress.spinner(&format!("{name} runner"));
    let say = |text: &str| show(&spinner, text);
    let built = run(cargo, &manifest.display().to_string(), &say);
    spinner.finish_and_clear();
    built
}

/// A version in cargo's notation: with a `=` unless it is complete.
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

/// Cargo, without the variables that it set for this program, which describe the harness.
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

/// Runs cargo to its end; `say` gets each line of its output.
pub fn run(cargo: Command, what: &str, say: &dyn Fn(&str)) -> Result<()> {
    let say = |line: &str| say(line.trim());
    let output = output::with_lines(cargo, "cargo", BUILD_TIME, &say)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.lines().collect();
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
    fn the_version_is_read_from_cargos_list() {
        let list =
            br#"{"installs":{"some_cli 2.1.0 (registry+https://x/index)":{"bins":["some"]}}}"#;
        assert_eq!(installed(list, "some_cli").unwrap(), "2.1.0");
        assert!(installed(list, "some").is_none());
        assert!(installed(b"{", "some").is_none());
    }

    #[test]
    fn a_partial_version_selects_its_newest_release() {
        assert_eq!(requirement("7.4.2"), "7.4.2");
        assert_eq!(requirement("7"), "=7");
    }

    #[test]
    fn an_error_of_cargo_is_reported() {
        let mut cargo = command();
        cargo.args(["build", "--manifest-path", "/nowhere/Cargo.toml"]);
        let error = run(cargo, "it", &|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("cargo could not build it:\nerror"), "{error}");
    }
}
