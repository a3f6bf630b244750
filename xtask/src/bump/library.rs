//! Changes the version that a library's runner is built with: its Cargo.toml and its lock file.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use semver::Version;
use wasi_conformance::runtime::acquire::crates_io::{self, Release};
use wasi_conformance::runtime::acquire::pins::{Pins, Sources};
use wasi_conformance::support::paths::write_whole;

/// The crates that a runner's manifest pins with a `~` at the version of the first: that of the runtime.
pub fn pinned(package: &Path) -> Result<(Vec<String>, Version)> {
    let manifest = package.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("read {}", manifest.display()))?;
    let pin = |line: &str| {
        let (name, rest) = line.split_once(" = ")?;
        let (_, version) = rest.split_once("\"~")?;
        Some((name.to_owned(), Version::parse(version.split('"').next()?).ok()?))
    };
    let pins: Vec<(String, Version)> = text.lines().filter_map(pin).collect();
    let (_, version) = pins.first().with_context(|| {
        format!("{}: it pins no crate\n    write `NAME = \"~1.2.3\"`", manifest.display())
    })?;
    let same = pins.iter().filter(|(_, other)| other == version);
    Ok((same.map(|(name, _)| name.clone()).collect(), version.clone()))
}

/// The releases of these crates together that the installed Rust builds, oldest first; and what the
/// newest needs, if that is a newer Rust.
pub fn buildable(names: &[String]) -> Result<(Vec<Version>, Option<String>)> {
    let mut rustc = Command::new("rustc");
    rustc.arg("--version");
    let output = rustc.output().context("start rustc: is it on PATH?")?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let rust = printed.split(' ').nth(1).and_then(crates_io::rust_version);
    let rust = rust.with_context(|| format!("rustc does not print its version: {printed}"))?;
    let all: Vec<Vec<Release>> =
        names.iter().map(|name| crates_io::releases(name, &|_| ())).collect::<Result<_>>()?;
    Ok(newest_for(&all, &rust))
}

/// The versions that all of these crates have and this Rust builds.
fn newest_for(all: &[Vec<Release>], rust: &Version) -> (Vec<Version>, Option<String>) {
    let needs = |version: &Version| {
        let of = |releases: &'_ Vec<Release>| {
            let found = releases.iter().find(|release| release.version == *version);
            found.map(|release| release.rust.clone().unwrap_or(Version::new(1, 0, 0)))
        };
        all.iter().map(of).collect::<Option<Vec<Version>>>()?.into_iter().max()
    };
    let first = all.first().into_iter().flatten().map(|release| &release.version);
    let stable = first.filter(|version| version.pre.is_empty());
    let known: Vec<(Version, Version)> =
        stable.filter_map(|version| Some((version.clone(), needs(version)?))).collect();
    let newest = known.last().filter(|(_, needs)| needs > rust);
    let newest = newest.map(|(version, needs)| format!("{version} needs Rust {needs}"));
    let fits = known.into_iter().filter(|(_, needs)| needs <= rust);
    (fits.map(|(version, _)| version).collect(), newest)
}

/// Writes both files of a runner's package. `old` is the version of `name` now.
pub fn change(name: &str, package: &Path, old: &Version, new: &Version) -> Result<()> {
    let manifest = package.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("read {}", manifest.display()))?;
    // Companion crates with versions of their own.
    let pins = match Sources::read(name, package) {
        Ok(sources) => sources.pins(new, &|name| crates_io::releases(name, &|_| ()))?,
        Err(_) => vec![],
    };
    let new_text = with_versions(&text, old, new, &pins)
        .with_context(|| format!("change {}", manifest.display()))?;
    write_whole(&manifest, new_text.as_bytes())?;
    let mut cargo = Command::new("cargo");
    cargo.args(["update", "--quiet", "--workspace", "--manifest-path"]).arg(&manifest);
    let output = cargo.output().context("start cargo: is it on PATH?")?;
    if !output.status.success() {
        write_whole(&manifest, text.as_bytes())?;
        bail!(
            "{}: cargo finds no lock file with {new}, so the manifest is as it was:\n{}",
            manifest.display(),
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(())
}

/// A manifest in which every dependency on `~OLD` is one on `~NEW`, and those in `pins` are at theirs.
fn with_versions(text: &str, old: &Version, new: &Version, pins: &Pins) -> Result<String> {
    let (before, after) = (format!("\"~{old}\""), format!("\"~{new}\""));
    let changed = |line: &str| {
        let pin = pins.iter().find(|(name, _)| {
            line.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with(" = "))
        });
        match (pin, line.find("\"~")) {
            (Some((_, version)), Some(start)) => {
                let end = line[start + 1..].find('"').map_or(line.len(), |n| start + 1 + n + 1);
                format!("{}\"~{version}\"{}", &line[..start], &line[end..])
            }
            _ => line.replace(&before, &after),
        }
    };
    let out: String = text.lines().flat_map(|line| [changed(line), "\n".to_owned()]).collect();
    if out == text {
        bail!("no dependency on `~{old}`: write the versions of the runtime's crates so");
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companion_crates_follow_the_runtime() {
        let manifest = "\
            [dependencies]\nanyhow = \"1\"\nengine = { version = \"~7.4.2\", features = [\"x\"] }\n\
            engine-types = \"~7.4.2\"\nengine-wasi = { version = \"~0.704.2\" }\n";
        let (old, new) = (Version::new(7, 4, 2), Version::new(7, 5, 0));
        let pins = vec![("engine-wasi".to_owned(), Version::new(0, 705, 0))];
        let expected = manifest.replace("0.704.2", "0.705.0").replace("7.4.2", "7.5.0");
        assert_eq!(with_versions(manifest, &old, &new, &pins).unwrap(), expected);
    }

    #[test]
    fn the_first_pinned_crate_has_the_version_of_the_runtime() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = directory.path().join("Cargo.toml");
        std::fs::write(&manifest, "a = \"1\"\nb = { version = \"~2.0.1\" }\nc = \"~3.0.0\"\n")
            .unwrap();
        assert_eq!(
            pinned(directory.path()).unwrap(),
            (vec!["b".to_owned()], Version::new(2, 0, 1))
        );
        std::fs::write(&manifest, "a = \"1\"\n").unwrap();
        let error = pinned(directory.path()).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml: it pins no crate"), "{error}");
    }

    #[test]
    fn the_newest_version_that_this_rust_builds_is_that_of_all_crates() {
        let release = |version: u64, rust: Option<u64>| Release {
            rust: rust.map(|minor| Version::new(1, minor, 0)),
            ..Release::new(Version::new(version, 0, 0))
        };
        let engine = vec![release(1, Some(80)), release(2, Some(90)), release(3, Some(99))];
        let companion = vec![release(1, None), release(3, None), release(4, None)];
        let (fit, newest) = newest_for(&[companion, engine], &Version::new(1, 95, 0));
        assert_eq!(fit, [Version::new(1, 0, 0)]);
        assert_eq!(newest.unwrap(), "3.0.0 needs Rust 1.99.0");
    }

    #[test]
    fn a_manifest_that_names_another_version_is_an_error() {
        let (old, new) = (Version::new(1, 0, 0), Version::new(2, 0, 0));
        let error = with_versions("engine = \"1\"\n", &old, &new, &vec![]).unwrap_err();
        assert!(error.to_string().contains("no dependency on `~1.0.0`"), "{error}");
    }
}
