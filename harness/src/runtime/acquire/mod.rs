//! Obtains runtimes: builds runners, and fetches programs and libraries. Everything goes into the
//! cache directory, nothing into the system.

pub mod build;
pub mod cargo;
pub mod crates_io;
pub mod debian;
pub mod fetch;
mod npm;
pub mod pins;
mod pypi;
mod tool;
pub mod wasmedge;

use std::path::PathBuf;

/// One way to build a runner.
#[derive(Debug, Default)]
pub struct Recipe {
    pub features: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Where the runtime comes from, for people.
    pub source: String,
    /// How the names of the libraries begin that the build leaves below its directory and that the
    /// runner needs beside itself.
    pub libraries: Option<String>,
    /// What starts the runner, if the system's own loader cannot.
    pub loader: Option<Loader>,
    /// Whether the target directory is useless afterwards.
    pub is_temporary: bool,
}

/// A dynamic loader and the directory of the libraries that it uses.
#[derive(Debug)]
pub struct Loader {
    pub program: PathBuf,
    pub libraries: PathBuf,
}

/// A recipe that may need preparation, such as a download, when it is tried.
pub type Prepare<'a> = Box<dyn FnOnce() -> anyhow::Result<Recipe> + 'a>;
