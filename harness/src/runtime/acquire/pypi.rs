//! Packages of PyPI, installed with pip.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::packages::Known;
use super::tool::output_of;
use super::trust::Served;
use crate::support::process::output::{DOWNLOAD_TIME, QUESTION_TIME};

const NAME: &str = "python3 -m pip";
const INSTALL: &str = "install Python 3 with pip";

/// Installs packages, written as `NAME` or `NAME==VERSION`, below a directory. Returns what PyPI
/// served.
pub fn install(packages: &[String], to: &Path) -> Result<Vec<Served>> {
    let report = tempfile::NamedTempFile::new().context("make a temporary file")?;
    let mut pip = install_command(to);
    pip.arg("--report").arg(report.path()).args(packages);
    output_of(pip, NAME, INSTALL, DOWNLOAD_TIME)?;
    let text = fs::read(report.path()).context("read the report of pip")?;
    served(&text).context("read the report of pip, which needs pip 22.2 or later")
}

/// Installs exactly what requirements with hashes say, below a directory. pip compares the hash of
/// each wheel.
pub fn install_locked(requirements: &str, to: &Path) -> Result<()> {
    let file = tempfile::NamedTempFile::new().context("make a temporary file")?;
    fs::write(file.path(), requirements).context("write the requirements")?;
    let mut pip = install_command(to);
    pip.args(["--require-hashes", "--requirement"]).arg(file.path());
    output_of(pip, NAME, INSTALL, DOWNLOAD_TIME).map(drop)
}

/// Packages in pip's notation, with hashes.
pub fn requirements(packages: &[Known]) -> String {
    let line = |Known { name, version, hash }: &Known| {
        let hashes: Vec<String> = hash.split(' ').map(|h| format!(" --hash={h}")).collect();
        format!("{name}=={version}{}\n", hashes.concat())
    };
    packages.iter().map(line).collect()
}

fn install_command(to: &Path) -> Command {
    let mut pip = pip();
    // Wheels only: code of a source package would run while it is fetched.
    pip.args(["install", "--quiet", "--only-binary=:all:", "--no-compile"]);
    pip.args(["--root-user-action=ignore", "--target"]).arg(to);
    pip
}

/// The wheels of pip's report, with the hashes that pip has compared.
fn served(report: &[u8]) -> Result<Vec<Served>> {
    let report: Value = serde_json::from_slice(report)?;
    let installed =
        report.get("install").and_then(Value::as_array).context("it has no `install`")?;
    let wheel = |item: &Value| {
        let address = item.pointer("/download_info/url")?.as_str()?;
        let hash = item.pointer("/download_info/archive_info/hashes/sha256")?.as_str()?;
        let name = address.rsplit('/').next().unwrap_or(address).to_owned();
        Some(Served { name, hash: format!("sha256:{hash}") })
    };
    let wheel = |item: &Value| wheel(item).context("it does not say what was fetched");
    installed.iter().map(wheel).collect()
}

/// The published versions of a package.
pub fn versions(package: &str) -> Result<Vec<String>> {
    let mut pip = pip();
    pip.args(["index", "versions", package]);
    let output = output_of(pip, NAME, INSTALL, 2 * QUESTION_TIME)?;
    let listed = output.lines().find_map(|line| line.trim().strip_prefix("Available versions:"));
    let listed = listed.with_context(|| format!("pip lists no versions of {package}"))?;
    Ok(listed.split(',').map(|version| version.trim().to_owned()).collect())
}

/// The version of an installed wheel, from the name of the directory that describes it.
pub fn installed_version(directory: &Path, package: &str) -> Option<String> {
    let normal = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let names = fs::read_dir(directory).ok()?.flatten().map(|e| e.file_name());
    names.filter_map(|name| name.into_string().ok()).find_map(|name| {
        let (name, version) = name.strip_suffix(".dist-info")?.rsplit_once('-')?;
        (normal(name) == normal(package)).then(|| version.to_owned())
    })
}

/// pip, with short timeouts.
fn pip() -> Command {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--disable-pip-version-check", "--retries=1", "--timeout=10"]);
    pip
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheel_version_is_read_from_its_directory_name() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("Some_Thing-4.5.dist-info")).unwrap();
        assert_eq!(installed_version(directory.path(), "some-thing").unwrap(), "4.5");
        assert!(installed_version(directory.path(), "some").is_none());
    }

    #[test]
    fn requirements_have_all_hashes() {
        let known =
            Known { name: "a".into(), version: "1.0".into(), hash: "sha256:x sha256:y".into() };
        assert_eq!(requirements(&[known]), "a==1.0 --hash=sha256:x --hash=sha256:y\n");
    }

    #[test]
    fn what_was_served_is_read_from_pips_report() {
        let report = br#"{ "install": [{ "download_info": { "url": "x://y/a-1.0-py3-none-any.whl",
            "archive_info": { "hashes": { "sha256": "00ff" } } } }] }"#;
        let wheel = Served { name: "a-1.0-py3-none-any.whl".into(), hash: "sha256:00ff".into() };
        assert_eq!(served(report).unwrap(), [wheel]);
        assert!(served(br#"{ "install": [{}] }"#).is_err());
    }
}
