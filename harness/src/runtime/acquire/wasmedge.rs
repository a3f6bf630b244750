//! Where WasmEdge's library comes from. wasmedge-sdk wants exactly one version of it.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{Loader, Prepare, Recipe, debian};

/// The version that wasmedge-sdk of harness/runners/wasmedge is made for.
const VERSION: &str = "0.17.1";

/// Where the `standalone` feature downloads from.
const RELEASES: &str = "github.com:443";
const PROBE_TIME: Duration = Duration::from_secs(3);

/// The suite of Debian that has this version.
const SUITE: &str = "forky";
const PACKAGES: [&str; 2] = ["libwasmedge0", "libwasmedge-dev"];

/// The variable that the runner's build.rs reads.
const LINK_ARGS: &str = "WASI_CONFORMANCE_LINK_ARGS";

/// The ways to build the runner, best first.
pub fn recipes<'a>(cache: &'a Path, progress: &'a dyn Fn(&str)) -> Vec<Prepare<'a>> {
    let mut recipes: Vec<Prepare> = Vec::new();
    match installed(&places()) {
        Ok(Some(found)) => recipes.push(Box::new(move || with_bindings(linked(&found), cache))),
        Ok(None) => {}
        Err(why) => progress(&why),
    }
    recipes.push(Box::new(move || {
        probe().with_context(|| format!("no download: {RELEASES} can't be reached"))?;
        with_bindings(standalone(), cache)
    }));
    recipes.push(Box::new(move || with_bindings(private(cache, progress)?, cache)));
    recipes
}

/// A library and its headers.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    include: PathBuf,
    lib: PathBuf,
}

/// Where people have it: where variables say, then the usual places.
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

/// The first that is there. It must be of the right version: an `Err` says which one is not.
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
                let version = version.unwrap_or("of no known version").to_owned();
                other.get_or_insert((library, version));
            }
        }
    }
    match other {
        None => Ok(None),
        Some((library, version)) => Err(format!(
            "{} is WasmEdge {version}, and {VERSION} is wanted: looking elsewhere",
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
            dir("WASMEDGE_INCLUDE_DIR", &found.include),
            dir("WASMEDGE_LIB_DIR", &found.lib),
            (LINK_ARGS.into(), format!("-Wl,-rpath,{}", found.lib.display())),
        ],
        source: found.lib.join(library_name()).display().to_string(),
        ..Recipe::default()
    }
}

/// WasmEdge's own build. wasmedge-sys unpacks it below the build's folder, and checks its sha256.
fn standalone() -> Recipe {
    Recipe {
        features: vec!["standalone".into()],
        env: vec![(LINK_ARGS.into(), "-Wl,-rpath,$ORIGIN".into())],
        source: format!("WasmEdge's release {VERSION}"),
        is_temporary: false,
        libraries: Some(library_name()),
        loader: None,
    }
}

/// Whether a download can work, without waiting for a network that isn't there.
fn probe() -> Result<()> {
    let (tell, told) = mpsc::channel();
    // Looking up a name has no time-out of its own.
    thread::spawn(move || {
        let connect = || {
            let addresses = RELEASES.to_socket_addrs()?;
            let mut last = std::io::Error::other("it has no address");
            for address in addresses {
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

/// Debian's packages in a folder of their own, with the C library that they are made for.
fn private(cache: &Path, progress: &dyn Fn(&str)) -> Result<Recipe> {
    let root = cache.join("debian").join(format!("{SUITE}-libwasmedge"));
    debian::fetch(SUITE, &PACKAGES, &root, progress)?;
    let libraries = debian::libraries(&root)?;
    // cargo puts the library's folder on LD_LIBRARY_PATH while it builds. The compiler must not
    // find the folder's C library there, so this one holds nothing else.
    let alone = root.join("wasmedge-only");
    fs::create_dir_all(&alone)?;
    let link = alone.join(library_name());
    if !link.exists() {
        symlink(libraries.join(library_name()), &link)
            .with_context(|| format!("make {}", link.display()))?;
    }
    Ok(Recipe {
        env: vec![
            dir("WASMEDGE_INCLUDE_DIR", &root.join("usr/include")),
            dir("WASMEDGE_LIB_DIR", &alone),
            // They are made for a C library newer than the machine's.
            (LINK_ARGS.into(), "-Wl,--allow-shlib-undefined".into()),
        ],
        // An rpath would not do: some libraries have one of their own, which comes in its place.
        loader: Some(Loader { program: debian::loader(&root)?, libraries }),
        source: format!("Debian {SUITE} ({})", PACKAGES[0]),
        ..Recipe::default()
    })
}

/// wasmedge-sys makes its bindings from the headers, with libclang. Where there is none, those that
/// come with it are as good: they are of the same version.
fn with_bindings(mut recipe: Recipe, cache: &Path) -> Result<Recipe> {
    if has_libclang() {
        return Ok(recipe);
    }
    let script = cache.join("use-wasmedge-bindings");
    // It is run in the folder of wasmedge-sys, with `-o FILE` among its arguments.
    let text = "#!/bin/sh\n\
                while [ \"$1\" != -o ]; do shift; done\n\
                exec cp bindings/wasmedge.rs \"$2\"\n";
    crate::support::paths::write_program(&script, text.as_bytes())?;
    recipe.env.push(dir("WASMEDGE_RUST_BINDGEN_PATH", &script));
    Ok(recipe)
}

/// The usual places in which bindgen looks. In one that is missed here, its libclang goes unused.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let mut folders: Vec<PathBuf> = vec![
        format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH).into(),
        "/usr/lib64".into(),
        "/usr/lib".into(),
    ];
    let versions = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let is_llvm = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("llvm"))
    };
    folders.extend(versions.map(|e| e.path()).filter(is_llvm).map(|path| path.join("lib")));
    let has = |folder: &PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).any(|name| {
            let name = name.to_string_lossy();
            let numbered = name.starts_with("libclang-") && !name.starts_with("libclang-cpp");
            name.starts_with("libclang.so") || numbered
        })
    };
    folders.iter().any(has)
}

fn dir(variable: &str, path: &Path) -> (String, String) {
    (variable.to_owned(), path.display().to_string())
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
    fn the_first_of_the_right_version_is_taken() {
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
    fn another_version_is_named() {
        let root = tempfile::tempdir().unwrap();
        let why = installed(&[place(root.path(), "old", "0.14.0")]).unwrap_err();
        assert!(why.contains("WasmEdge 0.14.0, and 0.17.1 is wanted"), "{why}");
    }

    #[test]
    fn a_header_without_its_library_is_nothing() {
        let root = tempfile::tempdir().unwrap();
        let found = place(root.path(), "half", VERSION);
        fs::remove_file(found.lib.join(library_name())).unwrap();
        assert_eq!(installed(&[found]), Ok(None));
    }
}
