//! Finds wasi-libc, and its version.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use wasi_conformance::support::digest;

use super::machine::{Machine, ask};

/// Names of wasi-libc's directories, the newer one first.
const TRIPLES: [&str; 2] = ["wasm32-wasip1", "wasm32-wasi"];

/// A directory with wasi-libc's headers and libraries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sysroot {
    pub path: PathBuf,
    pub triple: &'static str,
}

impl Sysroot {
    /// The sysroot in a directory, if the object that every program is linked with is there.
    pub fn at(path: PathBuf) -> Option<Self> {
        TRIPLES
            .into_iter()
            .map(|triple| Sysroot { path: path.clone(), triple })
            .find(|sysroot| sysroot.start_object().is_file())
    }

    pub fn headers(&self) -> PathBuf {
        self.path.join("include").join(self.triple)
    }

    pub fn libraries(&self) -> PathBuf {
        self.path.join("lib").join(self.triple)
    }

    /// The object that calls `main`.
    pub fn start_object(&self) -> PathBuf {
        self.libraries().join("crt1-command.o")
    }

    /// Whether it also has the machine's own headers, as on Debian, where it is /usr.
    pub fn is_shared_with_host(&self) -> bool {
        self.path.join("include/stdio.h").is_file()
    }
}

/// The directories in which Homebrew may be.
pub fn homebrews(machine: &Machine) -> Vec<PathBuf> {
    match machine.variable("HOMEBREW_PREFIX") {
        Some(prefix) => vec![prefix.into()],
        None => ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"]
            .map(|path| machine.at(path))
            .into(),
    }
}

/// The sysroots that a system's packages install: Debian's, Fedora's, Arch's, Homebrew's.
pub fn of_system(machine: &Machine) -> Vec<Sysroot> {
    let packages =
        ["/usr", "/usr/wasm32-wasi", "/usr/share/wasi-sysroot"].map(|path| machine.at(path));
    let brewed = homebrews(machine)
        .into_iter()
        .map(|prefix| prefix.join("opt/wasi-libc/share/wasi-sysroot"));
    packages.into_iter().chain(brewed).filter_map(Sysroot::at).collect()
}

/// The directory of a wasi-sdk: the one that `WASI_SDK_PATH` names, otherwise the usual one.
pub fn sdk(machine: &Machine) -> Option<PathBuf> {
    match machine.variable("WASI_SDK_PATH") {
        Some(path) => Some(path.into()),
        None => Some(machine.at("/opt/wasi-sdk")).filter(|path| path.is_dir()),
    }
}

/// The sysroot of a wasi-sdk.
pub fn of_sdk(sdk: &Path) -> Option<Sysroot> {
    Sysroot::at(sdk.join("share/wasi-sysroot"))
}

/// The version of a `libc.a`, from its package or its wasi-sdk; otherwise its digest.
pub fn libc_version(library: &Path) -> Result<String> {
    if let Some(version) = debian_version(library).or_else(|| sdk_version(library)) {
        return Ok(version);
    }
    let digest = digest::of_file(library)?;
    Ok(format!("wasi-libc, libc.a with sha256 {}", &digest[..16]))
}

fn debian_version(library: &Path) -> Option<String> {
    let owner = ask("dpkg-query", &["--search".as_ref(), library.as_os_str()])?;
    let package = owner.split(':').next()?;
    ask("dpkg-query", &["--show", "--showformat=${Package} ${Version}", package])
}

/// A wasi-sdk has a file `VERSION` with its version and, on another line, the commit of its wasi-libc.
fn sdk_version(library: &Path) -> Option<String> {
    let version = library
        .ancestors()
        .find_map(|directory| fs::read_to_string(directory.join("VERSION")).ok())?;
    let libc = version.lines().find_map(|line| line.strip_prefix("wasi-libc:"))?;
    Some(format!("wasi-libc {} of wasi-sdk {}", libc.trim(), version.lines().next()?.trim()))
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::Fake;
    use super::*;

    #[test]
    fn the_sysroot_of_each_system_is_found() {
        for (file, path, triple) in [
            ("/usr/lib/wasm32-wasi/crt1-command.o", "/usr", "wasm32-wasi"),
            ("/usr/wasm32-wasi/lib/wasm32-wasi/crt1-command.o", "/usr/wasm32-wasi", "wasm32-wasi"),
            (
                "/usr/share/wasi-sysroot/lib/wasm32-wasip1/crt1-command.o",
                "/usr/share/wasi-sysroot",
                "wasm32-wasip1",
            ),
            (
                "/opt/homebrew/opt/wasi-libc/share/wasi-sysroot/lib/wasm32-wasip1/crt1-command.o",
                "/opt/homebrew/opt/wasi-libc/share/wasi-sysroot",
                "wasm32-wasip1",
            ),
        ] {
            let fake = Fake::new();
            assert_eq!(of_system(&fake.machine), []);
            fake.file(file);
            let path = fake.machine.at(path);
            assert_eq!(of_system(&fake.machine), [Sysroot { path, triple }], "{file}");
        }
    }

    #[test]
    fn the_new_name_of_the_target_is_preferred() {
        let fake = Fake::new();
        fake.file("/usr/lib/wasm32-wasi/crt1-command.o");
        fake.file("/usr/lib/wasm32-wasip1/crt1-command.o");
        assert_eq!(of_system(&fake.machine)[0].triple, "wasm32-wasip1");
    }

    #[test]
    fn the_libc_version_of_a_wasi_sdk_is_found() {
        let fake = Fake::new();
        let library = fake.file("/sdk/share/wasi-sysroot/lib/wasm32-wasip1/libc.a");
        let unknown = libc_version(&library).unwrap();
        assert_eq!(unknown, "wasi-libc, libc.a with sha256 e3b0c44298fc1c14");
        let version = fake.file("/sdk/VERSION");
        fs::write(version, "25.0\nwasi-libc: 574b88da4817\nllvm: ab4b5a2db582\n").unwrap();
        assert_eq!(libc_version(&library).unwrap(), "wasi-libc 574b88da4817 of wasi-sdk 25.0");
    }
}
