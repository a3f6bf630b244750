//! Builds the runner of a library runtime if it is missing or out of date.

mod other_version;

pub use other_version::choose;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use semver::Version;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use walkdir::WalkDir;

use super::pins::Sources;
use super::tool::rustc;
use super::{Loader, Prepare, Recipe, cargo, wasmedge};
use crate::support::cache_entry::{self, Check, State};
use crate::support::digest::hex;
use crate::support::interrupt;
use crate::support::paths::{write_program, write_whole};
use crate::support::progress::Progress;
use crate::support::shared_lock::{self, SharedLock};

/// Variables that affect the build: a runner built with other values is out of date.
const VARIABLES: [&str; 6] = [
    "RUSTFLAGS",
    "WASMEDGE_DIR",
    "WASMEDGE_INCLUDE_DIR",
    "WASMEDGE_LIB_DIR",
    "WASMEDGE_BUILD_DIR",
    "LIBCLANG_PATH",
];

/// The files of a finished runner: its program, the real program if that is a script, where its runtime
/// comes from, and the entry of the cache that it needs.
const PROGRAM: &str = "runner";
const BINARY: &str = "runner.binary";
const SOURCE: &str = "source.txt";
const NEEDS: &str = "needs.txt";

/// A runner that is ready to start.
#[derive(Debug)]
pub struct Built {
    pub program: PathBuf,
    /// Where the runtime comes from, as reports show it.
    pub source: String,
    /// Zero if nothing had to be built.
    pub took: Duration,
}

/// The runner of a library runtime.
pub struct Runner<'a> {
    /// The runtime's name, without a version.
    pub name: &'a str,
    pub package: &'a Path,
    pub harness: &'a Path,
    pub cache: &'a Path,
}

impl Runner<'_> {
    /// The runner, built now unless one of the current sources exists; with the locked version of its
    /// runtime, or with another one.
    pub fn build(&self, version: Option<&str>, progress: &Progress) -> Result<Built> {
        let fingerprint = self.fingerprint()?;
        let Some(asked) = version else {
            return once(self.name, &fingerprint, self.cache, progress, &|target| {
                self.first_that_works(target, progress)
            });
        };
        let sources = Sources::read(self.name, self.package)?;
        let version = match Version::parse(asked) {
            Ok(exact) if cache_entry::exists(&self.finished(Some(asked), &fingerprint)) => exact,
            _ => choose(&sources, asked, progress)?,
        };
        if version == sources.locked()? {
            return self.build(None, progress);
        }
        let label = format!("{}@{version}", self.name);
        once(&label, &fingerprint, self.cache, progress, &|target| {
            let built = other_version::build(&sources, &label, &version, target, progress);
            // An interrupted build continues later; one that failed is useless.
            if built.is_err() && !interrupt::requested() {
                let _ = fs::remove_dir_all(target);
            }
            built
        })
    }

    /// Whether an up-to-date runner exists. `version` must be complete.
    pub fn is_built(&self, version: Option<&str>) -> Result<bool> {
        let fingerprint = self.fingerprint()?;
        let is_locked = |version: &str| -> Result<bool> {
            Ok(Sources::read(self.name, self.package)?.locked()?.to_string() == version)
        };
        let version = match version {
            Some(version) if is_locked(version)? => None,
            version => version,
        };
        Ok(cache_entry::exists(&self.finished(version, &fingerprint)))
    }

    fn finished(&self, version: Option<&str>, fingerprint: &str) -> PathBuf {
        let label = version.map_or(self.name.into(), |v| format!("{}@{v}", self.name));
        directory(&label, fingerprint, self.cache)
    }

    fn fingerprint(&self) -> Result<String> {
        let mut directories = vec![self.package.to_owned(), self.harness.join("runner-kit")];
        directories.extend(other_packages(self.package, self.harness)?);
        fingerprint(&directories.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    }

    /// Builds with the first recipe that works. The error lists the errors of all recipes.
    fn first_that_works(&self, target: &Path, progress: &Progress) -> Result<Recipe> {
        let say = |text: &str| progress.say(text);
        let recipes: Vec<Prepare> = match self.name {
            "wasmedge" => wasmedge::recipes(self.cache, &say),
            _ => vec![Box::new(|| Ok(Recipe { source: "crates.io".into(), ..Recipe::default() }))],
        };
        let mut problems = Vec::new();
        for prepare in recipes {
            let built = prepare().and_then(|recipe| {
                cargo::build_runner(self.name, self.package, target, &recipe, true, progress)?;
                Ok(recipe)
            });
            match built {
                Ok(recipe) => return Ok(recipe),
                Err(e) if interrupt::requested() => return Err(e),
                Err(e) => problems.push(format!("{e:#}")),
            }
        }
        bail!("{}", problems.join("\n"))
    }
}

/// The directory of a finished runner.
fn directory(label: &str, fingerprint: &str, cache: &Path) -> PathBuf {
    cache.join("runners").join(format!("{label}-{fingerprint}"))
}

/// The finished runner of this label. If there is none, or it is damaged, `make` builds it in a target
/// directory.
fn once(
    label: &str,
    fingerprint: &str,
    cache: &Path,
    progress: &Progress,
    make: &dyn Fn(&Path) -> Result<Recipe>,
) -> Result<Built> {
    let directory = directory(label, fingerprint, cache);
    if let Some(built) = finished(&directory)? {
        return Ok(built);
    }
    // If several processes want the same runner at once, one of them builds it.
    let path = shared_lock::path(cache, &format!("build-{label}"));
    let task = format!("builds the {label} runner");
    let lock = SharedLock::wait(&path, &task, &|text| progress.say(text))?;
    if let Some(built) = finished(&directory)? {
        return Ok(built);
    }
    if let State::Damaged(what) = state(&directory)? {
        let damaged = format!("the {label} runner in the cache is damaged ({what})");
        progress.say(&format!("{damaged}: building it again"));
    }
    let started = Instant::now();
    // Without the lock, cargo may still be at work in the usual directory.
    let private = (!lock.is_held()).then(|| private_directory(cache)).transpose()?;
    let target = match &private {
        Some(private) => private.path().join(label),
        None => cache.join("build").join(label),
    };
    let recipe = make(&target)?;
    let made = tempfile::Builder::new().prefix(".part-").tempdir_in(parent(&directory)?)?;
    let made = made.path().join("runner");
    fs::create_dir_all(&made).with_context(|| format!("make {}", made.display()))?;
    fs::set_permissions(&made, fs::Permissions::from_mode(0o755))?;
    if let Some(start) = &recipe.libraries {
        copy_libraries(&target, start, &made)?;
    }
    write_whole(&made.join(SOURCE), recipe.source.as_bytes())?;
    if let Some(needs) = &recipe.needs {
        write_whole(&made.join(NEEDS), needs.as_os_str().as_encoded_bytes())?;
    }
    install(&target.join("release/runner"), &made, &directory, recipe.loader.as_ref())?;
    if recipe.is_temporary {
        // Two versions may differ because of their other dependencies: keep the list.
        let lock = target.join(other_version::COPY).join("Cargo.lock");
        fs::copy(&lock, made.join("Cargo.lock"))
            .with_context(|| format!("copy {}", lock.display()))?;
        fs::remove_dir_all(&target).with_context(|| format!("remove {}", target.display()))?;
    }
    cache_entry::install(&made, &directory)?;
    let took = started.elapsed();
    progress.say(&format!("built the {label} runner in {} s", took.as_secs()));
    Ok(Built { program: directory.join(PROGRAM), source: recipe.source, took })
}

/// Reads every file of the runners of this label. A damaged one is removed, so that it is built again.
pub fn read_all(label: &str, cache: &Path, say: &dyn Fn(&str)) -> Result<()> {
    let runners = fs::read_dir(cache.join("runners")).into_iter().flatten().flatten();
    for path in runners.map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The fingerprint has no hyphen.
        if name.rsplit_once('-').is_none_or(|(before, _)| before != label) {
            continue;
        }
        if let State::Damaged(what) = cache_entry::check(&path, Check::Full)? {
            say(&format!("the {label} runner in the cache is damaged ({what})"));
            fs::remove_dir_all(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// A runner that was built before and is as it was.
fn finished(directory: &Path) -> Result<Option<Built>> {
    if state(directory)? != State::Intact {
        return Ok(None);
    }
    let source = fs::read_to_string(directory.join(SOURCE)).unwrap_or_default();
    Ok(Some(Built { program: directory.join(PROGRAM), source, took: Duration::ZERO }))
}

/// The state of a runner, and of what it needs.
fn state(directory: &Path) -> Result<State> {
    let state = cache_entry::check(directory, Check::Quick)?;
    let Ok(needs) = fs::read(directory.join(NEEDS)) else { return Ok(state) };
    if state != State::Intact {
        return Ok(state);
    }
    let needs = PathBuf::from(OsString::from_vec(needs));
    Ok(match cache_entry::check(&needs, Check::Quick)? {
        State::Intact => State::Intact,
        State::Missing => State::Damaged(format!("{} is missing", needs.display())),
        State::Damaged(what) => State::Damaged(format!("in {}, {what}", needs.display())),
    })
}

fn parent(directory: &Path) -> Result<&Path> {
    let parent = directory.parent().context("a runner has a directory")?;
    fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    Ok(parent)
}

/// A target directory that no other process uses.
fn private_directory(cache: &Path) -> Result<TempDir> {
    let build = cache.join("build");
    fs::create_dir_all(&build).with_context(|| format!("make {}", build.display()))?;
    let private = tempfile::Builder::new().prefix(".private-").tempdir_in(&build);
    private.with_context(|| format!("make a directory in {}", build.display()))
}

/// Copies the downloaded libraries into the directory of the runner, which looks for them there.
fn copy_libraries(build: &Path, start: &str, to: &Path) -> Result<()> {
    for entry in WalkDir::new(build) {
        let entry = entry.with_context(|| format!("read {}", build.display()))?;
        let name = entry.file_name().to_string_lossy();
        if name.starts_with(start) && !entry.file_type().is_dir() {
            let copied = fs::copy(entry.path(), to.join(&*name));
            copied.with_context(|| format!("copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Puts a built runner into the directory `made`, which will be `at`. If it needs a loader, a script
/// starts it.
fn install(built: &Path, made: &Path, at: &Path, loader: Option<&Loader>) -> Result<()> {
    let copy = |name: &str| -> Result<()> {
        fs::copy(built, made.join(name)).with_context(|| format!("copy {}", built.display()))?;
        Ok(())
    };
    let Some(loader) = loader else { return copy(PROGRAM) };
    copy(BINARY)?;
    let binary = at.join(BINARY);
    let words = [loader.program.as_path(), Path::new("--library-path"), &loader.libraries, &binary];
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
    write_program(&made.join(PROGRAM), script.as_bytes())
}

/// A path, quoted for a shell script.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// The packages of this repository, apart from runner-kit, that a runner is built from: those that its
/// manifest names by their place beside it, and those that theirs name.
fn other_packages(package: &Path, harness: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut left = vec![package.to_owned()];
    while let Some(package) = left.pop() {
        let manifest = package.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)
            .with_context(|| format!("read {}", manifest.display()))?;
        let named = text.split("path = \"").skip(1).filter_map(|rest| rest.split('"').next());
        for name in named.filter_map(|path| Path::new(path).file_name()) {
            let directory = harness.join(name);
            let is_new = name != "runner-kit" && !found.contains(&directory);
            if is_new && directory.join("Cargo.toml").exists() {
                found.push(directory.clone());
                left.push(directory);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A digest of the inputs of the build: the sources of the runner and of the packages of this
/// repository that it uses, the compiler, and the variables that affect the build.
fn fingerprint(directories: &[&Path]) -> Result<String> {
    let mut hash = Sha256::new();
    for directory in directories {
        let mut files: Vec<PathBuf> = WalkDir::new(directory)
            .into_iter()
            // The tests do not affect the runner.
            .filter_entry(|e| e.file_name() != "target" && e.file_name() != "tests")
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("read {}", directory.display()))?
            .into_iter()
            .filter(|e| e.file_type().is_file())
            .map(|e| e.into_path())
            .collect();
        files.sort();
        for file in files {
            let bytes = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
            let name = file.strip_prefix(directory).expect("it is in the directory");
            hash.update(name.as_os_str().as_encoded_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    hash.update(rustc()?);
    for variable in VARIABLES {
        hash.update(variable);
        hash.update(std::env::var_os(variable).unwrap_or_default().as_encoded_bytes());
    }
    Ok(hex(&hash.finalize()[..8]))
}

#[cfg(test)]
mod tests;
