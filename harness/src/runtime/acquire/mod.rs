//! Where things come from that are neither in the checkout nor a crate. All of it goes under the
//! cache folder, nothing into the system.

mod apt_sources;
pub mod build;
pub mod cargo;
pub mod debian;
pub mod fetch;
pub mod pins;
pub mod registries;
pub mod releases;
pub mod wasmedge;

use std::path::PathBuf;

/// One way to build a runner.
#[derive(Debug, Default)]
pub struct Recipe {
    pub features: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Where the runtime comes from, for people.
    pub source: String,
    /// The start of the names of libraries that the build leaves below its folder and that the
    /// runner needs beside itself.
    pub libraries: Option<String>,
    /// What starts the runner, if the system's own loader can't.
    pub loader: Option<Loader>,
    /// Whether the folder that it was built in is of no use afterwards.
    pub passing: bool,
}

/// A dynamic loader, and the libraries that it is to use.
#[derive(Debug)]
pub struct Loader {
    pub program: PathBuf,
    pub libraries: PathBuf,
}

/// A way that may take preparation, such as a download, when it is its turn.
pub type Prepare<'a> = Box<dyn FnOnce() -> anyhow::Result<Recipe> + 'a>;
