//! Packages of any Debian release, unpacked into a directory together with their dependencies.
//!
//! apt and dpkg do the work, with a private configuration and state: nothing is installed, and no
//! root privileges are needed. The packages come with their own C library, so that they run on an
//! older machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::tool::output_of;
use crate::support::process::output::{DOWNLOAD_TIME, QUESTION_TIME};
use crate::support::work_directory::WorkDirectory;

/// Debian's keys in the package `debian-archive-keyring`, in newer and in older releases.
const KEYRINGS: [&str; 2] = [
    "/usr/share/keyrings/debian-archive-keyring.pgp",
    "/usr/share/keyrings/debian-archive-keyring.gpg",
];

/// The versions of packages, by name.
pub type Versions = BTreeMap<String, String>;

/// Unpacks packages of a Debian release, such as `forky`. Returns the versions of all packages,
/// including dependencies.
pub fn unpack(suite: &str, packages: &[String], to: &Path) -> Result<Versions> {
    let archive = archive()?;
    let apt = WorkDirectory::create()?;
    let apt = Apt::new(apt.path(), suite, &archive)?;
    output_of(apt.get(&["update"]), "apt-get update", "check the network", DOWNLOAD_TIME)?;
    let mut install = apt.get(&["install", "--download-only"]);
    install.args(packages);
    let what = format!("apt-get install {}", packages.join(" "));
    output_of(install, &what, "check the names of the packages", DOWNLOAD_TIME)?;
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    let archives = apt.root.join("var/cache/apt/archives");
    let mut versions = Versions::new();
    for file in fs::read_dir(&archives).with_context(|| format!("read {}", archives.display()))? {
        let file = file?.path();
        if let Some((name, version)) = name_and_version(&file) {
            let mut unpack = Command::new("dpkg-deb");
            unpack.arg("--extract").arg(&file).arg(to);
            output_of(unpack, &format!("dpkg-deb {name}"), "install dpkg", DOWNLOAD_TIME)?;
            versions.insert(name, version);
        }
    }
    ensure!(!versions.is_empty(), "apt-get downloaded nothing to {}", archives.display());
    Ok(versions)
}

/// The address of the machine's Debian mirror. Any mirror ends in `/debian`; archives of security
/// updates and of other vendors have no other releases.
fn archive() -> Result<String> {
    let mut apt = Command::new("apt-get");
    apt.args(["indextargets", "--no-release-info", "--format", "$(REPO_URI)"]);
    apt.args(["Identifier: Packages", "Component: main"]);
    let todo = "this works on Debian only";
    let addresses = output_of(apt, "apt-get indextargets", todo, QUESTION_TIME)?;
    let found = addresses.lines().find(|uri| uri.trim_end_matches('/').ends_with("/debian"));
    found.map(str::to_owned).context("apt's sources contain no Debian mirror")
}

/// An apt that knows one release, and for which nothing is installed.
struct Apt<'a> {
    root: &'a Path,
}

impl Apt<'_> {
    fn new<'a>(root: &'a Path, suite: &str, archive: &str) -> Result<Apt<'a>> {
        for directory in ["etc/apt/preferences.d", "var/lib/apt", "var/cache/apt"] {
            fs::create_dir_all(root.join(directory))?;
        }
        let keyring = KEYRINGS.iter().find(|path| Path::new(path).exists());
        let signed_by = keyring.map_or(String::new(), |path| format!(" signed-by={path}"));
        // The release file of a suite that no longer changes is out of date.
        let source = format!("deb [check-valid-until=no{signed_by}] {archive} {suite} main\n");
        fs::write(root.join("etc/apt/sources.list"), source)?;
        // Only network settings, such as a proxy, are taken from the machine's configuration.
        let mut network = Command::new("apt-config");
        network.args(["dump", "Acquire::http", "Acquire::https"]);
        let network = output_of(network, "apt-config", "install apt", QUESTION_TIME)?;
        let configuration = format!(
            "{network}\n\
             Dir \"{}\";\n\
             Dir::Etc::Main \"/dev/null\";\n\
             Dir::Etc::Parts \"/dev/null\";\n\
             Dir::Etc::Trusted \"/etc/apt/trusted.gpg\";\n\
             Dir::Etc::TrustedParts \"/etc/apt/trusted.gpg.d\";\n\
             Dir::State::Status \"/dev/null\";\n\
             APT::Sandbox::User \"\";\n\
             APT::Install-Recommends \"false\";\n\
             APT::Update::Error-Mode \"any\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::Retries \"3\";\n",
            root.display()
        );
        fs::write(root.join("apt.conf"), configuration)?;
        Ok(Apt { root })
    }

    fn get(&self, words: &[&str]) -> Command {
        let mut command = Command::new("apt-get");
        command.env("APT_CONFIG", self.root.join("apt.conf")).env("LC_ALL", "C.UTF-8");
        command.args(["--quiet", "--yes"]).args(words);
        command
    }
}

/// From the name of a package's file: `NAME_VERSION_ARCHITECTURE.deb`, with `%3a` for a colon.
fn name_and_version(file: &Path) -> Option<(String, String)> {
    let name = file.file_name()?.to_str()?.strip_suffix(".deb")?;
    let mut parts = name.split('_');
    let (name, version) = (parts.next()?, parts.next()?);
    Some((name.to_owned(), version.replace("%3a", ":")))
}

/// The command that runs an unpacked program with its own libraries.
pub fn launcher(root: &Path, program: &str) -> Result<Vec<String>> {
    let (libraries, program_path) = (libraries(root)?, root.join(program));
    let words = [
        loader(root)?,
        "--library-path".into(),
        libraries,
        "--argv0".into(),
        program.into(),
        program_path,
    ];
    Ok(words.iter().map(|word| word.to_string_lossy().into_owned()).collect())
}

/// The dynamic loader among the unpacked packages.
pub fn loader(root: &Path) -> Result<PathBuf> {
    let libraries = libraries(root)?;
    let is_loader = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ld-linux"))
    };
    let entries = fs::read_dir(&libraries).with_context(|| libraries.display().to_string())?;
    let found = entries.flatten().map(|entry| entry.path()).find(is_loader);
    found.with_context(|| format!("no ld-linux in {}", libraries.display()))
}

/// The directory of the libraries among the unpacked packages.
pub fn libraries(root: &Path) -> Result<PathBuf> {
    let directory = root.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH));
    if !directory.is_dir() {
        bail!("there is no directory {}", directory.display());
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_package_is_in_the_name_of_its_file() {
        let file = Path::new("/x/wazero_1%3a1.12.0-2_amd64.deb");
        assert_eq!(name_and_version(file), Some(("wazero".into(), "1:1.12.0-2".into())));
        assert_eq!(name_and_version(Path::new("/x/lock")), None);
    }
}
