//! Divergences: how each runtime is known to differ from the cases, why, and in which versions.
//!
//! They are written in `expectations/divergences/`, one file per runtime. This layer reads and checks
//! them against the cases, and finds the one that applies to a case on a version of a runtime. It must
//! not know what runtimes are or how cases run: a runtime is a name here. Start reading at
//! [`Divergences::find`]; `schema.rs` is the YAML as people write it.

mod load;
mod schema;

use std::collections::HashMap;
use std::fmt;

use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::case::{Expect, Source};

pub use load::{json_schema, load, load_with_cases};

/// The reason that `bless` writes, and that no divergence may keep.
pub const UNFINISHED_REASON: &str = "TODO";

/// Why a runtime differs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "divergence_kind")]
pub enum DivergenceKind {
    /// The specification says otherwise.
    Bug,
    /// The runtime does not offer this, and says so.
    Unsupported,
    /// The specification leaves it open.
    Unspecified,
}

impl fmt::Display for DivergenceKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            DivergenceKind::Bug => "bug",
            DivergenceKind::Unsupported => "unsupported",
            DivergenceKind::Unspecified => "unspecified",
        })
    }
}

/// How one runtime differs in one case: an entry of its own, or one case of a group.
#[derive(Clone, Debug)]
pub struct Divergence {
    pub case: String,
    pub versions: VersionReq,
    /// The only runtime that it applies to, if several share the file.
    pub applies_to: Option<String>,
    pub kind: DivergenceKind,
    pub reason: String,
    pub link: String,
    /// The expectation, with the observed parts in place of the expected ones: exactly how the
    /// runtime differs. `None` if the case is flaky.
    pub observed: Option<Expect>,
    pub source: Source,
}

impl Divergence {
    /// Whether what is observed differs from run to run.
    pub fn is_flaky(&self) -> bool {
        self.observed.is_none()
    }
}

/// The divergences of every runtime.
#[derive(Debug, Default)]
pub struct Divergences {
    by_runtime: HashMap<String, Vec<Divergence>>,
}

/// Divergences by the runtime whose file they are in.
impl FromIterator<(String, Vec<Divergence>)> for Divergences {
    fn from_iter<T: IntoIterator<Item = (String, Vec<Divergence>)>>(files: T) -> Self {
        Divergences { by_runtime: files.into_iter().collect() }
    }
}

impl Divergences {
    /// The divergence for this case on this version of a runtime. `file` is the runtime whose divergences
    /// apply. One that applies to this runtime only takes precedence.
    pub fn find(&self, row: &str, file: &str, version: &str, case: &str) -> Option<&Divergence> {
        let version = plain_version(version)?;
        let runtime = runtime_of(row);
        let applies = |d: &&Divergence| d.case == case && matches(&d.versions, &version);
        let candidates = || self.by_runtime.get(file).into_iter().flatten().filter(applies);
        candidates()
            .find(|d| d.applies_to.as_deref() == Some(runtime))
            .or_else(|| candidates().find(|d| d.applies_to.is_none()))
    }

    /// The runtimes that have divergences.
    pub fn runtimes(&self) -> impl Iterator<Item = &str> {
        self.by_runtime.keys().map(String::as_str)
    }

    pub fn len(&self) -> usize {
        self.by_runtime.values().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A row's runtime: its name without `@VERSION`.
pub fn runtime_of(row: &str) -> &str {
    row.split_once('@').map_or(row, |(name, _)| name)
}

/// A pre-release counts as its release here: runtimes are judged by what they do, and the rule
/// that keeps pre-releases out of ranges is about choosing dependencies.
fn matches(versions: &VersionReq, version: &Version) -> bool {
    versions.matches(&Version::new(version.major, version.minor, version.patch))
}

/// Versions as runtimes print them: `0.17.1`, `v24.1.0`, `0.17.1-rc.2`, `7.4`.
pub fn plain_version(version: &str) -> Option<Version> {
    let plain = version.trim_start_matches('v').split(['-', '+', ' ']).next()?;
    let mut parts = plain.split('.').map(str::parse::<u64>);
    let mut next = || parts.next().unwrap_or(Ok(0)).ok();
    Some(Version::new(next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn versions_are_read_as_runtimes_print_them() {
        for (printed, plain) in [
            ("v24.1.0", "24.1.0"),
            ("0.17.1-rc.2", "0.17.1"),
            ("7.4", "7.4.0"),
            ("48.0.8 (x)", "48.0.8"),
        ] {
            assert_eq!(
                plain_version(printed).unwrap(),
                Version::parse(plain).unwrap(),
                "{printed}"
            );
        }
        assert!(plain_version("dev").is_none());
    }

    #[test]
    fn a_prerelease_counts_as_its_release() {
        let versions = VersionReq::parse(">=0.17, <0.18").unwrap();
        assert!(matches(&versions, &Version::parse("0.17.1-rc.2").unwrap()));
    }

    fn divergence(case: &str, versions: &str) -> Divergence {
        Divergence {
            case: case.into(),
            versions: VersionReq::parse(versions).unwrap(),
            applies_to: None,
            kind: DivergenceKind::Bug,
            reason: versions.into(),
            link: "https://example.org".into(),
            observed: None,
            source: Source { file: PathBuf::new(), line: 1 },
        }
    }

    #[test]
    fn a_divergence_applies_only_to_its_case_runtime_and_versions() {
        let of_node = vec![divergence("a::x", ">=20, <22"), divergence("a::x", ">=22.3")];
        let divergences = Divergences { by_runtime: HashMap::from([("node".into(), of_node)]) };
        let found = |runtime: &str, version: &str, case: &str| {
            divergences.find(runtime, runtime, version, case).map(|d| d.reason.as_str())
        };
        for (version, reason) in [
            ("19.9.9", None),
            ("20.0.0", Some(">=20, <22")),
            ("v21.99.0-nightly", Some(">=20, <22")),
            ("22.0.0", None),
            ("22.2.9", None),
            ("22.3", Some(">=22.3")),
            ("30.1.0", Some(">=22.3")),
            ("unknown", None),
        ] {
            assert_eq!(found("node", version, "a::x"), reason, "{version}");
        }
        assert_eq!(found("node", "20.0.0", "a::y"), None);
        assert_eq!(found("wasmtime", "20.0.0", "a::x"), None);
        assert_eq!(divergences.len(), 2);
    }

    #[test]
    fn a_divergence_of_one_runtime_takes_precedence_and_applies_to_no_other() {
        let only = |case: &str, reason: &str, runtime: &str| Divergence {
            reason: reason.into(),
            applies_to: Some(runtime.into()),
            ..divergence(case, "*")
        };
        let of_both = divergence("a::x", "*");
        let list = vec![of_both, only("a::x", "command", "x-cli"), only("a::y", "library", "x")];
        let divergences = Divergences { by_runtime: HashMap::from([("x".into(), list)]) };
        let found = |row: &str, case: &str| {
            divergences.find(row, "x", "1.0.0", case).map(|d| d.reason.as_str())
        };
        assert_eq!(found("x@2", "a::x"), Some("*"));
        assert_eq!(found("x-cli@2", "a::x"), Some("command"));
        assert_eq!(found("x", "a::y"), Some("library"));
        assert_eq!(found("x-cli", "a::y"), None);
    }

    #[test]
    fn ranges_are_read_as_cargo_reads_them() {
        for (range, version, inside) in [
            ("48", "48.0.8", true),
            ("48", "49.0.0", false),
            ("0.17", "0.17.9", true),
            ("0.17", "0.18.0", false),
            ("=7.4.2", "7.4.3", false),
            (">48", "48.0.8", false),
            ("<=48", "48.9.9", true),
            ("*", "1.2.3", true),
        ] {
            let versions = VersionReq::parse(range).unwrap();
            assert_eq!(
                matches(&versions, &plain_version(version).unwrap()),
                inside,
                "{range} {version}"
            );
        }
    }
}
