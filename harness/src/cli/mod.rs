//! The commands, one file each, and what they share.

pub mod args;
pub mod bisect;
pub mod bless;
pub mod check;
pub mod compare;
pub mod coverage;
pub mod explain;
pub mod export;
pub mod list;
pub mod merge;
pub mod report;
pub mod run;
pub mod runtimes;
pub mod snapshot;
pub mod upgrade;
pub mod version;

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, anyhow, bail};

use crate::case::filter::Filter;
use crate::case::{self, Case, CaseSet};
use crate::cli::args::{Suite, Which};
use crate::known::{self, Divergences};
use crate::runtime::{RuntimeSpec, catalogue, merge, select};
use crate::support::bundle;
use crate::support::diagnostics::{self, Problems};
use crate::support::digest;
use crate::support::paths;

/// How a command ended, when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Clean,
    Unexpected,
    Interrupted,
}

/// Writes to stdout what a command has to say. That nobody reads it to the end is no error.
pub fn print(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(e).context("write to stdout"),
        _ => Ok(()),
    }
}

/// The suite's folders: those given, or the checkout's.
pub struct Folders {
    pub checkout: PathBuf,
    pub expectations: PathBuf,
    pub guests: PathBuf,
}

impl Folders {
    pub fn find(suite: &Suite) -> Result<Self> {
        Self::of(paths::checkout()?, suite)
    }

    pub fn of(checkout: PathBuf, suite: &Suite) -> Result<Self> {
        let absolute = |given: &Option<PathBuf>, default: &str| match given {
            Some(path) => std::path::absolute(path),
            None => Ok(checkout.join(default)),
        };
        let expectations = absolute(&suite.expectations, "expectations")?;
        let guests = absolute(&suite.guests, "guests/prebuilt")?;
        Ok(Folders { checkout, expectations, guests })
    }

    /// All cases and records, checked against each other.
    pub fn load(&self) -> Result<(CaseSet, Divergences)> {
        let library = case::load(&self.expectations, &self.guests)?;
        let records = known::load(&self.divergences(), &library)?;
        Ok((library, records))
    }

    /// What tells this suite from any other: the digest of cases, records and guests.
    pub fn digest(&self) -> Result<String> {
        let mut files = Vec::new();
        for (folder, extension, place) in [
            (&self.expectations, "yaml", "expectations"),
            (&self.divergences(), "yaml", "expectations/divergences"),
            (&self.guests, "wasm", "guests/prebuilt"),
        ] {
            if !folder.exists() {
                continue;
            }
            for path in diagnostics::list(folder).map_err(Problems::from)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.extension().is_some_and(|e| e == extension) && path.is_file() {
                    files.push((format!("{place}/{name}"), digest::of_file(&path)?));
                }
            }
        }
        let list = files.iter().map(|(path, digest)| (path.as_str(), digest.as_str()));
        Ok(digest::of_list(list)[..16].to_owned())
    }

    pub fn divergences(&self) -> PathBuf {
        self.expectations.join("divergences")
    }

    /// How this program is started, for lines that can be copied.
    pub fn typed(&self) -> &'static str {
        match bundle::is_unpacked(&self.checkout) {
            true => "wasi-conformance",
            false => "cargo run --release --",
        }
    }

    pub fn harness(&self) -> PathBuf {
        self.checkout.join("harness")
    }

    /// The run file to look into: the one given, or the last run's.
    pub fn run_file(&self, given: &Option<PathBuf>) -> PathBuf {
        given.clone().unwrap_or_else(|| paths::results(&self.checkout).join("run.json"))
    }
}

/// The cases that the values of `--filter` leave: one at least.
pub fn filtered<'a>(cases: &'a [Case], filters: &[String]) -> Result<Vec<&'a Case>> {
    let filter = Filter::new(filters)?;
    let left: Vec<&Case> = cases.iter().filter(|case| filter.accepts("", &case.id)).collect();
    if left.is_empty() { Err(no_case_matches(filters)) } else { Ok(left) }
}

pub fn no_case_matches(filters: &[String]) -> anyhow::Error {
    anyhow!("--filter {}: no case matches; see `wasi-conformance list`", filters.join(" "))
}

/// The case of this id.
pub fn named_case<'a>(id: &str, cases: &'a [Case]) -> Result<&'a Case> {
    if let Some(case) = cases.iter().find(|case| case.id == id) {
        return Ok(case);
    }
    let like: Vec<&str> =
        cases.iter().map(|c| c.id.as_str()).filter(|known| known.contains(id)).take(5).collect();
    match like.as_slice() {
        [] => bail!("no case is called `{id}`; see `wasi-conformance list`"),
        like => bail!("no case is called `{id}`; did you mean {}?", like.join(", ")),
    }
}

/// The runtime of this name.
pub fn known_runtime<'a>(name: &str, all: &'a [RuntimeSpec]) -> Result<&'a RuntimeSpec> {
    let known = || all.iter().map(|wanted| wanted.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = all.iter().find(|wanted| wanted.name == name);
    found.with_context(|| format!("there is no runtime `{name}`: known are {}", known()))
}

/// The runtimes that were asked for, in the catalogue's order.
pub fn wanted(which: &Which, folders: &Folders) -> Result<Vec<RuntimeSpec>> {
    let all = catalogue(&folders.harness(), &which.runtimes_file)?;
    // Whoever names a program asks for it, and for no other if no other is named.
    let mut chosen = match (&which.runtimes[..], &which.runtime_bin[..]) {
        ([], [_, ..]) => vec![],
        (names, _) => select(&all, names, &paths::cache()?)?,
    };
    merge(&mut chosen, &all, &which.runtime_bin)?;
    Ok(chosen)
}
