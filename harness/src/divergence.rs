//! Recorded divergences: what a runtime is known to do differently, why, and since when.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use crate::case::{
    Case, Expect, Files, Library, Source, WireExit, WireText, WireTree, gone_but_never_there,
    overlay,
};
use crate::yaml::{self, Problem, Problems};

/// The reason that `bless` writes, and that no record may keep.
pub const REASON_TO_FILL_IN: &str = "TODO";

/// Why a runtime differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

/// One recorded difference of one runtime.
#[derive(Clone, Debug)]
pub struct Divergence {
    pub case: String,
    pub versions: VersionReq,
    pub kind: DivergenceKind,
    pub reason: String,
    pub link: String,
    /// The expectation with what was observed in its place: exactly how the runtime differs.
    /// Nothing if that differs from run to run.
    pub observed: Option<Expect>,
    pub source: Source,
}

/// The records of every runtime.
#[derive(Debug, Default)]
pub struct Records {
    by_runtime: HashMap<String, Vec<Divergence>>,
}

impl Records {
    /// The record that speaks of this case on this version of a runtime.
    pub fn find(&self, runtime: &str, version: &str, case: &str) -> Option<&Divergence> {
        let version = plain_version(version)?;
        let of_case = |d: &&Divergence| d.case == case && matches(&d.versions, &version);
        self.by_runtime.get(runtime)?.iter().find(of_case)
    }

    /// The runtimes that there are records of.
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRecords {
    runtime: String,
    divergences: Vec<WireDivergence>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireDivergence {
    case: String,
    versions: String,
    kind: DivergenceKind,
    reason: String,
    link: String,
    observed: Option<WireObserved>,
    #[serde(default)]
    unstable: bool,
}

/// The parts that differ from the expectation; the others are as expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireObserved {
    exit: Option<WireExit>,
    stdout: Option<WireText>,
    stderr: Option<WireText>,
    fs_after: Option<WireTree>,
}

/// Loads the records beside the expectations and checks them against the cases.
pub fn load(folder: &Path, library: &Library) -> Result<Records, Problems> {
    let mut problems = Problems::default();
    let mut records = Records::default();
    if !folder.exists() {
        return Ok(records);
    }
    for path in yaml::files_in(folder)? {
        match load_file(&path, library) {
            Ok((runtime, found)) => {
                records.by_runtime.insert(runtime, found);
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.into_result()?;
    Ok(records)
}

fn load_file(path: &Path, library: &Library) -> Result<(String, Vec<Divergence>), Problems> {
    let text = yaml::read(path)?;
    let file: WireRecords = yaml::parse(path, &text, "docs/divergences.md describes every key")?;
    let mut problems = Problems::default();
    if path.file_stem().is_some_and(|stem| stem != file.runtime.as_str()) {
        problems.0.push(Problem::new(
            path,
            yaml::line_of(&text, "runtime", &file.runtime),
            format!("runtime `{}` is not the file's name", file.runtime),
            "one file per runtime: rename one of the two",
        ));
    }
    let mut found: Vec<Divergence> = Vec::new();
    let mut above = 0;
    for wire in file.divergences {
        let line = yaml::line_below(&text, above, "case", &wire.case);
        above = line.unwrap_or(above);
        let source = Source { file: PathBuf::from(path), line: line.unwrap_or(1) };
        match to_divergence(wire, library, source) {
            Ok(divergence) => {
                if let Some(first) = found.iter().find(|d| overlaps(d, &divergence)) {
                    let what = "is recorded twice for the same versions";
                    problems.0.push(Problem::new(
                        path,
                        line,
                        format!("`{}` {what} (first on line {})", first.case, first.source.line),
                        "merge the records or bound their `versions`",
                    ));
                }
                found.push(divergence);
            }
            Err((what, todo)) => problems.0.push(Problem::new(path, line, what, todo)),
        }
    }
    problems.into_result()?;
    Ok((file.runtime, found))
}

/// Ranges cannot be intersected in general; equal ones are the mistake that people make.
fn overlaps(a: &Divergence, b: &Divergence) -> bool {
    a.case == b.case && a.versions == b.versions
}

fn to_divergence(
    wire: WireDivergence,
    library: &Library,
    source: Source,
) -> Result<Divergence, (String, String)> {
    let wrong = |what: String, todo: &str| Err((what, todo.to_owned()));
    let id = &wire.case;
    let Some(case) = library.cases.iter().find(|case| case.id == *id) else {
        return wrong(
            format!("no case is called `{id}`"),
            "see `wasi-conformance list`, or remove it",
        );
    };
    let Ok(versions) = VersionReq::parse(&wire.versions) else {
        return wrong(
            format!("`{id}`: versions `{}` is not a range", wire.versions),
            "write it as `>=48, <50`",
        );
    };
    let reason = wire.reason.trim();
    if reason.is_empty() || reason.starts_with(REASON_TO_FILL_IN) {
        return wrong(
            format!("`{id}`: the reason is still to be filled in"),
            "say which side is right and why the runtime differs",
        );
    }
    if !wire.link.starts_with("https://") {
        return wrong(
            format!("`{id}`: the link is not an https link"),
            "link the upstream issue, or the line of its source",
        );
    }
    if wire.observed.is_some() == wire.unstable {
        return wrong(
            format!("`{id}`: it needs either `observed` or `unstable: true`"),
            "write down what comes out, or that it differs from run to run",
        );
    }
    let changes = wire.observed.as_ref().and_then(|observed| observed.fs_after.as_ref());
    if let (Some(changes), Files::Tree(tree)) = (changes, &case.files)
        && let Some(path) = gone_but_never_there(tree, &changes.0)
    {
        return wrong(
            format!("`{id}`: `{path}` is absent, and the case's `fs` does not have it"),
            "leave it out: what is not named is not there",
        );
    }
    let observed = wire.observed.as_ref().map(|observed| observed_expectation(case, observed));
    Ok(Divergence {
        versions,
        kind: wire.kind,
        reason: reason.to_owned(),
        link: wire.link,
        observed,
        source,
        case: wire.case,
    })
}

fn observed_expectation(case: &Case, wire: &WireObserved) -> Expect {
    let mut observed = case.expect.clone();
    if let Some(exit) = &wire.exit {
        observed.exit = Some(exit.0);
    }
    if let Some(stdout) = &wire.stdout {
        observed.stdout = Some(stdout.0.clone());
    }
    if let Some(stderr) = &wire.stderr {
        observed.stderr = Some(stderr.0.clone());
    }
    if let (Some(tree), Files::Tree(initial)) = (&wire.fs_after, &case.files) {
        observed.tree = Some(overlay(initial, &tree.0));
    }
    observed
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

    fn record(case: &str, versions: &str) -> Divergence {
        Divergence {
            case: case.into(),
            versions: VersionReq::parse(versions).unwrap(),
            kind: DivergenceKind::Bug,
            reason: versions.into(),
            link: "https://example.org".into(),
            observed: None,
            source: Source { file: PathBuf::new(), line: 1 },
        }
    }

    #[test]
    fn a_record_speaks_of_its_case_runtime_and_versions_only() {
        let of_node = vec![record("a::x", ">=20, <22"), record("a::x", ">=22.3")];
        let records = Records { by_runtime: HashMap::from([("node".into(), of_node)]) };
        let found = |runtime: &str, version: &str, case: &str| {
            records.find(runtime, version, case).map(|d| d.reason.as_str())
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
        assert_eq!(records.len(), 2);
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
