//! Packages of PyPI, installed with pip.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::tool::output_of;
use crate::support::process::output::{DOWNLOAD_TIME, QUESTION_TIME};

const NAME: &str = "python3 -m pip";
const INSTALL: &str = "install Python 3 with pip";

/// Installs packages, written as `NAME` or `NAME==VERSION`, below a directory.
pub fn install(packages: &[String], to: &Path) -> Result<()> {
    let mut pip = pip();
    // Wheels only: code of a source package would run while it is fetched.
    pip.args(["install", "--quiet", "--only-binary=:all:", "--no-compile"]);
    pip.args(["--root-user-action=ignore", "--target"]).arg(to).args(packages);
    output_of(pip, NAME, INSTALL, DOWNLOAD_TIME).map(drop)
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
}
