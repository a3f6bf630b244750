//! Obtains runtimes: builds runners, and fetches programs and libraries.
//!
//! Everything goes into the cache directory, nothing into the system. `build.rs` builds the runner of a
//! library runtime, also at another version; `fetch.rs` fetches what a registry entry's `fetch` names,
//! from one of several registries of packages, with the versions and hashes of `packages.rs` and
//! `trust.rs`; `pins.rs` has the versions of a library that a runner can be built with.

pub mod build;
pub mod cargo;
pub mod crates_io;
pub mod debian;
pub mod fetch;
mod npm;
pub mod packages;
pub mod pins;
mod pypi;
mod tool;
mod trust;
pub mod wasmedge;

use std::path::PathBuf;

/// One way to build a runner.
#[derive(Debug, Default)]
pub struct Recipe {
    pub features: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Where the runtime comes from, as reports show it.
    pub source: String,
    /// The prefix of library names. The build leaves these libraries below its directory, and the
    /// runner needs them beside itself.
    pub libraries: Option<String>,
    /// The loader that starts the runner, if the system's own cannot.
    pub loader: Option<Loader>,
    /// The directory of what was fetched for it, an entry of the cache, which it needs to start.
    pub needs: Option<PathBuf>,
    /// Whether the target directory is useless afterwards.
    pub is_temporary: bool,
}

/// A dynamic loader and the directory of the libraries that it uses.
#[derive(Debug)]
pub struct Loader {
    pub program: PathBuf,
    pub libraries: PathBuf,
}

/// Makes a recipe when it is tried, which may need a download.
pub type Prepare<'a> = Box<dyn FnOnce() -> anyhow::Result<Recipe> + 'a>;
