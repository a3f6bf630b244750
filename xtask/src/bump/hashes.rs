//! The hashes of a version's packages, as npm and PyPI publish them, for every architecture.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use semver::Version;
use wasi_conformance::runtime::config::Packages;
use wasi_conformance::support::digest;

/// The architectures in npm's spelling.
const ARCHITECTURES: [&str; 2] = ["x64", "arm64"];
/// pip's names of the platforms whose wheels are pinned.
const PLATFORMS: [&str; 4] =
    ["manylinux2014_x86_64", "manylinux2014_aarch64", "macosx_11_0_x86_64", "macosx_11_0_arm64"];

/// The pin's lines after `version`.
pub fn of_npm(npm: &Packages, version: &Version) -> Result<Vec<String>> {
    let mut lines = vec!["hashes:".to_owned()];
    for package in &npm.packages {
        let names: Vec<String> = match package.contains("{arch}") {
            true => ARCHITECTURES.map(|arch| package.replace("{arch}", arch)).to_vec(),
            false => vec![package.clone()],
        };
        for name in names {
            let mut view = Command::new("npm");
            view.args(["view", &format!("{name}@{version}"), "dist.integrity"]);
            let hash = output(view, "npm")?;
            let key = if name.starts_with('@') { format!("\"{name}\"") } else { name };
            lines.push(format!("  {key}: {}", hash.trim()));
        }
    }
    Ok(lines)
}

/// The same for the wheels of PyPI. One for each platform that has a wheel.
pub fn of_pypi(pypi: &Packages, version: &Version) -> Result<Vec<String>> {
    let [package] = &pypi.packages[..] else {
        bail!("{}: only a single package of PyPI can be pinned", pypi.packages.join(", "));
    };
    let directory = tempfile::tempdir().context("make a directory for wheels")?;
    for platform in PLATFORMS {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]);
        pip.args(["--disable-pip-version-check", "--platform", platform, "--dest"]);
        pip.arg(directory.path()).arg(format!("{package}=={version}"));
        // A platform may have no wheel; the first must have one.
        match output(pip, "python3 -m pip") {
            Err(error) if platform == PLATFORMS[0] => return Err(error),
            _ => {}
        }
    }
    let mut lines = vec!["hashes:".to_owned(), format!("  {package}: >-")];
    for wheel in files(directory.path())? {
        let bytes = std::fs::read(&wheel).with_context(|| wheel.display().to_string())?;
        lines.push(format!("    sha256:{}", digest::of_bytes(&bytes)));
    }
    Ok(lines)
}

/// npm's lock file of these packages, the first at this version.
pub fn lock_of_npm(npm: &Packages, version: &Version) -> Result<String> {
    let directory = tempfile::tempdir().context("make a directory for npm")?;
    let mut install = Command::new("npm");
    install.args(["install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--prefix"]);
    install.arg(directory.path()).args(npm.at(Some(&version.to_string()), "@"));
    output(install, "npm")?;
    let lock = directory.path().join("package-lock.json");
    let text = std::fs::read_to_string(&lock).context("npm wrote no package-lock.json")?;
    // npm names the directory, which is temporary.
    let mut lock: serde_json::Value =
        serde_json::from_str(&text).context("read npm's lock file")?;
    lock.as_object_mut().context("npm's lock file is not a map")?.remove("name");
    Ok(serde_json::to_string_pretty(&lock)? + "\n")
}

fn files(directory: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(directory).context("read the directory of wheels")?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    Ok(files)
}

fn output(mut command: Command, what: &str) -> Result<String> {
    let output = command.output().with_context(|| format!("start {what}: is it on PATH?"))?;
    if !output.status.success() {
        bail!("{what} failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
