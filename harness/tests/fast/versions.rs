//! Versions of a runtime: `bisect`, comparing two of them, and `--runtime-bin`.

use std::process::Output;

use wasi_conformance::results::run_file::Run;

use crate::support::{Checkout, FAKE_RUNNER, FAKES, case};

/// A checkout with a runtime `engine`, whose versions come from a fake npm.
struct Engine(Checkout);

impl Engine {
    fn new() -> Self {
        let checkout = Checkout::new();
        checkout.append(
            "expectations/a.yaml",
            &case("changes", "[changed_in_5, a.txt]", "open a.txt -> success\n"),
        );
        checkout.write("engine.json", checkout.fake_config("correct"));
        let entry = "runtimes:\n  - name: engine\n    kind: script\n    binary: engine\n    script: engine.json\n    \
             args: ['{script}']\n    install: install it\n    \
             fetch: { npm: { packages: [engine], path: node_modules/engine/run } }\n";
        checkout.write("engine.yaml", entry.to_owned() + &checkout.allow());
        Engine(checkout)
    }

    fn output(&self, args: &[&str]) -> Output {
        let path = std::env::var("PATH").unwrap();
        let mut program = self.0.program(args);
        program.args(["--runtimes-file", "engine.yaml"]);
        program.env("PATH", format!("{FAKES}:{path}")).env("FAKE_RUNNER", FAKE_RUNNER);
        program.output().unwrap()
    }

    /// The runtimes of the run that `compare` made, with their versions.
    fn compared(&self) -> Vec<String> {
        let file = self.0.path("target/wasi-conformance/compare/run.json");
        let run = Run::read(&file).unwrap();
        run.runtimes.iter().map(|row| format!("{} {}", row.name, row.version)).collect()
    }

    fn run(&self, runtime: &str, out: &str) {
        succeeds(self.output(&["runtimes", "fetch", runtime]));
        succeeds(self.output(&["run", "-r", runtime, "--out", out, "--fail-on", "never"]));
    }

    fn bisect(&self, args: &[&str]) -> Output {
        self.output(&[&["bisect", "engine"], args].concat())
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn succeeds(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[track_caller]
fn fails(output: Output, parts: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(parts.iter().all(|part| said.contains(part)), "{said}");
}

#[test]
fn bisect_finds_the_first_version_that_changed() {
    let engine = Engine::new();
    let said = succeeds(engine.bisect(&["a::changes", "--good", "1.0.0", "--bad", "6.0.1"]));
    let expected = "\
a::changes on engine: 7 versions from 1.0.0 to 6.0.1. Both ends and about 3 more are tried
1.0.0      good as expected
6.0.1      bad  stdout: open a.txt -> acces
4.0.0      skip fetch engine@4.0.0: npm failed: there is no engine 4.0.0 for this machine
3.0.0      good as expected
5.0.0      bad  stdout: open a.txt -> acces

it changed after 3.0.0, and at the latest in 5.0.0; could not be tried: 4.0.0
3.0.0:
    all as expected
5.0.0:
    stdout:
      - open a.txt -> success
      + open a.txt -> acces
";
    assert_eq!(said, expected);
}

#[test]
fn bisect_finds_the_version_that_fixed_a_case() {
    let engine = Engine::new();
    let case = case("fixed", "[changed_in_5, a.txt]", "open a.txt -> acces\n");
    engine.0.append("expectations/a.yaml", &case);
    let said = succeeds(engine.bisect(&["a::fixed", "--good", "5.1", "--bad", "2.0.0"]));
    for line in [
        "2.0.0      bad  stdout: open",
        "5.1.0      good as expected\n",
        "3.0.0      bad  stdout: open",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("swapped"), "{said}");
    assert!(said.contains("it changed after 3.0.0, and at the latest in 5.0.0"), "{said}");
}

#[test]
fn bisect_notices_swapped_versions() {
    let engine = Engine::new();
    for (good, bad, change) in [("5.1.0", "2.0.0", "broke"), ("2.0.0", "5.1.0", "fixed")] {
        let (id, stdout) =
            (format!("{change}_in_5"), if change == "broke" { "success" } else { "acces" });
        let case = case(&id, "[changed_in_5, a.txt]", &format!("open a.txt -> {stdout}\n"));
        engine.0.append("expectations/a.yaml", &case);
        let said = succeeds(engine.bisect(&[&format!("a::{id}"), "--good", good, "--bad", bad]));
        let note = format!(
            "--good {good} and --bad {bad} are swapped: the case is as expected on {bad} only; \
             looking for the version that {change} it\n"
        );
        assert!(said.contains(&note), "{said}");
        // From there on, good is what is as expected.
        let word = if change == "broke" { "good as expected" } else { "bad  stdout: open" };
        assert!(said.contains(&format!("3.0.0      {word}")), "{said}");
        assert!(said.contains("it changed after 3.0.0, and at the latest in 5.0.0"), "{said}");
    }
}

#[test]
fn bisect_refuses_useless_and_unknown_versions() {
    let engine = Engine::new();
    for (args, parts) in [
        (["a::fine", "1", "6"], ["comes out the same on 1.0.0 and on 6.0.1", "all as expected"]),
        (["a::changes", "3", "3.0.0"], ["--good and --bad are both 3.0.0", "name two versions"]),
        (["a::changes", "4", "6"], ["--good 4.0.0 cannot be tried", "choose another version"]),
        (["a::changes", "1", "7"], ["--bad: engine 7 is not available", "from 1.0.0 to 6.0.1"]),
        (["a::changes", "1", "new"], ["--bad: `new` is not a version", "write `47.0.2`"]),
        (["changes", "1", "6"], ["no case is called `changes`", "did you mean a::changes"]),
    ] {
        let [case, good, bad] = args;
        fails(engine.bisect(&[case, "--good", good, "--bad", bad]), &parts);
    }
    let output = engine.output(&["bisect", "motor", "a::fine", "--good", "1", "--bad", "6"]);
    fails(output, &["there is no runtime `motor`", "engine"]);
}

#[test]
fn compare_runs_two_versions() {
    let engine = Engine::new();
    let compare = |a: &str, b: &str, more: &[&str]| {
        engine
            .output(&[&["compare", &format!("engine@{a}"), &format!("engine@{b}")], more].concat())
    };
    let worse = compare("3.0.0", "5.0.0", &[]);
    let said = text(&worse.stdout);
    assert_eq!(worse.status.code(), Some(1), "{said}{}", text(&worse.stderr));
    assert!(said.contains("a::changes") && said.contains("+ open a.txt -> acces"), "{said}");
    assert!(said.contains("1 regression"), "{said}");
    // The run of both is kept, for reports.
    assert_eq!(engine.compared(), ["engine@3.0.0 3.0.0", "engine@5.0.0 5.0.0"]);
    let allowed = succeeds(compare("3.0.0", "5.0.0", &["--allow", "a::changes"]));
    assert!(allowed.contains("no regression"), "{allowed}");
    let better = succeeds(compare("5.0.0", "3.0.0", &[]));
    assert!(better.contains("no regression") && better.contains("1 fixed"), "{better}");
    let other = succeeds(compare("3.0.0", "5.0.0", &["--filter", "fine"]));
    assert!(!other.contains("a::changes"), "{other}");
    let json = compare("3.0.0", "5.0.0", &["--format", "json", "--run-out", "kept"]);
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["pairs"][0]["changes"][0]["case"], "a::changes");
    assert!(engine.0.path("kept/run.json").is_file());
}

#[test]
fn compare_runs_programs_of_the_user() {
    let engine = Engine::new();
    let bins = ["engine=", "engine@next="].map(|name| format!("{name}{FAKE_RUNNER}"));
    let bins = ["--runtime-bin", &bins[0], "--runtime-bin", &bins[1]];
    succeeds(engine.output(&[&["compare", "engine", "engine@next"], &bins[..]].concat()));
    let names: Vec<String> = engine.compared();
    assert!(names[0].starts_with("engine ") && names[1].starts_with("engine@next "), "{names:?}");
}

#[test]
fn compare_runs_a_runtime_against_an_earlier_run() {
    let engine = Engine::new();
    engine.run("engine@3.0.0", "before");
    let worse = engine.output(&["compare", "before/run.json", "engine@5.0.0"]);
    let said = text(&worse.stdout);
    assert_eq!(worse.status.code(), Some(1), "{said}{}", text(&worse.stderr));
    assert!(said.contains("1 regression") && said.contains("a::changes"), "{said}");
    assert_eq!(engine.compared(), ["engine@5.0.0 5.0.0"]);
}

#[test]
fn compare_takes_published_snapshots_without_running_anything() {
    let engine = Engine::new();
    for version in ["3.0.0", "5.0.0"] {
        engine.run(&format!("engine@{version}"), "out");
        succeeds(engine.0.output(&["snapshot", "out/run.json"]));
    }
    let started = engine.0.log().len();
    let compare = |a: &str, b: &str| engine.output(&["compare", a, b, "--published"]);
    let worse = compare("engine@3", "engine");
    let said = text(&worse.stdout);
    assert_eq!(worse.status.code(), Some(1), "{said}{}", text(&worse.stderr));
    assert!(said.contains("1 regression"), "{said}");
    assert_eq!(engine.0.log().len(), started, "something ran");
    fails(
        compare("engine@30", "engine"),
        &["no snapshot of engine@30 is published", "there are 3.0.0, 5.0.0"],
    );
    fails(
        compare("motor", "engine"),
        &["no snapshot of motor is published", "there are some of engine"],
    );
}

#[test]
fn compare_refuses_useless_and_unknown_versions() {
    let engine = Engine::new();
    for (a, b, parts) in [
        ("engine@3.0.0", "engine@3.0.0", ["A and B are both engine@3.0.0", "needs two versions"]),
        ("engine@3.0.0", "engine@4.0.0", ["fetch engine@4.0.0", "there is no engine 4.0.0"]),
        ("engine@3.0.0", "engine@a b", ["engine@a b: `engine@a b`", "no valid version"]),
        ("motor@3.0.0", "engine@5.0.0", ["there is no runtime `motor`", "engine"]),
        ("gone/run.json", "engine@5.0.0", ["gone/run.json: there is no such file", "NAME@VERSION"]),
    ] {
        fails(engine.output(&["compare", a, b]), &parts);
    }
    engine.run("engine@3.0.0", "a");
    let idle = engine.output(&["compare", "a/run.json", "a/run.json", "--timeout", "3"]);
    fails(idle, &["--timeout: nothing runs", "leave it out"]);
}

#[test]
fn each_runtime_bin_is_a_row() {
    let engine = Engine::new();
    let spec = |label: &str| format!("{label}={FAKE_RUNNER}");
    let specs = [spec("engine@old"), spec("engine@new")];
    let args = ["run", "--runtime-bin", &specs[0], "--runtime-bin", &specs[1], "-f", "fine"];
    let said = succeeds(engine.output(&args));
    let run = engine.0.run_file();
    let rows: Vec<&str> = run.runtimes.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(rows, ["engine@old", "engine@new"], "{said}");
    assert!(run.runtimes.iter().all(|row| row.source == "fake-runner (--runtime-bin)"));
    assert!(run.runtimes.iter().all(|row| row.divergences_of == "engine"));
    let wrong = engine.output(&["run", "--runtime-bin", "engine=/nowhere"]);
    fails(wrong, &["--runtime-bin engine=/nowhere: /nowhere does not exist"]);
}

/// Nobody has recorded 5.0.0, so what it does is compared with what is known about 3.0.0.
#[test]
fn a_version_without_a_snapshot_is_compared_with_the_nearest_older_one() {
    let engine = Engine::new();
    let run = |version: &str, more: &[&str]| {
        let name = format!("engine@{version}");
        succeeds(engine.output(&["runtimes", "fetch", &name]));
        let output = engine.output(&[&["run", "-r", &name, "--out", "out"], more].concat());
        (output.status.code(), text(&output.stdout))
    };
    let (_, alone) = run("3.0.0", &[]);
    assert!(!alone.contains("compared with"), "there is no snapshot at all: {alone}");
    succeeds(engine.0.output(&["snapshot", "out/run.json"]));
    let (_, recorded) = run("3.0.0", &[]);
    assert!(!recorded.contains("compared with"), "{recorded}");
    let (status, said) = run("5.0.0", &["--filter", "a::changes"]);
    assert_eq!(status, Some(1), "{said}");
    for part in [
        "compared with the baseline: 1 regression",
        "there is no engine 5.0.0 in A: compared with the newest older one, 3.0.0",
        "REGRESSED: as expected in A, not in B (1 case)",
        "a::changes (must)",
        "+ open a.txt -> acces",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // What it does as the older version did is not new.
    let (status, said) = run("5.0.0", &["--filter", "a::fine"]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("no regression"), "{said}");
    // An older version than any that is recorded has nothing to be compared with.
    let (_, older) = run("2.0.0", &["--filter", "a::fine"]);
    assert!(!older.contains("compared with"), "{older}");
}
