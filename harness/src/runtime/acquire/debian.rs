//! A private folder of Debian packages: they are unpacked, not installed, with all that they depend
//! on. It takes only what every Debian machine has, apt and dpkg, and no rights.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::apt_sources::{self, Archive};
use crate::support::text::shorten;

/// Says what is in a complete folder. Written last.
const STAMP: &str = "wasi-conformance.txt";

/// The versions of packages, by name.
pub type Versions = BTreeMap<String, String>;

/// Makes `root` hold these packages of a suite, unless it does, and says which versions were
/// fetched for that.
pub fn fetch(
    suite: &str,
    packages: &[&str],
    root: &Path,
    progress: &dyn Fn(&str),
) -> Result<Versions> {
    let wanted = format!("{suite}: {}\n", packages.join(" "));
    let has = |root: &Path| fs::read_to_string(root.join(STAMP)).is_ok_and(|text| text == wanted);
    if has(root) {
        return Ok(Versions::new());
    }
    let archive = apt_sources::archive(Path::new("/etc/apt"))
        .context("this is no Debian machine: no Debian archive is among apt's sources")?;
    let beside = root.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(beside).with_context(|| format!("make {}", beside.display()))?;
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(beside)?;
    let apt = Apt::private(&work, suite, &archive)?;
    progress(&format!("fetching the list of packages of Debian {suite}"));
    apt.run("update", &[])?;
    progress(&format!("fetching {} of Debian {suite}", packages.join(", ")));
    apt.run("install", packages)?;
    let unpacked = work.path().join("root");
    fs::create_dir(&unpacked)?;
    let downloaded = apt.downloaded()?;
    for package in &downloaded {
        unpack(package, &unpacked)?;
    }
    fs::write(unpacked.join(STAMP), &wanted)?;
    if root.exists() && !has(root) {
        // Of another list of packages, or of another process that is just as far: the same content.
        fs::remove_dir_all(root).with_context(|| format!("remove {}", root.display()))?;
    }
    match fs::rename(&unpacked, root) {
        Err(_) if has(root) => {}
        renamed => renamed.with_context(|| format!("make {}", root.display()))?,
    }
    Ok(downloaded.iter().filter_map(|package| name_and_version(package)).collect())
}

/// The version of an installed package, if a program belongs to it.
pub fn owner_version(package: &str, program: &str) -> Option<String> {
    let ask = |words: &[&str]| {
        let output = Command::new("dpkg-query").args(words).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let program = fs::canonicalize(program).ok()?;
    let files = ask(&["--listfiles", package])?;
    if !files.lines().any(|file| Path::new(file) == program) {
        return None;
    }
    ask(&["--show", "--showformat=${Version}", package])
}

/// The part of a package's version that is what was packaged: without the epoch, what Debian had to
/// take out, and the revision.
pub fn upstream_version(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.rsplit_once('-').map_or(version, |(upstream, _)| upstream);
    version.split('+').next().unwrap_or(version)
}

/// What a package's file is named for: `NAME_VERSION_ARCHITECTURE.deb`, with `%3a` for a colon.
fn name_and_version(package: &Path) -> Option<(String, String)> {
    let stem = package.file_stem()?.to_str()?;
    let mut parts = stem.split('_');
    let (name, version) = (parts.next()?, parts.next()?);
    Some((name.to_owned(), version.replace("%3a", ":")))
}

/// The command that runs a program of such a folder with the folder's own libraries.
pub fn launcher(root: &Path, binary_path: &str) -> Result<Vec<String>> {
    let libraries = libraries(root)?;
    let words = [
        loader(root)?,
        "--library-path".into(),
        libraries.clone(),
        "--argv0".into(),
        binary_path.into(),
        root.join(binary_path),
    ];
    Ok(words.iter().map(|word| word.to_string_lossy().into_owned()).collect())
}

/// The folder's own dynamic loader.
pub fn loader(root: &Path) -> Result<PathBuf> {
    let libraries = libraries(root)?;
    let is_loader = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
    };
    let mut entries = fs::read_dir(&libraries)
        .with_context(|| format!("read {}", libraries.display()))?
        .flatten()
        .map(|entry| entry.path());
    entries.find(is_loader).with_context(|| format!("no ld-linux in {}", libraries.display()))
}

/// Where the folder's libraries are: `usr/lib/ARCHITECTURE-linux-gnu`.
pub fn libraries(root: &Path) -> Result<PathBuf> {
    let triple = format!("{}-linux-gnu", std::env::consts::ARCH);
    let folder = root.join("usr/lib").join(triple);
    if !folder.is_dir() {
        bail!("{} is not there", folder.display());
    }
    Ok(folder)
}

/// An apt that knows one suite and believes that nothing is installed.
struct Apt {
    options: Vec<String>,
    archives: PathBuf,
}

impl Apt {
    fn private(work: &TempDir, suite: &str, archive: &Archive) -> Result<Apt> {
        let at = |name: &str| work.path().join(name);
        for folder in ["state/lists/partial", "cache/archives/partial", "etc"] {
            fs::create_dir_all(at(folder))?;
        }
        let signed_by = archive.signed_by.as_ref();
        let signed_by = signed_by.map_or(String::new(), |keyring| format!(" signed-by={keyring}"));
        // A suite that is frozen or long unchanged has a release file that is out of date.
        let options = format!("[check-valid-until=no{signed_by}]");
        fs::write(at("etc/list"), format!("deb {options} {} {suite} main\n", archive.uri))?;
        fs::write(at("state/status"), "")?;
        let set = |key: &str, value: &Path| format!("{key}={}", value.display());
        Ok(Apt {
            options: vec![
                set("Dir::Etc::SourceList", &at("etc/list")),
                set("Dir::Etc::SourceParts", Path::new("/dev/null")),
                set("Dir::Etc::Preferences", Path::new("/dev/null")),
                set("Dir::Etc::PreferencesParts", Path::new("/dev/null")),
                set("Dir::State", &at("state")),
                set("Dir::State::Status", &at("state/status")),
                set("Dir::Cache", &at("cache")),
                set("Dir::Log", &at("state")),
                // Hooks of the machine, such as one that empties the cache, aren't for this.
                "APT::Sandbox::User=".into(),
                "DPkg::Post-Invoke::=".into(),
                "APT::Update::Post-Invoke::=".into(),
                "Binary::apt-get::APT::Keep-Downloaded-Packages=true".into(),
                "APT::Keep-Downloaded-Packages=true".into(),
                "APT::Install-Recommends=false".into(),
                "Acquire::Retries=3".into(),
                "Acquire::Languages=none".into(),
            ],
            archives: at("cache/archives"),
        })
    }

    fn run(&self, what: &str, packages: &[&str]) -> Result<()> {
        let mut command = Command::new("apt-get");
        for option in &self.options {
            command.args(["-o", option]);
        }
        command.args(["--quiet", "--yes"]);
        if what == "install" {
            command.arg("--download-only");
        }
        command.arg(what).args(packages).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
        let output = command.output().context("start apt-get: is it on PATH?")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("apt-get {what} {}: {}", packages.join(" "), shorten(said.trim(), 2000));
        }
        Ok(())
    }

    fn downloaded(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.archives)
            .with_context(|| format!("read {}", self.archives.display()))?;
        let is_package = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "deb");
        let mut packages: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(is_package).collect();
        packages.sort();
        if packages.is_empty() {
            bail!("apt-get downloaded nothing to {}", self.archives.display());
        }
        Ok(packages)
    }
}

fn unpack(package: &Path, to: &Path) -> Result<()> {
    let output = Command::new("dpkg-deb")
        .arg("--extract")
        .args([package, to])
        .stdin(Stdio::null())
        .output()
        .context("start dpkg-deb: is it on PATH?")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("unpack {}: {}", package.display(), shorten(said.trim(), 500));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packaged_is_part_of_a_packages_version() {
        for (version, upstream) in [
            ("1.12.0-2", "1.12.0"),
            ("1:1.2-rc-3", "1.2-rc"),
            ("0.14.1+dfsg-3.1", "0.14.1"),
            ("7.4", "7.4"),
        ] {
            assert_eq!(upstream_version(version), upstream);
        }
    }

    #[test]
    fn a_program_of_another_package_says_nothing() {
        assert_eq!(owner_version("no-such-package", "/bin/sh"), None);
        assert_eq!(owner_version("dpkg", "/no/such/program"), None);
    }
}
