//! Arguments that several commands share, and how their values are read.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::case::{Basis, Tag};
use crate::runtime::RuntimeOptions;
use crate::support::directories::DirectoryOptions;

/// Where cases, guests and divergences are.
#[derive(Args)]
pub struct DirectoryArgs {
    /// Directory of the YAML files of cases [default: expectations of the checkout]
    #[arg(long, value_name = "DIR")]
    expectations: Option<PathBuf>,
    /// Directory of the guests, as .wasm [default: guests/prebuilt of the checkout]
    #[arg(long, value_name = "DIR")]
    guests: Option<PathBuf>,
    /// Your own file of divergences, for a runtime or cases of your own; its snapshots lie beside it
    /// (repeatable)
    #[arg(long, value_name = "FILE")]
    divergences: Vec<PathBuf>,
}

impl DirectoryArgs {
    pub fn options(&self) -> DirectoryOptions {
        DirectoryOptions {
            expectations: self.expectations.clone(),
            guests: self.guests.clone(),
            divergences: self.divergences.clone(),
        }
    }
}

/// Which runtimes.
#[derive(Args)]
pub struct RuntimeArgs {
    /// Only this runtime, or this version of it as NAME@VERSION; `all` is every runtime, with each
    /// version that was fetched (repeatable, or a list with commas) [default: the default runtimes]
    #[arg(long = "runtime", short = 'r', value_name = "NAME", value_delimiter = ',')]
    runtimes: Vec<String>,
    /// Use this program for a script or command-line runtime: NAME=PATH, or with a label of its own
    /// NAME@LABEL=PATH (repeatable). Without --runtime, only these run
    #[arg(long, value_name = "NAME=PATH")]
    runtime_bin: Vec<String>,
    #[command(flatten)]
    files: RuntimeFileArgs,
}

impl RuntimeArgs {
    pub fn options(&self) -> RuntimeOptions {
        RuntimeOptions {
            names: self.runtimes.clone(),
            overrides: self.runtime_bin.clone(),
            files: self.files.runtimes_file.clone(),
        }
    }
}

/// Runtimes beyond those of the registry.
#[derive(Args)]
pub struct RuntimeFileArgs {
    /// YAML file of further runtimes (repeatable)
    #[arg(long, value_name = "FILE")]
    pub runtimes_file: Vec<PathBuf>,
}

/// Which cases.
#[derive(Args)]
pub struct FilterArgs {
    /// Only cases whose id contains TEXT; with `*`, `?` or `[` it is a glob for the whole id
    /// (repeatable)
    #[arg(long, short, value_name = "TEXT")]
    pub filter: Vec<String>,
}

/// Which cases, by what they are about and who says so.
#[derive(Args)]
pub struct SelectArgs {
    /// Only cases with this tag: `core` is what a young runtime should pass first (repeatable)
    #[arg(long, value_name = "TAG")]
    pub tag: Vec<Tag>,
    /// Only cases that rest on this: `wasi` is the text of the specification, `posix` is where it is
    /// silent and POSIX decides, `practice` is neither (repeatable)
    #[arg(long, value_name = "BASIS")]
    pub basis: Vec<Basis>,
}

/// Which regressions to accept.
#[derive(Args)]
pub struct AllowArgs {
    /// Accept the regression of cases whose id matches, as with --filter (repeatable)
    #[arg(long, value_name = "ID")]
    pub allow: Vec<String>,
}

/// The values of an option: each by its name, with the line of `--help` about it.
pub fn one_of<T: Copy + Send + Sync + 'static>(
    values: &'static [(&'static str, T, &'static str)],
) -> impl TypedValueParser<Value = T> {
    let possible = values.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    PossibleValuesParser::new(possible).map(|name| {
        let found = values.iter().find(|(known, ..)| *known == name);
        found.expect("clap lets only these names pass").1
    })
}

/// The value of `--timeout`.
pub fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 86_400.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("it must be greater than 0 and at most 86400 (seconds)".into()),
    }
}
