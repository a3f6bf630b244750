//! Builds the runner of an embedded runtime when it is missing or stale, and says so.

mod other_version;

pub use other_version::choose;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use semver::Version;
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use super::pins::Sources;
use crate::runtime::acquire::{Loader, Prepare, Recipe, cargo, wasmedge};
use crate::support::digest::hex;
use crate::support::interrupt;
use crate::support::progress::Progress;

/// Variables that change what is built, and so make a runner stale.
const VARIABLES: [&str; 6] = [
    "RUSTFLAGS",
    "WASMEDGE_DIR",
    "WASMEDGE_INCLUDE_DIR",
    "WASMEDGE_LIB_DIR",
    "WASMEDGE_BUILD_DIR",
    "LIBCLANG_PATH",
];

/// The name of every runner's program.
const PROGRAM: &str = "runner";

/// A runner that is ready to start.
#[derive(Debug)]
pub struct Built {
    pub program: PathBuf,
    /// Where the runtime came from, for people.
    pub source: String,
    /// Zero if nothing had to be built.
    pub took: Duration,
}

/// The runner of `harness/runners/NAME`, built now if there is none of its present sources; with the
/// version of its runtime that is locked, or with another one.
pub fn runner(
    name: &str,
    version: Option<&str>,
    harness: &Path,
    cache: &Path,
    progress: &Progress,
) -> Result<Built> {
    let package = harness.join("runners").join(name);
    let fingerprint = fingerprint(&[&package, &harness.join("runner-kit")])?;
    let Some(asked) = version else {
        return once(name, &fingerprint, cache, progress, &|target| {
            first_that_works(name, &package, target, cache, progress)
        });
    };
    let sources = Sources::read(name, &package)?;
    let there = |version: &Version| {
        finished(&format!("{name}@{version}"), &fingerprint, cache).join(PROGRAM).exists()
    };
    let version = match Version::parse(asked) {
        Ok(exact) if there(&exact) => exact,
        _ => choose(&sources, asked, progress)?,
    };
    if version == sources.locked()? {
        return runner(name, None, harness, cache, progress);
    }
    let label = format!("{name}@{version}");
    once(&label, &fingerprint, cache, progress, &|target| {
        let built = other_version::build(&sources, &label, &version, target, progress);
        // What an interrupt left is gone on with; what does not build is of no use.
        if built.is_err() && !interrupt::requested() {
            let _ = fs::remove_dir_all(target);
        }
        built
    })
}

/// Whether the runner of `harness/runners/NAME` is there, of its present sources.
pub fn is_built(name: &str, harness: &Path, cache: &Path) -> Result<bool> {
    let sources = [&harness.join("runners").join(name), &harness.join("runner-kit")];
    let fingerprint = fingerprint(&sources.map(PathBuf::as_path))?;
    Ok(finished(name, &fingerprint, cache).join(PROGRAM).exists())
}

/// Where a finished runner is.
fn finished(label: &str, fingerprint: &str, cache: &Path) -> PathBuf {
    cache.join("runners").join(format!("{label}-{fingerprint}"))
}

/// The finished runner of this name, made by `make` in the target folder that it is given if there
/// is none.
fn once(
    label: &str,
    fingerprint: &str,
    cache: &Path,
    progress: &Progress,
    make: &dyn Fn(&Path) -> Result<Recipe>,
) -> Result<Built> {
    let folder = finished(label, fingerprint, cache);
    let build = cache.join("build");
    fs::create_dir_all(&build).with_context(|| format!("make {}", build.display()))?;
    // Several test processes may want the same runner at once; one builds it.
    let lock = build.join(format!("{label}.lock"));
    let lock = File::create(&lock).with_context(|| format!("make {}", lock.display()))?;
    if lock.try_lock().is_err() {
        progress.say(&format!("waiting for another process that builds the {label} runner"));
        lock.lock().context("wait for another build")?;
    }
    let program = folder.join(PROGRAM);
    let source_file = folder.join("source.txt");
    if program.exists() {
        let source = fs::read_to_string(&source_file).unwrap_or_default();
        return Ok(Built { program, source, took: Duration::ZERO });
    }
    let began = Instant::now();
    let target = build.join(label);
    let recipe = make(&target)?;
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    if let Some(start) = &recipe.libraries {
        copy_libraries(&target, start, &folder)?;
    }
    crate::support::paths::write_whole(&source_file, recipe.source.as_bytes())?;
    // The program last, and whole: its presence is what says that the folder is complete.
    install(&target.join("release/runner"), &program, recipe.loader.as_ref())?;
    if recipe.passing {
        // What else it was built with may be why two versions differ.
        let lock = target.join(other_version::COPY).join("Cargo.lock");
        fs::copy(&lock, folder.join("Cargo.lock"))
            .with_context(|| format!("copy {}", lock.display()))?;
        fs::remove_dir_all(&target).with_context(|| format!("remove {}", target.display()))?;
    }
    let took = began.elapsed();
    progress.say(&format!("built the {label} runner in {} s", took.as_secs()));
    Ok(Built { program, source: recipe.source, took })
}

/// Builds in the first of the ways that there are; all of their errors if none works.
fn first_that_works(
    name: &str,
    package: &Path,
    target: &Path,
    cache: &Path,
    progress: &Progress,
) -> Result<Recipe> {
    let say = |text: &str| progress.say(text);
    let ways: Vec<Prepare> = match name {
        "wasmedge" => wasmedge::recipes(cache, &say),
        _ => vec![Box::new(|| Ok(Recipe { source: "its crate".into(), ..Recipe::default() }))],
    };
    let mut problems = Vec::new();
    for way in ways {
        let built = way().and_then(|recipe| {
            build_package(name, package, target, &recipe, true, progress)?;
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

/// Puts what the build fetched beside the runner, which looks for it there.
fn copy_libraries(build: &Path, start: &str, to: &Path) -> Result<()> {
    for entry in WalkDir::new(build) {
        let entry = entry.with_context(|| format!("look into {}", build.display()))?;
        let name = entry.file_name().to_string_lossy();
        if name.starts_with(start) && !entry.file_type().is_dir() {
            let copied = fs::copy(entry.path(), to.join(&*name));
            copied.with_context(|| format!("copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// Puts a built runner where it is started from. One that needs a loader is started by a script.
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
    crate::support::paths::write_program(program, script.as_bytes())
}

/// A word of a shell script.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// What the runner is made of: its sources, the kit's, the compiler and the variables that matter.
fn fingerprint(folders: &[&Path]) -> Result<String> {
    let mut hash = Sha256::new();
    for folder in folders {
        let mut files: Vec<PathBuf> = WalkDir::new(folder)
            .into_iter()
            // Its tests are no part of a runner.
            .filter_entry(|e| e.file_name() != "target" && e.file_name() != "tests")
            .collect::<Result<Vec<_>, _>>()
            .with_context(|| format!("read {}", folder.display()))?
            .into_iter()
            .filter(|e| e.file_type().is_file())
            .map(|e| e.into_path())
            .collect();
        files.sort();
        for file in files {
            let bytes = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
            let name = file.strip_prefix(folder).expect("walked below the folder");
            hash.update(name.as_os_str().as_encoded_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
    }
    let rustc = Command::new("rustc").arg("-vV").output().context("ask rustc for its version")?;
    hash.update(rustc.stdout);
    for variable in VARIABLES {
        hash.update(variable);
        hash.update(std::env::var_os(variable).unwrap_or_default().as_encoded_bytes());
    }
    Ok(hex(&hash.finalize()[..8]))
}

fn build_package(
    name: &str,
    package: &Path,
    target: &Path,
    recipe: &Recipe,
    locked: bool,
    progress: &Progress,
) -> Result<()> {
    progress.say(&format!("building the {name} runner: once, takes minutes"));
    let manifest = package.join("Cargo.toml");
    let mut command = cargo::command();
    command.args(["build", "--release", "--manifest-path"]).arg(&manifest);
    if locked {
        command.arg("--locked");
    }
    command.arg("--target-dir").arg(target);
    if !recipe.features.is_empty() {
        command.arg("--features").arg(recipe.features.join(","));
    }
    command.envs(recipe.env.iter().map(|(k, v)| (k, v)));
    let spinner = progress.spinner(&format!("{name} runner"));
    let say = |text: &str| spinner.set_message(text.to_owned());
    let built = cargo::run(command, &manifest.display().to_string(), &say);
    spinner.finish_and_clear();
    built
}
