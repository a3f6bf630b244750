//! The sides of a comparison: results in a file or directory, or a runtime.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::case::filter::Filter;
use crate::exec::causes;
use crate::known::{SnapshotFile, Snapshots};
use crate::results::compare::{self, Side};
use crate::results::snapshot;
use crate::runtime::{RuntimeSpec, overrides, selection};
use crate::support::directories::Directories;
use crate::support::progress::Progress;

/// A side of a comparison.
pub enum Named {
    Results(Side),
    /// It still has to run.
    Runtime(Box<RuntimeSpec>),
}

/// Reads a file or directory of results, and adds the causes that snapshots do not hold.
pub fn read(path: &Path, directories: &Directories) -> Result<Side> {
    causes::explain(compare::read(path)?, directories)
}

/// Resolves the argument of a side.
pub struct Resolver<'a> {
    pub filter: Filter,
    /// Whether a runtime stands for its published snapshot.
    pub published: bool,
    pub registry: Vec<RuntimeSpec>,
    /// The values of --runtime-bin.
    pub programs: &'a [String],
    pub directories: &'a Directories,
    pub progress: &'a Progress,
}

impl Resolver<'_> {
    pub fn resolve(&self, text: &str) -> Result<Named> {
        let path = Path::new(text);
        if path.exists() {
            return Ok(Named::Results(self.filtered(read(path, self.directories)?)));
        }
        if text.contains('/') || text.ends_with(".json") {
            bail!(
                "{text}: there is no such file: name a run file, a snapshot, or a runtime as \
                 NAME@VERSION"
            );
        }
        if self.published {
            let published = Snapshots::read(&self.directories.snapshots())?;
            let SnapshotFile { path, .. } = snapshot::find(&published, text)?;
            let side = compare::read(path)?;
            return Ok(Named::Results(self.filtered(causes::explain(side, self.directories)?)));
        }
        let spec = self.runtime(text).with_context(|| text.to_owned())?;
        Ok(Named::Runtime(Box::new(spec)))
    }

    fn filtered(&self, mut side: Side) -> Side {
        side.keep(|case| self.filter.accepts("", case));
        side
    }

    /// The runtime of `NAME` or `NAME@VERSION`. A program that --runtime-bin names goes first.
    fn runtime(&self, text: &str) -> Result<RuntimeSpec> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        for program in self.programs {
            let spec = overrides::parse(&self.registry, program)?;
            // The command of a library may be named like the library.
            let same_name = spec.base == name || spec.base == format!("{name}-cli");
            if same_name && spec.version.as_deref() == version {
                return Ok(spec);
            }
        }
        let base = selection::named(name, &self.registry)?;
        let Some(version) = version else { return Ok(base.clone()) };
        // A library is built at an exact version. The locked one is the runtime as it is.
        let Some(locked) = base.locked()? else { return base.at(version) };
        let exact = base.buildable(version, self.progress)?;
        if exact == locked { Ok(base.clone()) } else { base.at(&exact.to_string()) }
    }
}
