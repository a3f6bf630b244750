//! Builds the runner of a library runtime if it is missing or out of date.

mod other_version;

pub use other_version::choose;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use semver::Version;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::pins::Sources;
use super::tool::rustc;
use super::{Loader, Prepare, Recipe, cargo, wasmedge};
use crate::support::digest::hex;
use crate::support::interrupt;
use crate::support::paths::{write_program, write_whole};
use crate::support::progress::Progress;

/// Variables that affect the build: a runner built with other values is out of date.
const VARIABLES: [&str; 6] = [
    "RUSTFLAGS",
    "WASMEDGE_DIR",
    "WASMEDGE_INCLUDE_DIR",
    "WASMEDGE_LIB_DIR",
    "WASMEDGE_BUILD_DIR",
    "LIBCLANG_PATH",
];

/// How often to check whether another process has finished the same build.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// The name of every runner's program.
const PROGRAM: &str = "runner";

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
            Ok(exact) if self.finished(Some(asked), &fingerprint).exists() => exact,
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
        Ok(self.finished(version, &fingerprint).exists())
    }

    fn finished(&self, version: Option<&str>, fingerprint: &str) -> PathBuf {
        let label = version.map_or(self.name.into(), |v| format!("{}@{v}", self.name));
        directory(&label, fingerprint, self.cache).join(PROGRAM)
    }

    fn fingerprint(&self) -> Result<String> {
        fingerprint(&[self.package, &self.harness.join("runner-kit")])
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

/// The finished runner of this label. If there is none, `make` builds it in a target directory.
fn once(
    label: &str,
    fingerprint: &str,
    cache: &Path,
    progress: &Progress,
    make: &dyn Fn(&Path) -> Result<Recipe>,
) -> Result<Built> {
    let directory = directory(label, fingerprint, cache);
    let build = cache.join("build");
    fs::create_dir_all(&build).with_context(|| format!("make {}", build.display()))?;
    // If several processes want the same runner at once, one of them builds it.
    let lock = build.join(format!("{label}.lock"));
    let lock = File::create(&lock).with_context(|| format!("make {}", lock.display()))?;
    if lock.try_lock().is_err() {
        progress.say(&format!("waiting for another process that builds the {label} runner"));
        while lock.try_lock().is_err() {
            if interrupt::requested() {
                bail!("interrupted");
            }
            std::thread::sleep(LOCK_INTERVAL);
        }
    }
    let program = directory.join(PROGRAM);
    let source_file = directory.join("source.txt");
    if program.exists() {
        let source = fs::read_to_string(&source_file).unwrap_or_default();
        return Ok(Built { program, source, took: Duration::ZERO });
    }
    let started = Instant::now();
    let target = build.join(label);
    let recipe = make(&target)?;
    fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    if let Some(start) = &recipe.libraries {
        copy_libraries(&target, start, &directory)?;
    }
    write_whole(&source_file, recipe.source.as_bytes())?;
    // The program is written last and atomically: if it exists, the directory is complete.
    install(&target.join("release/runner"), &program, recipe.loader.as_ref())?;
    if recipe.is_temporary {
        // Two versions may differ because of their other dependencies: keep the list.
        let lock = target.join(other_version::COPY).join("Cargo.lock");
        fs::copy(&lock, directory.join("Cargo.lock"))
            .with_context(|| format!("copy {}", lock.display()))?;
        fs::remove_dir_all(&target).with_context(|| format!("remove {}", target.display()))?;
    }
    let took = started.elapsed();
    progress.say(&format!("built the {label} runner in {} s", took.as_secs()));
    Ok(Built { program, source: recipe.source, took })
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

/// Installs a built runner. If it needs a loader, a script starts it.
fn install(built: &Path, program: &Path, loader: Option<&Loader>) -> Result<()> {
    let copy = |to: &Path| -> Result<()> {
        let beside = to.with_extension("part");
        fs::copy(built, &beside).with_context(|| format!("copy {}", built.display()))?;
        fs::rename(&beside, to).with_context(|| format!("make {}", to.display()))
    };
    let Some(loader) = loader else { return copy(program) };
    let binary = program.with_extension("binary");
    copy(&binary)?;
    let words = [loader.program.as_path(), Path::new("--library-path"), &loader.libraries, &binary];
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    let script = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
    write_program(program, script.as_bytes())
}

/// A path, quoted for a shell script.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// A digest of the inputs of the build: the sources of the runner and of runner-kit, the compiler, and
/// the variables that affect the build.
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
