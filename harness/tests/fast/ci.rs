//! The GitHub Action and the page about CI: the YAML is valid, every command in it parses, and the
//! steps of the action do what its description says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use clap::Parser;
use regex::Regex;
use serde_yaml::Value;
use wasi_conformance::cli::Cli;
use wasi_conformance::results::run_file::Run;

use crate::support::{Checkout, FAKE_CASES, case, good_case};

const PAGE: &str = "docs/how-to/run-in-ci.md";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap()
}

fn action() -> Value {
    serde_yaml::from_str(&read("action.yml")).unwrap()
}

fn names(map: &Value) -> BTreeSet<String> {
    let keys = map.as_mapping().into_iter().flat_map(|map| map.keys());
    keys.map(|key| key.as_str().unwrap().to_owned()).collect()
}

fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    Regex::new(pattern).unwrap().captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// The YAML examples of the page about CI.
fn examples() -> Vec<Value> {
    let page = read(PAGE);
    let fence = Regex::new(r"(?ms)^```yaml\n(.*?)^```$").unwrap();
    let texts = fence.captures_iter(&page).map(|found| found[1].to_owned());
    texts
        .map(|text| serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{e} in\n{text}")))
        .collect()
}

/// Every string in a value.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Sequence(list) => list.iter().for_each(|value| texts(value, found)),
        Value::Mapping(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// A script is read as it runs: a mistake at its end shows after an hour.
#[test]
fn every_script_of_ci_can_be_parsed() {
    for entry in std::fs::read_dir(repository().join(".ci")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let output = Command::new("bash").arg("-n").arg(&path).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {message}", path.display());
        }
    }
}

#[test]
fn every_input_of_the_action_is_declared_and_used() {
    let text = read("action.yml");
    let action = action();
    let inputs = names(&action["inputs"]);
    assert_eq!(found(r"\binputs\.([a-z-]+)", &text), inputs);
    assert_eq!(action["runs"]["using"], "composite");
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    let mut given = BTreeSet::new();
    let official = Regex::new(r"^actions/[a-z-]+@v\d+$").unwrap();
    for step in steps {
        match step["uses"].as_str() {
            // Only GitHub's own actions, at a major version.
            Some(uses) => {
                assert!(official.is_match(uses), "{uses}")
            }
            None => assert_eq!(step["shell"], "bash"),
        }
        // The value of an input never becomes part of a script.
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step:?}");
        given.extend(names(&step["env"]));
    }
    let script = read(".github/action.sh");
    assert_eq!(found(r"\b(WC_[A-Z_]+)", &script), given);
    let written = found(r"\bsteps\.[a-z]+\.outputs\.([a-z]+)", &text);
    for output in written {
        assert!(script.contains(&format!("{output}=")), "nothing writes {output}");
    }
}

#[test]
fn the_page_documents_every_input_and_uses_no_other() {
    let page = read(PAGE);
    let action = action();
    let inputs = names(&action["inputs"]);
    for name in inputs.iter().chain(&names(&action["outputs"])) {
        assert!(page.contains(&format!("| `{name}` |")), "{PAGE} does not describe `{name}`");
    }
    let mut uses = 0;
    for example in examples() {
        let jobs = example["jobs"].as_mapping().into_iter().flat_map(|jobs| jobs.values());
        for step in jobs.flat_map(|job| job["steps"].as_sequence().unwrap()) {
            if step["uses"] == "./wasi-conformance" {
                uses += 1;
                let unknown: Vec<_> = names(&step["with"]).difference(&inputs).cloned().collect();
                assert!(unknown.is_empty(), "{unknown:?} in {step:?}");
            }
        }
    }
    assert!(uses >= 4, "{uses}");
}

#[test]
fn every_command_of_the_pages_parses() {
    let variable = Regex::new(r"\$\w+").unwrap();
    let mut lines = Vec::new();
    examples().iter().for_each(|example| texts(example, &mut lines));
    lines.extend([read(PAGE), read("docs/how-to/shard.md")]);
    let lines: Vec<String> =
        lines.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    let commands = lines.iter().filter_map(|line| {
        let line = line.trim_start_matches(['$', ' ']);
        line.starts_with("wasi-conformance ").then(|| line.split(" ||").next().unwrap().to_owned())
    });
    let mut count = 0;
    for command in commands {
        let typed = variable.replace_all(&command, "1").into_owned();
        let parsed = Cli::try_parse_from(typed.split_whitespace());
        assert!(parsed.is_ok(), "{typed}: {}", parsed.err().unwrap());
        count += 1;
    }
    assert!(count >= 5, "{count}");
}

/// A user's repository in which the action runs, and the files that GitHub reads afterwards.
struct Job {
    checkout: Checkout,
}

impl Job {
    fn new() -> Self {
        let checkout = Checkout::with_fake("correct");
        let bad = case("bad", "[open, a.txt]", "open a.txt -> acces\n");
        let cases = [good_case("fine"), good_case("good"), bad];
        checkout.write("expectations/a.yaml", format!("{FAKE_CASES}{}", cases.concat()));
        Job { checkout }
    }

    fn step(&self, name: &str, variables: &[(&str, &str)]) -> Output {
        for file in ["output", "summary"] {
            self.checkout.write(file, "");
        }
        let mut command = Command::new(repository().join(".github/action.sh"));
        command.arg(name).current_dir(self.checkout.root());
        command.env("WASI_CONFORMANCE", env!("CARGO_BIN_EXE_wasi-conformance"));
        command.env("WASI_CONFORMANCE_CACHE", self.checkout.path("cache"));
        command.env("GITHUB_OUTPUT", self.checkout.path("output"));
        command.env("GITHUB_STEP_SUMMARY", self.checkout.path("summary"));
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.checkout.path(file)).unwrap()
    }
}

#[test]
fn a_run_step_writes_outputs_and_a_summary() {
    let job = Job::new();
    let step = job.step(
        "run",
        &[("WC_RUNTIME", "node"), ("WC_FILTER", "fine\n\ngood\n"), ("WC_ARGS", "-j 1")],
    );
    assert_eq!(step.status.code(), Some(0), "{}", String::from_utf8_lossy(&step.stderr));
    assert_eq!(job.read("output"), "run=wasi-conformance-results/run.json\nstatus=0\n");
    let run = Run::read(&job.checkout.path("wasi-conformance-results/run.json")).unwrap();
    assert_eq!((run.verdicts.len(), run.host.jobs), (2, 1));
    assert!(job.read("summary").contains("nothing unexpected"), "{}", job.read("summary"));
    assert!(job.checkout.path("wasi-conformance-results/junit.xml").is_file());
}

#[test]
fn fail_on_decides_which_results_fail_the_step() {
    let job = Job::new();
    let step =
        |more: (&str, &str)| job.step("run", &[("WC_RUNTIME", "node"), ("WC_OUT", "out"), more]);
    assert_eq!(step(("WC_FAIL_ON", "")).status.code(), Some(1));
    assert_eq!(job.read("output"), "run=out/run.json\nstatus=1\n");
    // The summary lists unexpected verdicts only.
    let summary = job.read("summary");
    assert!(summary.contains("a::bad") && !summary.contains("a::good"), "{summary}");
    assert_eq!(step(("WC_FAIL_ON", "never")).status.code(), Some(0));
    assert_eq!(step(("WC_FAIL_ON", "regression")).status.code(), Some(2));
    let wrong = step(("WC_FAIL_ON", "always"));
    assert_eq!(wrong.status.code(), Some(2));
    let said = String::from_utf8_lossy(&wrong.stdout).into_owned();
    assert_eq!(said, "::error::fail-on: `always` must be unexpected, regression or never\n");
}

#[test]
fn shards_of_other_jobs_are_merged() {
    let job = Job::new();
    for (shard, out) in [("1/2", "parts/a"), ("2/2", "parts/b")] {
        let variables =
            [("WC_RUNTIME", "node"), ("WC_SHARD", shard), ("WC_OUT", out), ("WC_FAIL_ON", "never")];
        assert_eq!(job.step("run", &variables).status.code(), Some(0));
    }
    let step = job.step("run", &[("WC_MERGE", "parts"), ("WC_OUT", "whole")]);
    assert_eq!(step.status.code(), Some(1), "one case fails");
    assert_eq!(Run::read(&job.checkout.path("whole/run.json")).unwrap().verdicts.len(), 3);
    fs::remove_dir_all(job.checkout.path("parts/b")).unwrap();
    job.step("run", &[("WC_MERGE", "parts"), ("WC_OUT", "whole")]);
    assert!(
        job.read("summary").contains("Incomplete: shard 2/2 is not there"),
        "{}",
        job.read("summary")
    );
}

#[test]
fn usage_errors_fail_the_step_even_with_fail_on_never() {
    let job = Job::new();
    for variable in [("WC_RUNTIME", "nod"), ("WC_FILTER", "nothing like it"), ("WC_SHARD", "0/3")] {
        let step = job.step("run", &[variable, ("WC_FAIL_ON", "never")]);
        assert_eq!(step.status.code(), Some(2), "{variable:?}");
        assert_eq!(job.read("output"), "");
    }
    assert_eq!(job.step("walk", &[]).status.code(), Some(2));
}

#[test]
fn the_cache_key_names_the_machine_and_the_version() {
    let job = Job::new();
    let key = || {
        let step = job.step("key", &[("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64")]);
        assert!(step.status.success(), "{}", String::from_utf8_lossy(&step.stderr));
        job.read("output")
    };
    let first = key();
    let form = Regex::new(
        r"^cache=(.*)\nkey=wasi-conformance-Linux-X64-[0-9a-f]{16}\nrestore=wasi-conformance-Linux-X64-\n$",
    )
    .unwrap();
    let cache = form.captures(&first).unwrap_or_else(|| panic!("{first}"))[1].to_owned();
    assert_eq!(Path::new(&cache), job.checkout.path("cache"));
    assert_eq!(key(), first);
}

#[test]
fn a_regression_from_the_baseline_fails_the_step() {
    let job = Job::new();
    let node = ("WC_RUNTIME", "node");
    job.step("run", &[node, ("WC_OUT", "before"), ("WC_FAIL_ON", "never")]);
    let baseline = ("WC_BASELINE", "before/run.json");
    // A case that failed before is no regression.
    let step = job.step("run", &[node, baseline]);
    assert_eq!(step.status.code(), Some(0), "{}", String::from_utf8_lossy(&step.stderr));
    assert!(job.read("output").ends_with("status=1\nregressed=false\n"), "{}", job.read("output"));
    job.checkout.fake("contrary");
    let step = job.step("run", &[node, baseline]);
    assert_eq!(step.status.code(), Some(1));
    assert!(job.read("output").ends_with("regressed=true\n"), "{}", job.read("output"));
    // The comparison comes first, then the comment, whose heading has the counts.
    let summary = job.read("summary");
    let (compared, ran) = (summary.find("a::good"), summary.find(" verdicts in "));
    assert!(compared.is_some() && compared < ran, "{summary}");
    assert!(job.checkout.path("wasi-conformance-results/comparison.md").is_file());
    let allowed = job.step("run", &[node, baseline, ("WC_ALLOW", "fine\ngood")]);
    assert_eq!(allowed.status.code(), Some(0), "{}", job.read("summary"));
    assert_eq!(job.step("run", &[node, ("WC_BASELINE", "gone")]).status.code(), Some(2));
    // The published snapshots have nothing about the cases of this job.
    let step = job.step("run", &[node, ("WC_BASELINE", "published")]);
    let said = String::from_utf8_lossy(&step.stderr);
    assert!(said.contains("expectations/snapshots"), "{said}");
}
