//! The ways to build the runner of WasmEdge, whose library is not on crates.io: with an installed
//! library, with WasmEdge's own release, or with Debian's packages.

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::fetch::Wanted;
use super::tool::output_of;
use super::{Loader, Prepare, Recipe, debian};
use crate::runtime::config::{DebianPackages, Fetch, Packages, Pin};
use crate::support::cache_entry::Check;
use crate::support::process::output::QUESTION_TIME;

/// The only version that works with the wasmedge-sdk of harness/runners/wasmedge.
const VERSION: &str = "0.17.1";

/// The server from which the `standalone` feature downloads.
const RELEASES: &str = "github.com:443";
const PROBE_TIME: Duration = Duration::from_secs(3);

/// The release of Debian that has this version.
const DEBIAN_RELEASE: &str = "forky";

/// PyPI's libclang, and its wheels for Linux and macOS.
const LIBCLANG: &str = "18.1.1";
const LIBCLANG_HASHES: &str = "\
    sha256:c533091d8a3bbf7460a00cb6c1a71da93bffe148f172c7d03b1c31fbf8aa2a0b \
    sha256:54dda940a4a0491a9d1532bf071ea3ef26e6dbaf03b5000ed94dd7174e8f9592 \
    sha256:6f14c3f194704e5d09769108f03185fce7acaf1d1ae4bbb2f30a72c2400cb7c5 \
    sha256:0b2e143f0fac830156feb56f9231ff8338c20aecfe72b4ffe96f19e5a1dbb69a";

/// The variable that the runner's build.rs reads.
const LINK_ARGS: &str = "WASI_CONFORMANCE_LINK_ARGS";

/// The ways to build the runner, best first.
pub fn recipes<'a>(cache: &'a Path, progress: &'a dyn Fn(&str)) -> Vec<Prepare<'a>> {
    let mut recipes: Vec<Prepare> = Vec::new();
    match installed(&places()) {
        Ok(Some(found)) => {
            recipes.push(Box::new(move || with_libclang(linked(&found), cache, progress)));
        }
        Ok(None) => {}
        Err(why) => progress(&why),
    }
    recipes.push(Box::new(move || {
        probe().with_context(|| format!("no download: {RELEASES} cannot be reached"))?;
        with_libclang(standalone(), cache, progress)
    }));
    recipes.push(Box::new(move || with_libclang(from_debian(cache, progress)?, cache, progress)));
    recipes
}

/// A library and its headers.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    include: PathBuf,
    lib: PathBuf,
}

/// Where the library may be installed: the places in variables, then the usual ones.
fn places() -> Vec<Found> {
    let var = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let mut places = Vec::new();
    if let (Some(include), Some(lib)) = (var("WASMEDGE_INCLUDE_DIR"), var("WASMEDGE_LIB_DIR")) {
        places.push(Found { include, lib });
    }
    let home = var("HOME");
    let roots = [
        var("WASMEDGE_DIR"),
        home.as_ref().map(|home| home.join(".wasmedge")),
        Some("/usr/local".into()),
        home.as_ref().map(|home| home.join(".local")),
        Some("/usr".into()),
    ];
    let multiarch = format!("lib/{}-linux-gnu", std::env::consts::ARCH);
    for root in roots.into_iter().flatten() {
        for lib in ["lib64", "lib", &multiarch] {
            places.push(Found { include: root.join("include"), lib: root.join(lib) });
        }
    }
    places
}

/// The first installed library of the right version. An `Err` names a library of another version.
fn installed(places: &[Found]) -> Result<Option<Found>, String> {
    let mut other = None;
    for place in places {
        let header = place.include.join("wasmedge/version.h");
        let library = place.lib.join(library_name());
        let (Ok(header), true) = (fs::read_to_string(&header), library.exists()) else { continue };
        match version(&header) {
            Some(VERSION) => {
                return Ok(Some(Found { include: place.include.clone(), lib: place.lib.clone() }));
            }
            version => {
                let version = version.unwrap_or("of an unknown version").to_owned();
                other.get_or_insert((library, version));
            }
        }
    }
    match other {
        None => Ok(None),
        Some((library, version)) => Err(format!(
            "{} is WasmEdge {version}, but {VERSION} is needed: looking elsewhere",
            library.display()
        )),
    }
}

fn library_name() -> String {
    format!("libwasmedge{}", std::env::consts::DLL_SUFFIX)
}

/// `#define WASMEDGE_VERSION "0.17.1"`
fn version(header: &str) -> Option<&str> {
    let line = header.lines().find(|line| line.starts_with("#define WASMEDGE_VERSION "))?;
    line.split('"').nth(1)
}

fn linked(found: &Found) -> Recipe {
    Recipe {
        env: vec![
            variable("WASMEDGE_INCLUDE_DIR", &found.include),
            variable("WASMEDGE_LIB_DIR", &found.lib),
            (LINK_ARGS.into(), format!("-Wl,-rpath,{}", found.lib.display())),
        ],
        source: format!("installed {}", library_name()),
        ..Recipe::default()
    }
}

/// WasmEdge's own build. wasmedge-sys unpacks it below the target directory and checks its sha256.
fn standalone() -> Recipe {
    Recipe {
        features: vec!["standalone".into()],
        env: vec![(LINK_ARGS.into(), "-Wl,-rpath,$ORIGIN".into())],
        source: format!("WasmEdge's release {VERSION}"),
        libraries: Some(library_name()),
        ..Recipe::default()
    }
}

/// Whether a download can work, without a long wait if there is no network.
fn probe() -> Result<()> {
    let (tell, told) = mpsc::channel();
    // Resolving a name has no timeout of its own.
    thread::spawn(move || {
        let connect = || {
            let mut last = std::io::Error::other("it has no address");
            for address in RELEASES.to_socket_addrs()? {
                match TcpStream::connect_timeout(&address, PROBE_TIME) {
                    Ok(_) => return Ok(()),
                    Err(e) => last = e,
                }
            }
            Err(last)
        };
        let _ = tell.send(connect());
    });
    Ok(told.recv_timeout(PROBE_TIME).context("no answer in time")??)
}

/// Debian's packages, with their own C library.
fn from_debian(cache: &Path, progress: &dyn Fn(&str)) -> Result<Recipe> {
    let packages = vec!["libwasmedge0".to_owned(), "libwasmedge-dev".to_owned()];
    let debian = Some(DebianPackages { suite: DEBIAN_RELEASE.into(), packages, path: None });
    let source = Fetch { npm: None, pypi: None, debian, cargo: None };
    let fetched =
        Wanted::new(&source, "libwasmedge", None)?.fetch(cache, Check::Quick, progress)?;
    let root = &fetched.directory;
    let libraries = debian::libraries(root)?;
    // cargo puts the library's directory on LD_LIBRARY_PATH while it builds. The compiler must not
    // find the other C library there, so this directory contains nothing else.
    let alone = cache.join("build/wasmedge-only");
    fs::create_dir_all(&alone).with_context(|| format!("make {}", alone.display()))?;
    let link = alone.join(library_name());
    // It may lead to an older one.
    let _ = fs::remove_file(&link);
    symlink(libraries.join(library_name()), &link)
        .with_context(|| format!("make {}", link.display()))?;
    Ok(Recipe {
        env: vec![
            variable("WASMEDGE_INCLUDE_DIR", &root.join("usr/include")),
            variable("WASMEDGE_LIB_DIR", &alone),
            // They need a newer C library than the machine's.
            (LINK_ARGS.into(), "-Wl,--allow-shlib-undefined".into()),
        ],
        // An rpath is not enough: some libraries have one of their own, which takes precedence.
        loader: Some(Loader { program: debian::loader(root)?, libraries }),
        needs: Some(root.clone()),
        source: fetched.source,
        ..Recipe::default()
    })
}

/// wasmedge-sys generates its bindings with libclang. If none is installed, the one from PyPI is used,
/// with the headers of the C compiler.
fn with_libclang(mut recipe: Recipe, cache: &Path, progress: &dyn Fn(&str)) -> Result<Recipe> {
    if std::env::var_os("LIBCLANG_PATH").is_some() || has_libclang() {
        return Ok(recipe);
    }
    let hashes = BTreeMap::from([("libclang".to_owned(), LIBCLANG_HASHES.to_owned())]);
    let pins = vec![Pin { version: LIBCLANG.into(), hashes, lock: None }];
    let pypi = Some(Packages { packages: vec!["libclang".into()], path: None, pins });
    let source = Fetch { npm: None, pypi, debian: None, cargo: None };
    let fetched = Wanted::new(&source, "libclang", None)
        .and_then(|wanted| wanted.fetch(cache, Check::Quick, progress))
        .context("there is no libclang: install it, or set LIBCLANG_PATH")?;
    recipe.env.push(variable("LIBCLANG_PATH", &fetched.directory.join("clang/native")));
    let mut compiler = Command::new("cc");
    compiler.arg("-print-file-name=include");
    let headers = output_of(compiler, "cc", "install a C compiler", QUESTION_TIME)?;
    recipe.env.push(("BINDGEN_EXTRA_CLANG_ARGS".into(), format!("-isystem {}", headers.trim())));
    Ok(recipe)
}

/// Whether the dynamic loader finds a libclang.
fn has_libclang() -> bool {
    let mut cache = Command::new("/sbin/ldconfig");
    cache.arg("-p");
    let libraries = output_of(cache, "ldconfig", "", QUESTION_TIME).unwrap_or_default();
    let mut names = libraries.lines().map(str::trim);
    names.any(|name| name.starts_with("libclang") && !name.starts_with("libclang-cpp"))
}

fn variable(name: &str, path: &Path) -> (String, String) {
    (name.to_owned(), path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(root: &Path, name: &str, version: &str) -> Found {
        let (include, lib) = (root.join(name).join("include"), root.join(name).join("lib"));
        fs::create_dir_all(include.join("wasmedge")).unwrap();
        fs::create_dir_all(&lib).unwrap();
        let header = format!("#pragma once\n#define WASMEDGE_VERSION \"{version}\"\n");
        fs::write(include.join("wasmedge/version.h"), header).unwrap();
        fs::write(lib.join(library_name()), "").unwrap();
        Found { include, lib }
    }

    #[test]
    fn the_first_library_of_the_right_version_is_used() {
        let root = tempfile::tempdir().unwrap();
        let places = [
            Found { include: root.path().join("none"), lib: root.path().join("none") },
            place(root.path(), "old", "0.14.0"),
            place(root.path(), "right", VERSION),
            place(root.path(), "too", VERSION),
        ];
        let found = installed(&places).unwrap().unwrap();
        assert_eq!(found.lib, root.path().join("right/lib"));
    }

    #[test]
    fn another_version_is_reported() {
        let root = tempfile::tempdir().unwrap();
        let why = installed(&[place(root.path(), "old", "0.14.0")]).unwrap_err();
        assert!(why.contains("WasmEdge 0.14.0, but 0.17.1 is needed"), "{why}");
    }

    #[test]
    fn headers_without_a_library_do_not_count() {
        let root = tempfile::tempdir().unwrap();
        let found = place(root.path(), "half", VERSION);
        fs::remove_file(found.lib.join(library_name())).unwrap();
        assert_eq!(installed(&[found]), Ok(None));
    }
}
