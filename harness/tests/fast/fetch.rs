//! What is fetched: pinned versions and their hashes, trust in what is not pinned, and the repair of
//! a damaged cache. npm is a fake.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use wasi_conformance::support::shared_lock::SharedLock;

use crate::support::{Checkout, FAKE_RUNNER, FAKES};

/// A checkout with a runtime `engine` of a fake npm, of which versions 5.1.0 and 3.0.0 are pinned.
struct Engine(Checkout);

/// The hash of a version of the fake npm's package.
fn hash(version: &str) -> String {
    format!("sha512-{:A<88}", format!("engine{version}").replace('.', "a"))
}

impl Engine {
    fn new() -> Self {
        Engine::with_hash(&hash("5.1.0"))
    }

    /// With another hash of 5.1.0.
    fn with_hash(newest: &str) -> Self {
        let checkout = Checkout::new();
        checkout.write("engine.json", checkout.fake_config("correct"));
        let entry = format!(
            "runtimes:
  - name: engine
    kind: script
    binary: engine
    script: engine.json
    args: ['{{script}}']
    install: install it
    fetch:
      npm:
        packages: [engine]
        path: node_modules/engine/run
        pins:
          - {{ version: 5.1.0, hashes: {{ engine: {newest} }} }}
          - {{ version: 3.0.0, hashes: {{ engine: {} }} }}
",
            hash("3.0.0")
        );
        checkout.write("engine.yaml", entry + &checkout.allow());
        Engine(checkout)
    }

    fn program(&self, args: &[&str]) -> Command {
        let path = std::env::var("PATH").unwrap();
        let mut program = self.0.program(args);
        program.args(["--runtimes-file", "engine.yaml"]);
        program.env("PATH", format!("{FAKES}:{path}")).env("FAKE_RUNNER", FAKE_RUNNER);
        program
    }

    fn output(&self, args: &[&str]) -> Output {
        self.program(args).output().unwrap()
    }

    /// The first line that `runtimes` prints for this name: the version.
    fn version(&self, name: &str) -> String {
        let output = self.output(&["runtimes", "-r", name]);
        text(&output.stdout).lines().next().unwrap_or_default().to_owned()
    }

    fn fetch(&self, name: &str) -> String {
        let output = self.output(&["runtimes", "fetch", name]);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}{}", text(&output.stdout));
        said
    }

    /// The directory of the only entry whose name begins so.
    fn entry(&self, name: &str) -> PathBuf {
        let all = fs::read_dir(self.0.path("cache/fetched")).unwrap().flatten();
        let mut all = all.map(|entry| entry.path());
        let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(name);
        all.find(is_it).unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_plain_name_and_a_partial_version_are_what_is_pinned() {
    let engine = Engine::new();
    for (name, version) in [
        ("engine", "5.1.0"),
        ("engine@5", "5.1.0"),
        ("engine@3", "3.0.0"),
        ("engine@3.0.0", "3.0.0"),
    ] {
        let said = engine.fetch(name);
        assert!(said.contains(&format!("{name}: npm (engine {version}) is in")), "{said}");
        assert!(!said.contains("not pinned"), "{said}");
        assert_eq!(engine.version(name), format!("{name} {version}"));
    }
}

#[test]
fn a_package_that_is_not_as_pinned_is_refused() {
    let engine = Engine::with_hash(&hash("5.1.1"));
    let output = engine.output(&["runtimes", "fetch", "engine"]);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("fetch engine: npm failed: npm error code EINTEGRITY"), "{said}");
    assert_eq!(fs::read_dir(engine.0.path("cache/fetched")).unwrap().count(), 0);
}

#[test]
fn what_is_not_pinned_is_shown_and_must_stay_the_same() {
    let engine = Engine::new();
    let said = engine.fetch("engine@latest");
    let trusted = format!("engine@latest: not pinned; trusting engine@6.0.1 as {}", hash("6.0.1"));
    assert!(said.contains("engine@latest: npm (engine 6.0.1) is in"), "{said}");
    assert!(said.contains(&trusted), "{said}");
    assert_eq!(engine.version("engine@latest"), "engine@latest 6.0.1");
    // The trust is in the entry as well.
    let stamp = fs::read_to_string(engine.entry("engine@latest").join("wasi-conformance.json"));
    assert!(stamp.unwrap().contains(&hash("6.0.1")));
    // The same version by another name, and from a registry that serves other contents.
    for name in ["engine@6.0.1", "engine@latest"] {
        let mut other = engine.program(&["runtimes", "fetch", name]);
        let output = other.env("FAKE_NPM", "other").output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("npm serves another engine@6.0.1 than before: sha512-"), "{said}");
        engine.fetch(name);
    }
    // A version that is pinned may not come in through `latest` as another.
    let pinned = Engine::new();
    let yaml = fs::read_to_string(pinned.0.path("engine.yaml")).unwrap();
    pinned.0.write("engine.yaml", yaml.replace("5.1.0", "6.0.1"));
    let output = pinned.output(&["runtimes", "fetch", "engine@latest"]);
    let said = text(&output.stderr);
    assert!(said.contains("npm serves another engine@6.0.1 than the one that is pinned"), "{said}");
}

#[test]
fn a_damaged_entry_is_fetched_again_with_a_word() {
    let engine = Engine::new();
    engine.fetch("engine");
    let program = engine.entry("engine-").join("node_modules/engine/run");
    let good = fs::read(&program).unwrap();
    let mut bad = good.clone();
    bad[2] ^= 1;
    fs::write(&program, &bad).unwrap();
    let output = engine.output(&["run", "-r", "engine"]);
    let said = text(&output.stderr);
    let word = "the engine in the cache is damaged (`node_modules/engine/run` is not as it was \
                written): fetching it again";
    assert_eq!(said.lines().filter(|line| *line == word).count(), 1, "{said}");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(fs::read(&program).unwrap(), good);

    // A change that neither size nor time tells is found by `fetch`.
    let time = fs::metadata(&program).unwrap().modified().unwrap();
    fs::write(&program, &bad).unwrap();
    File::options().write(true).open(&program).unwrap().set_modified(time).unwrap();
    let said = engine.fetch("engine");
    assert!(said.contains(word), "{said}");
    assert_eq!(fs::read(&program).unwrap(), good);

    // If it cannot be fetched, it is not used.
    fs::write(&program, bad).unwrap();
    let mut run = engine.program(&["run", "-r", "engine"]);
    let output = run.env("FAKE_NPM", "other").output().unwrap();
    let said = text(&output.stdout);
    assert!(said.contains("is damaged") && said.contains("EINTEGRITY"), "{said}");
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert_eq!(engine.version("engine"), "engine 5.1.0");
}

#[test]
fn an_entry_of_another_pin_is_not_used() {
    let engine = Engine::new();
    engine.fetch("engine");
    let yaml = fs::read_to_string(engine.0.path("engine.yaml")).unwrap();
    let bumped = yaml.replace("5.1.0", "6.0.0").replace(&hash("5.1.0"), &hash("6.0.0"));
    engine.0.write("engine.yaml", &bumped);
    assert_eq!(engine.version("engine"), "engine");
    engine.fetch("engine");
    assert_eq!(engine.version("engine"), "engine 6.0.0");
    // An older program with the older pin still has what it fetched.
    engine.0.write("engine.yaml", yaml);
    assert_eq!(engine.version("engine"), "engine 5.1.0");
}

#[test]
fn two_processes_fetch_the_same_once() {
    let engine = Engine::new();
    let lock = engine.0.path("cache/locks/fetch-engine");
    let held = SharedLock::wait(&lock, "fetches engine", &|_| ()).unwrap();
    let mut fetch = engine.program(&["runtimes", "fetch", "engine"]);
    let mut fetch = fetch.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(fetch.stderr.take().unwrap()).lines().map(Result::unwrap);
    let me = format!("waiting for process {} on ", std::process::id());
    let line = said.next().unwrap();
    assert!(line.starts_with(&me) && line.ends_with(", which fetches engine"), "{line}");
    drop(held);
    assert!(said.any(|line| line.starts_with("engine: npm (engine 5.1.0) is in")));
    assert!(fetch.wait().unwrap().success());
}

#[test]
fn requirements_and_wheels_of_pip_are_pinned_too() {
    let engine = Engine::new();
    let yaml = fs::read_to_string(engine.0.path("engine.yaml")).unwrap();
    let sha = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let yaml = yaml.replace("npm:", "pypi:").replace("node_modules/engine/run", "engine/run");
    let yaml = yaml.replace(&hash("5.1.0"), &format!("'{} {}'", sha("a"), sha("b")));
    engine.0.write("engine.yaml", yaml.replace(&hash("3.0.0"), &sha("c")));
    engine.0.write("bin/python3", PIP);
    fs::set_permissions(engine.0.path("bin/python3"), PermissionsExt::from_mode(0o755)).unwrap();
    let fetch = |name: &str| {
        let path = format!("{}:{}", engine.0.path("bin").display(), std::env::var("PATH").unwrap());
        let mut fetch = engine.program(&["runtimes", "fetch", name]);
        text(&fetch.env("PATH", path).output().unwrap().stderr)
    };
    let said = fetch("engine");
    assert!(said.contains("engine: PyPI (engine 5.1.0) is in"), "{said}");
    let said = fetch("engine@3");
    assert!(said.contains("python3 -m pip failed: THESE PACKAGES DO NOT MATCH"), "{said}");
    let said = fetch("engine@latest");
    let trusted = format!("trusting engine-6.0.1-py3-none-any.whl as {}", sha("d"));
    assert!(said.contains(&trusted), "{said}");
}

/// A fake pip whose wheels of `engine` 5.1.0 and 6.0.1 have a hash of `b` and `d`.
const PIP: &str = r#"#!/bin/sh
for word; do
    case $before in
    --target) to=$word ;;
    --report) report=$word ;;
    --requirement) wanted=$(cat "$word") ;;
    esac
    before=$word
done
b=$(printf '%64s' | tr ' ' b)
d=$(printf '%64s' | tr ' ' d)
case $wanted in
*"engine==5.1.0 "*"--hash=sha256:$b"*) version=5.1.0 ;;
?*)
    echo "THESE PACKAGES DO NOT MATCH THE HASHES" >&2
    exit 1
    ;;
*)
    version=6.0.1
    echo "{ \"install\": [{ \"download_info\": { \"url\": \"x://y/engine-6.0.1-py3-none-any.whl\",
        \"archive_info\": { \"hashes\": { \"sha256\": \"$d\" } } } }] }" >"$report"
    ;;
esac
mkdir -p "$to/engine" "$to/engine-$version.dist-info"
printf '#!/bin/sh\nFAKE_RUNNER_VERSION=%s exec "%s" "$@"\n' "$version" "$FAKE_RUNNER" >"$to/engine/run"
chmod +x "$to/engine/run"
"#;
