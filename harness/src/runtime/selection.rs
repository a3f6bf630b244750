//! The runtimes of an invocation: selected by name, or overridden with the user's programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::overrides;
use super::registry::{self, RuntimeSpec};
use crate::support::paths;

/// The runtimes to use.
#[derive(Clone, Debug, Default)]
pub struct RuntimeOptions {
    /// `NAME`, `NAME@VERSION` or `all`. Empty: the default runtimes.
    pub names: Vec<String>,
    /// Programs to use for runtimes: `NAME=PATH` or `NAME@LABEL=PATH`.
    pub overrides: Vec<String>,
    /// Files that describe further runtimes.
    pub files: Vec<PathBuf>,
}

impl RuntimeOptions {
    /// The runtimes that these options name, in the order of the registry.
    pub fn select(&self, harness: &Path) -> Result<Vec<RuntimeSpec>> {
        let all = registry::load(harness, &self.files)?;
        let mut selected = match (&self.names[..], &self.overrides[..]) {
            // A program without a name selects its runtime, and no other.
            ([], [_, ..]) => vec![],
            (names, _) => registry::select(&all, names, &paths::cache()?)?,
        };
        overrides::apply(&mut selected, &all, &self.overrides)?;
        Ok(selected)
    }
}

/// The runtime of this name.
pub fn named<'a>(name: &str, all: &'a [RuntimeSpec]) -> Result<&'a RuntimeSpec> {
    let known = || all.iter().map(|spec| spec.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|spec| spec.name == name);
    found.with_context(|| format!("there is no runtime `{name}`; the runtimes are {}", known()))
}
