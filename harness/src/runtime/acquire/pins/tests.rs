//! The choice of a version, and the manifest that pins it.

use tempfile::TempDir;

use super::*;

const MANIFEST: &str = r#"[package]
name = "runner-engine"

[features]
before-9 = []
before-5 = []

[package.metadata.versions]
crates = ["engine", "engine-core", "engine-wasi"]
supported = [">=4, <5", ">=7"]

[[package.metadata.versions.older]]
before = "5.0.0"
feature = "before-5"
features = { engine-wasi = ["old"] }

[[package.metadata.versions.older]]
before = "9.0.0"
feature = "before-9"
features = { engine-wasi = ["middle"], engine = [] }

[dependencies]
anyhow = "1"
runner-kit = { path = "../kit" }
engine = { version = "~10.2.0", default-features = false, features = ["fast"] } # the engine
engine-core = "~10.2.0"

[dependencies.engine-wasi]
version = "~0.10.2"
features = ["new"]

[workspace]
"#;

fn sources() -> (TempDir, Sources) {
    let directory = tempfile::tempdir().unwrap();
    let package = directory.path().join("engine");
    fs::create_dir_all(&package).unwrap();
    fs::create_dir_all(directory.path().join("kit")).unwrap();
    fs::write(package.join("Cargo.toml"), MANIFEST).unwrap();
    let lock = "version = 4\n[[package]]\nname = \"core\"\nversion = \"0.1.0\"\n\
        [[package]]\nname = \"engine\"\nversion = \"10.2.3\"\n";
    fs::write(package.join("Cargo.lock"), lock).unwrap();
    let sources = Sources::read("engine", &package).unwrap();
    (directory, sources)
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

fn releases(versions: &[(&str, u64)]) -> Vec<Release> {
    versions
        .iter()
        .map(|(at, rust)| Release {
            rust: Some(Version::new(1, *rust, 0)),
            ..Release::new(version(at))
        })
        .collect()
}

fn published() -> Vec<Release> {
    releases(&[
        ("4.0.0", 70),
        ("4.0.1", 70),
        ("5.0.0", 72),
        ("7.0.0", 80),
        ("8.1.0", 85),
        ("10.2.3", 95),
        ("11.0.0-rc.1", 95),
        ("11.0.0", 97),
    ])
}

#[test]
fn the_locked_version_is_that_of_the_runtimes_crate() {
    let (_directory, sources) = sources();
    assert_eq!(sources.locked().unwrap(), version("10.2.3"));
    assert_eq!(sources.crate_name(), "engine");
}

#[test]
fn newest_matching_release_wins() {
    let (_directory, sources) = sources();
    let choose = |asked: &str| {
        sources.choose(asked, &published(), &Version::new(1, 95, 0)).map(|v| v.to_string())
    };
    for (asked, meant) in [
        ("4", "4.0.1"),
        ("4.0.0", "4.0.0"),
        ("8.1", "8.1.0"),
        ("10", "10.2.3"),
        ("11.0.0-rc.1", "11.0.0-rc.1"),
    ] {
        assert_eq!(choose(asked).unwrap(), meant, "{asked}");
    }
    for (asked, parts) in [
        ("6.0.0", ["is not on crates.io", "`>=4, <5` and `>=7`"]),
        ("4.0.9", ["engine 4.0.9 is not on crates.io", "up to 10.2.3"]),
        ("5.0.0", ["does not support engine 5.0.0", "up to 10.2.3"]),
        ("11", ["11.0.0 needs Rust 1.97, but Rust 1.95 is installed", "update Rust"]),
        ("latest", ["`latest` is not a version", "47.0.2"]),
        ("", ["`` is not a version", "47.0.2"]),
    ] {
        let error = choose(asked).unwrap_err().to_string();
        assert!(parts.iter().all(|part| error.contains(part)), "{asked}: {error}");
    }
}

#[test]
fn independently_versioned_crates_are_found_by_their_dependency() {
    let (_directory, sources) = sources();
    let published = |name: &str| {
        Ok(match name {
            "engine-core" => releases(&[("8.1.0", 1), ("10.2.3", 1)]),
            _ => {
                [("0.8.0", "=8.0.0"), ("0.8.1", "=8.1.0"), ("0.8.2", "=8.1.0"), ("0.9.0", "=9.0.0")]
                    .map(|(at, needs)| Release {
                        needs: vec![("engine".into(), VersionReq::parse(needs).unwrap())],
                        ..Release::new(version(at))
                    })
                    .into()
            }
        })
    };
    let pins = sources.pins(&version("8.1.0"), &published).unwrap();
    let pins: Vec<String> = pins.iter().map(|(name, at)| format!("{name} {at}")).collect();
    assert_eq!(pins, ["engine 8.1.0", "engine-core 8.1.0", "engine-wasi 0.8.2"]);
    let error = sources.pins(&version("10.2.3"), &published).unwrap_err().to_string();
    assert_eq!(error, "no release of engine-wasi depends on engine 10.2.3");
}

#[test]
fn the_manifest_gets_versions_paths_and_the_features_of_older_versions() {
    let (directory, sources) = sources();
    let pins = |at: &str, wasi: &str| -> Pins {
        vec![
            ("engine".into(), version(at)),
            ("engine-core".into(), version(at)),
            ("engine-wasi".into(), version(wasi)),
        ]
    };
    let kit = directory.path().canonicalize().unwrap().join("kit");
    let manifest = sources.manifest(&pins("4.0.1", "0.4.1")).unwrap();
    for line in [
        "engine = { version = \"=4.0.1\", default-features = false, features = [] } # the engine",
        "engine-core = \"=4.0.1\"",
        "version = \"=0.4.1\"\nfeatures = [\"old\"]",
        &format!("runner-kit = {{ path = \"{}\" }}", kit.display()),
        "anyhow = \"1\"",
    ] {
        assert!(manifest.contains(line), "{line}:\n{manifest}");
    }
    assert_eq!(sources.features(&version("4.0.1")), ["before-9", "before-5"]);
    let manifest = sources.manifest(&pins("8.1.0", "0.8.2")).unwrap();
    assert!(manifest.contains("features = [\"middle\"]"), "{manifest}");
    assert_eq!(sources.features(&version("8.1.0")), ["before-9"]);
    let manifest = sources.manifest(&pins("10.2.3", "0.10.3")).unwrap();
    assert!(manifest.contains("features = [\"fast\"] } # the engine"), "{manifest}");
    assert!(sources.features(&version("10.2.3")).is_empty());
}

#[test]
fn a_runner_for_one_version_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("Cargo.toml"), "[package]\nname = \"x\"\n").unwrap();
    let error = Sources::read("x", directory.path()).unwrap_err().to_string();
    assert!(error.contains("supports only one version"), "{error}");
    let wrong =
        "[package]\nname = \"x\"\n[package.metadata.versions]\ncrates = []\nsuported = []\n";
    fs::write(directory.path().join("Cargo.toml"), wrong).unwrap();
    let error = format!("{:#}", Sources::read("x", directory.path()).unwrap_err());
    assert!(error.contains("suported") && error.contains("Cargo.toml"), "{error}");
}

/// The manifests of our runners declare their versions, and only for dependencies that exist.
#[test]
fn our_runners_declare_their_versions() {
    let runners = Path::new(env!("CARGO_MANIFEST_DIR")).join("runners");
    for (name, old) in [("wasmtime", "24.0.13"), ("wasmer", "6.1.0")] {
        let sources = Sources::read(name, &runners.join(name)).unwrap();
        let locked = sources.locked().unwrap();
        assert!(sources.support(&locked), "{name} {locked}");
        assert!(sources.features(&locked).is_empty());
        let old = version(old);
        assert!(sources.support(&old), "{name} {old}");
        let pins = sources.versions.crates.iter().map(|c| (c.clone(), old.clone())).collect();
        let manifest = sources.manifest(&pins).unwrap();
        for feature in sources.features(&old) {
            assert!(manifest.contains(&format!("\n{feature} = [")), "{name}: {feature}");
        }
    }
}
