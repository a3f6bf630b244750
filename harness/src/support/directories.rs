//! The directories of cases, guests and runners.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::support::bundle;
use crate::support::checkout;
use crate::support::diagnostics::{self, Problems};
use crate::support::digest;

/// The directories of cases and guests, if they are not the checkout's.
#[derive(Clone, Debug, Default)]
pub struct DirectoryOptions {
    pub expectations: Option<PathBuf>,
    pub guests: Option<PathBuf>,
    /// The user's own files of divergences.
    pub divergences: Vec<PathBuf>,
}

/// The directories of an invocation.
#[derive(Clone, Debug)]
pub struct Directories {
    /// The root of the checkout, or of the unpacked files that the command is bundled with.
    pub checkout: PathBuf,
    pub expectations: PathBuf,
    pub guests: PathBuf,
    /// The user's own files of divergences, beside those of the checkout.
    pub own_divergences: Vec<PathBuf>,
}

impl Directories {
    /// The directories named by the options. The others belong to the checkout around the current
    /// directory.
    pub fn find(options: &DirectoryOptions) -> Result<Self> {
        Self::in_checkout(checkout::find()?, options)
    }

    /// The same for a known checkout.
    pub fn in_checkout(checkout: PathBuf, options: &DirectoryOptions) -> Result<Self> {
        let absolute = |path: &Option<PathBuf>, default: &str| match path {
            Some(path) => std::path::absolute(path)
                .with_context(|| format!("make {} absolute", path.display())),
            None => Ok(checkout.join(default)),
        };
        let expectations = absolute(&options.expectations, "expectations")?;
        let guests = absolute(&options.guests, "guests/prebuilt")?;
        let own_divergences = options.divergences.clone();
        Ok(Directories { checkout, expectations, guests, own_divergences })
    }

    /// The directory of divergences, one file per runtime.
    pub fn divergences(&self) -> PathBuf {
        self.expectations.join("divergences")
    }

    /// The directory of a file of the user's own divergences, with its snapshots.
    pub fn beside(file: &Path) -> &Path {
        file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }

    /// The directory with the sources of the runners and the registry of runtimes.
    pub fn harness(&self) -> PathBuf {
        self.checkout.join("harness")
    }

    /// The directory of snapshots, one file per version of a runtime.
    pub fn snapshots(&self) -> PathBuf {
        self.expectations.join("snapshots")
    }

    /// The run file to read: the named one, or the last run's.
    pub fn run_file(&self, named: &Option<PathBuf>) -> PathBuf {
        named.clone().unwrap_or_else(|| checkout::results(&self.checkout).join("run.json"))
    }

    /// The command that starts this program, for messages.
    pub fn command(&self) -> &'static str {
        match bundle::is_unpacked(&self.checkout) {
            true => "wasi-conformance",
            false => "cargo run --release --",
        }
    }

    /// Identifies the cases, causes, snapshots and guests: they are the same in two runs with the same digest.
    pub fn digest(&self) -> Result<String> {
        let mut files = Vec::new();
        for (directory, extension, place) in [
            (&self.expectations, "yaml", "expectations"),
            (&self.expectations.join("families"), "yaml", "expectations/families"),
            (&self.divergences(), "yaml", "expectations/divergences"),
            (&self.snapshots(), "json", "expectations/snapshots"),
            (&self.guests, "wasm", "guests/prebuilt"),
        ] {
            if !directory.exists() {
                continue;
            }
            for path in diagnostics::list(directory).map_err(Problems::from)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.extension().is_some_and(|e| e == extension) && path.is_file() {
                    files.push((format!("{place}/{name}"), digest::of_file(&path)?));
                }
            }
        }
        for path in &self.own_divergences {
            files.push((format!("own/{}", path.display()), digest::of_file(path)?));
        }
        let list = files.iter().map(|(path, digest)| (path.as_str(), digest.as_str()));
        Ok(digest::of_list(list)[..16].to_owned())
    }
}
