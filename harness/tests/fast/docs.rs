//! Checks of the documentation: every key and every option is described, every example is valid, and
//! every link has a target.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, Parser};
use regex::Regex;
use runner_kit::protocol::{Reply, Request};
use serde_json::{Value, json};
use walkdir::WalkDir;
use wasi_conformance::cli::Cli;
use wasi_conformance::results::run_file::{FORMAT, Run, VerdictRow};

/// A schema, and the pages that together describe each of its keys: first the files that people write,
/// then the files that the program writes.
const REFERENCES: [(&str, &[&str]); 7] = [
    (CASES, &["docs/reference/cases.md"]),
    (FAMILIES, &["docs/reference/families.md", "docs/reference/cases.md"]),
    (DIVERGENCES, &["docs/reference/divergences.md", "docs/reference/cases.md"]),
    (REGISTRY, &["docs/reference/registry.md"]),
    ("reports/run.schema.json", &["docs/reference/run-file.md", "docs/reference/verdicts.md"]),
    ("reports/snapshot.schema.json", &[SNAPSHOT]),
    // A comparison shows cases as a snapshot has them.
    ("reports/comparison.schema.json", &["docs/reference/comparison.md", SNAPSHOT]),
];

/// A page with examples in YAML, and the schema they follow.
const EXAMPLES: [(&str, &str); 8] = [
    ("docs/how-to/add-a-runtime.md", REGISTRY),
    ("docs/how-to/runtime-recipes.md", REGISTRY),
    ("docs/reference/cases.md", CASES),
    ("docs/reference/families.md", FAMILIES),
    ("docs/reference/divergences.md", DIVERGENCES),
    ("docs/reference/preview2.md", CASES),
    ("docs/reference/registry.md", REGISTRY),
    ("docs/tutorial/first-half-hour.md", CASES),
];

const CASES: &str = "expectations/schema.json";
const DIVERGENCES: &str = "expectations/divergences/schema.json";
const FAMILIES: &str = "expectations/families/schema.json";
const REGISTRY: &str = "harness/runners/registry.schema.json";
const SNAPSHOT: &str = "docs/reference/snapshot.md";

pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the harness is in the checkout")
}

fn read(path: &str) -> String {
    let path = checkout().join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The texts between backquotes, outside of examples.
fn spoken_of(page: &str) -> BTreeSet<String> {
    let prose = Regex::new(r"(?ms)^ *```.*?^ *```$").unwrap().replace_all(page, "").into_owned();
    let code = Regex::new("`([^`\n]+)`").unwrap();
    code.captures_iter(&prose).map(|found| found[1].to_owned()).collect()
}

/// The examples of a page in one language, without their fences.
fn examples(page: &str, language: &str) -> Vec<String> {
    let fence = format!(r"(?ms)^```{language}\n(.*?)^```$");
    Regex::new(&fence).unwrap().captures_iter(page).map(|found| found[1].to_owned()).collect()
}

/// Every key of a schema, and every word that it allows as a value.
fn keys_and_words(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                found.extend(properties.keys().cloned());
            }
            let words = map.get("enum").and_then(Value::as_array).into_iter().flatten();
            let words = words.chain(map.get("const"));
            found.extend(words.filter_map(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| keys_and_words(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys_and_words(value, found)),
        _ => {}
    }
}

/// Every key of a JSON value, at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().cloned());
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

fn assert_described(pages: &[&str], wanted: &BTreeSet<String>) {
    let described = pages.iter().flat_map(|page| spoken_of(&read(page))).collect();
    let missing: Vec<&String> = wanted.difference(&described).collect();
    assert!(missing.is_empty(), "{pages:?} do not describe {missing:?}");
}

/// A validator of one of our schemas, which may refer to the schema of cases.
fn validator(schema: &str) -> jsonschema::Validator {
    let root = "file:///expectations/";
    let cases: Value = serde_json::from_str(&read("expectations/schema.json")).unwrap();
    let mut schema: Value = serde_json::from_str(&read(schema)).unwrap();
    schema["$id"] = json!(format!("{root}divergences/schema.json"));
    let cases = jsonschema::Resource::from_contents(cases);
    let registry = jsonschema::Registry::new()
        .add(format!("{root}schema.json"), cases)
        .and_then(|registry| registry.prepare())
        .expect("the schema of cases can be referred to");
    jsonschema::options().with_registry(&registry).build(&schema).expect("the schema is one")
}

#[test]
fn every_key_of_the_schemas_is_documented() {
    for (schema, pages) in REFERENCES {
        let mut wanted = BTreeSet::new();
        keys_and_words(&serde_json::from_str(&read(schema)).unwrap(), &mut wanted);
        assert_described(pages, &wanted);
    }
}

#[test]
fn yaml_examples_are_valid() {
    for (page, schema) in EXAMPLES {
        let validator = validator(schema);
        for example in examples(&read(page), "yaml") {
            let mut value: Value = serde_yaml::from_str(&example)
                .unwrap_or_else(|e| panic!("{page}: {e} in\n{example}"));
            if schema == CASES && value.get("area").is_none() {
                value = file_of_cases(value);
            }
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{page}: {errors:?} in\n{example}");
        }
    }
}

/// A whole file of cases, from the keys of one case or from a list of cases. Keys that an example
/// leaves out do not matter here.
fn file_of_cases(example: Value) -> Value {
    let complete = |keys: &Value| {
        let mut case = json!({ "id": "x", "rules": ["x"], "guest": "x" });
        case.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        case
    };
    let cases: Vec<Value> = match &example {
        Value::Array(cases) => cases.iter().map(complete).collect(),
        keys => vec![complete(keys)],
    };
    json!({ "area": "fd", "spec": "https://x", "cases": cases })
}

#[test]
fn protocol_examples_are_valid_messages() {
    for example in examples(&read("docs/reference/runner-protocol.md"), "json") {
        for line in example.lines() {
            let reply = serde_json::from_str::<Reply>(line).map(drop);
            let request = serde_json::from_str::<Request>(line).map(drop);
            assert!(reply.is_ok() || request.is_ok(), "{reply:?}, {request:?} in\n{line}");
        }
    }
}

#[test]
fn every_key_of_a_run_file_is_documented() {
    let verdicts = examples(&read("docs/reference/run-file.md"), "json");
    let [verdict] = verdicts.as_slice() else { panic!("the page shows one verdict") };
    let verdict: VerdictRow = serde_json::from_str(verdict).expect("the example is a verdict");
    let host = json!({ "os": "", "arch": "", "cpus": 1, "jobs": 1 });
    let times = json!({ "build_ms": 0, "start_ms": 0, "compile_ms": 0, "execute_ms": 0 });
    // Parsing refuses missing keys and unknown keys.
    let run: Run = serde_json::from_value(json!({
        "format": FORMAT, "tool": "", "started": "", "seconds": 0.0, "complete": true,
        "host": host,
        "cases_digest": "", "filters": [], "shard": { "index": 1, "of": 2 },
        "merged": [{
            "started": "", "seconds": 0.0, "complete": true, "tool": "", "host": host,
            "filters": [], "shard": null, "runtimes": [], "unavailable": [],
        }],
        "runtimes": [{
            "name": "", "version": "", "details": "", "source": "", "divergences_of": "",
            "unavailable": null, "required": false, "smoke_test_failure": null, "repeats": 1, "times": times,
        }],
        "cases": [{
            "id": "", "area": "fd", "level": "must", "basis": "wasi", "title": "", "rules": [], "spec": "",
            "requires": [], "tags": [], "guest": "",
            "args": [], "env": [], "stdin": "", "socket": null, "timeout": null,
            "preopens": [{ "guest": "", "host": "", "read_only": false }], "fs": null,
            "exit": null, "stdout": [], "stderr": [], "fs_after": null, "source": "", "guest_sources": [],
        }],
        "sources": {},
        "rules": [{ "id": "", "basis": "wasi", "level": "must", "text": "", "spec": "", "untested": null }],
        "verdict_count": 1,
        "verdicts": [verdict],
    }))
    .expect("these are the keys of a run");
    let mut wanted = BTreeSet::new();
    keys(&serde_json::to_value(&run).unwrap(), &mut wanted);
    assert_described(&["docs/reference/run-file.md"], &wanted);
    assert!(read("docs/reference/run-file.md").contains(&format!("Format version {FORMAT}.")));
}

#[test]
fn every_command_and_option_is_documented() {
    let words: BTreeSet<String> = spoken_of(&read("docs/reference/command-line.md"))
        .iter()
        .flat_map(|code| code.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let cli = Cli::command();
    let commands = std::iter::once(&cli).chain(cli.get_subcommands());
    let options = commands.flat_map(clap::Command::get_arguments).filter_map(clap::Arg::get_long);
    let wanted: BTreeSet<String> = options
        .map(|option| format!("--{option}"))
        .chain(cli.get_subcommands().map(|command| command.get_name().to_owned()))
        .collect();
    let missing: Vec<&String> = wanted.difference(&words).collect();
    assert!(missing.is_empty(), "docs/reference/command-line.md does not describe {missing:?}");
}

#[test]
fn every_command_in_an_example_parses() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for words in commands(&text) {
            count += 1;
            if let Err(e) = Cli::try_parse_from(&words) {
                let why = e.to_string();
                let why = why.lines().next().unwrap_or_default();
                wrong.push(format!("{}: {}: {why}", page.display(), words.join(" ")));
            }
        }
    }
    assert!(wrong.is_empty(), "these cannot be typed:\n{}", wrong.join("\n"));
    assert!(count > 50, "{count} commands found");
}

/// Our commands in the shell sessions of a page, each as its words. Variables stand for 1.
fn commands(page: &str) -> Vec<Vec<String>> {
    let fence = Regex::new(r"(?ms)^ *```(?:text|console)\n(.*?)^ *```$").unwrap();
    let typed =
        Regex::new(r"^ *\$ (?:.* && )?(?:wasi-conformance|cargo run --release --) (.*)$").unwrap();
    let word = Regex::new(r#"'([^']*)'|"([^"]*)"|([^\s'"]+)"#).unwrap();
    let variable = Regex::new(r"\$\w+").unwrap();
    let sessions = fence.captures_iter(page).map(|found| found[1].replace("\\\n", " "));
    let lines: Vec<String> =
        sessions.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    // An example of a mistake shows the error.
    let is_mistake = |i: usize| lines.get(i + 1).is_some_and(|next| next.starts_with("error: "));
    let right = lines.iter().enumerate().filter(|(i, _)| !is_mistake(*i)).map(|(_, line)| line);
    let rest = right.filter_map(|line| Some(typed.captures(line)?[1].to_owned()));
    rest.map(|rest| {
        let words = word.captures_iter(&rest).map(|found| {
            let bare = found.get(3).map(|bare| bare.as_str());
            (
                bare.is_some(),
                variable
                    .replace_all(found.iter().skip(1).flatten().next().unwrap().as_str(), "1")
                    .into_owned(),
            )
        });
        // The rest belongs to the shell.
        let shell = |(bare, word): &(bool, String)| {
            *bare && ["|", "||", "&&", ";", ">", "2>&1", "#"].contains(&word.as_str())
        };
        let typed = words
            .take_while(|word| !shell(word))
            .map(|(_, word)| word.trim_end_matches(';').to_owned());
        std::iter::once("wasi-conformance".to_owned()).chain(typed).collect()
    })
    .collect()
}

#[test]
fn every_relative_link_has_a_target() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for target in link.captures_iter(&text).map(|found| found[1].to_owned()) {
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let file = match file {
                "" => page.clone(),
                file => page.parent().expect("a page is in a directory").join(file),
            };
            let found = file.exists() && (heading.is_empty() || has_heading(&file, heading));
            if !found {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// Every handwritten page of the checkout.
pub fn pages() -> Vec<PathBuf> {
    let entries = WalkDir::new(checkout()).into_iter().filter_entry(|entry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !(name.starts_with('.') || name == "target")
    });
    let paths = entries.map(|entry| entry.expect("the checkout can be read").into_path());
    paths.filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// Whether a page has a heading with this anchor, made as the usual renderers make it.
fn has_heading(page: &Path, anchor: &str) -> bool {
    let text = fs::read_to_string(page).unwrap();
    text.lines().filter(|line| line.starts_with('#')).any(|line| {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let title: String = line.trim_start_matches('#').trim().chars().filter(kept).collect();
        title.to_lowercase().replace(' ', "-") == anchor
    })
}
