//! Divergences: how each runtime is known to differ from the cases, and why.
//!
//! People write causes, in `expectations/divergences/`, one file per runtime: why it differs, in which
//! versions, and which differences that explains. The machine writes snapshots, in
//! `expectations/snapshots/`, one file per version: what differed. This layer reads both and checks them
//! against the cases and each other. It must not know what runtimes are or how cases run: a runtime is a
//! name here. Start reading at [`Divergences::row`] and [`claims`]; `schema.rs` is the YAML as people write
//! it.

mod case_list;
mod cause;
mod check;
mod compact;
mod difference;
mod flaky;
mod load;
mod pattern;
mod schema;
mod snapshot;
mod snapshots;

use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

pub use case_list::CaseList;
pub use cause::{Cause, Head, Predicate, call, claims};
pub use check::check;
pub use compact::texts as snapshot_texts;
pub use difference::{Change, Difference, Line, Part, of_texts, shown, split};
pub use flaky::{Flaky, Normalizer, Place, Values};
pub use load::{json_schema, load, load_with_cases};
pub use pattern::Pattern;
pub use snapshot::{Base, FORMAT as SNAPSHOT_FORMAT, Snapshot, SnapshotFile};
pub use snapshots::Snapshots;

/// What `bless` writes where a person has to say why; `check` refuses it.
pub const UNFINISHED: &str = "TODO";
/// The ids of causes.
const ID: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";

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

/// What people wrote about one runtime.
#[derive(Clone, Debug, Default)]
pub struct File {
    pub runtime: String,
    pub causes: Vec<Cause>,
    pub flaky: Vec<Flaky>,
}

impl File {
    fn extend(&mut self, other: File) {
        self.runtime = other.runtime;
        self.causes.extend(other.causes);
        self.flaky.extend(other.flaky);
    }

    fn heads(&self) -> impl Iterator<Item = &Head> {
        let flaky = self.flaky.iter().map(|flaky| &flaky.head);
        self.causes.iter().map(|cause| &cause.head).chain(flaky)
    }
}

/// The causes and snapshots of every runtime.
#[derive(Clone, Debug, Default)]
pub struct Divergences {
    files: BTreeMap<String, File>,
    pub snapshots: Snapshots,
}

/// What is known about one version of a runtime.
#[derive(Clone, Debug, Default)]
pub struct KnownRow<'a> {
    pub causes: Vec<&'a Cause>,
    flaky: Vec<&'a Flaky>,
    /// The snapshot that counts: of this version, or the nearest one.
    pub snapshot: Option<&'a SnapshotFile>,
    /// Whether it is of this version.
    pub is_of_version: bool,
}

impl Divergences {
    /// What one file says, without snapshots.
    pub fn of_file(file: File) -> Self {
        let files = BTreeMap::from([(file.runtime.clone(), file)]);
        Divergences { files, snapshots: Snapshots::default() }
    }

    /// What is known about a version of a runtime. `file` is the runtime whose divergences apply.
    pub fn row(&self, row: &str, file: &str, version: &str) -> KnownRow<'_> {
        let runtime = family(row);
        let family = match self.snapshots.of_family(runtime).next() {
            Some(_) => runtime,
            None => file,
        };
        let snapshot = self.snapshots.nearest(family, version);
        let is_of_version = snapshot.is_some_and(|found| {
            found.snapshot.version == version
                || found.snapshot.plain_version() == plain_version(version)
        });
        let (Some(plain), Some(file)) = (plain_version(version), self.files.get(file)) else {
            return KnownRow { snapshot, is_of_version, ..KnownRow::default() };
        };
        let applies = |head: &Head| head.applies(runtime, &plain);
        KnownRow {
            causes: file.causes.iter().filter(|cause| applies(&cause.head)).collect(),
            flaky: file.flaky.iter().filter(|flaky| applies(&flaky.head)).collect(),
            snapshot,
            is_of_version,
        }
    }

    /// The runtimes that have divergences.
    pub fn runtimes(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// What is written about a runtime.
    pub fn heads_of(&self, file: &str) -> impl Iterator<Item = &Head> {
        self.files.get(file).into_iter().flat_map(File::heads)
    }

    /// The number of causes, with what is flaky.
    pub fn len(&self) -> usize {
        self.files.values().map(|file| file.heads().count()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The causes that a person still has to finish.
    pub fn unfinished(&self) -> impl Iterator<Item = &Head> {
        self.files.values().flat_map(File::heads).filter(|head| head.unfinished)
    }
}

impl<'a> KnownRow<'a> {
    /// What varies in a case.
    pub fn flaky_of(&self, case: &str) -> Vec<&'a Flaky> {
        self.flaky.iter().copied().filter(|flaky| flaky.cases.contains(case)).collect()
    }

    /// How the snapshot says that a case differs.
    pub fn stored(&self, case: &str) -> Option<&'a Difference> {
        self.snapshot?.snapshot.differs.get(case)
    }
}

/// A row's runtime, whatever version was asked for: `node` of `node@24`.
pub fn family(row: &str) -> &str {
    row.split_once('@').map_or(row, |(name, _)| name)
}

/// Whether a text can name a runtime, as in the registry: reports make names of files from it.
pub fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@');
    text.chars().all(allowed) && text.starts_with(|c: char| c.is_ascii_alphanumeric())
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
