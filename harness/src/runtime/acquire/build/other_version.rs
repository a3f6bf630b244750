//! Builds a runner with another version of its runtime, in a copy of its package.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use semver::Version;
use walkdir::WalkDir;

use crate::runtime::acquire::crates_io::{releases, rust_version};
use crate::runtime::acquire::pins::Sources;
use crate::runtime::acquire::tool::rustc;
use crate::runtime::acquire::{Recipe, cargo};
use crate::support::progress::Progress;

/// The copy of the package, in the target directory.
pub const COPY: &str = "package";

/// Resolves a requested version.
pub fn choose(sources: &Sources, asked: &str, progress: &Progress) -> Result<Version> {
    let releases = releases(sources.crate_name(), &|text| progress.say(text))?;
    sources.choose(asked, &releases, &rust()?)
}

/// Builds in `target`, which is useless afterwards: two versions share no expensive dependency.
pub fn build(
    sources: &Sources,
    label: &str,
    version: &Version,
    target: &Path,
    progress: &Progress,
) -> Result<Recipe> {
    let say = |text: &str| progress.say(text);
    let pins = sources.pins(version, &|name| releases(name, &say))?;
    let copy = target.join(COPY);
    copy_package(sources.package(), &copy)?;
    let manifest = copy.join("Cargo.toml");
    fs::write(&manifest, sources.manifest(&pins)?)
        .with_context(|| format!("write {}", manifest.display()))?;
    let crates: Vec<String> = pins.iter().map(|(name, at)| format!("{name} {at}")).collect();
    let recipe = Recipe {
        features: sources.features(version),
        source: format!("crates.io ({})", crates.join(", ")),
        is_temporary: true,
        ..Recipe::default()
    };
    // Not locked: cargo keeps as much of the copied lock file as it can, and resolves the rest.
    cargo::build_runner(label, &copy, target, &recipe, false, progress)?;
    Ok(recipe)
}

fn copy_package(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("remove {}", to.display()))?;
    }
    for entry in WalkDir::new(from).into_iter().filter_entry(|e| e.file_name() != "target") {
        let entry = entry.with_context(|| format!("read {}", from.display()))?;
        let at = to.join(entry.path().strip_prefix(from).expect("it is in the directory"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&at).with_context(|| format!("make {}", at.display()))?;
        } else {
            fs::copy(entry.path(), &at).with_context(|| format!("make {}", at.display()))?;
        }
    }
    Ok(())
}

/// The version of the compiler that builds runners.
pub fn rust() -> Result<Version> {
    let printed = rustc()?;
    let release = printed.lines().find_map(|line| line.strip_prefix("release:"));
    release
        .and_then(rust_version)
        .with_context(|| format!("rustc does not print its version: {printed}"))
}
