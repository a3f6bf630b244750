//! Files of runtimes: the committed schema, paths, and mistakes.

use std::fs;

use super::*;

const COMMAND: &str = "runtimes:
  - name: mine
    kind: command
    binary: ./bin/mine
    version: { args: [], pattern: '(.*)' }
    run: ['{dirs}', '{env}', '{wasm}', '{args}']
    dir: ['{guest}']
    read_only_dir: ['{guest}', ro]
    env: ['{name}={value}']
    trap: { status: 134 }
";

fn load_text(text: &str) -> (tempfile::TempDir, Result<Vec<Entry>, String>) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.yaml");
    fs::write(&file, text).unwrap();
    let loaded = load(&file).map_err(|e| e.to_string());
    (directory, loaded)
}

#[track_caller]
fn assert_refused(text: &str, line: usize, message: &str) {
    let (directory, loaded) = load_text(text);
    let file = directory.path().join("mine.yaml");
    assert_eq!(loaded.unwrap_err(), format!("{}:{line}: {message}", file.display()));
}

#[test]
fn paths_are_relative_to_the_file() {
    let (directory, loaded) = load_text(COMMAND);
    let [Entry::Command(entry)] = &loaded.unwrap()[..] else { panic!("it is one command") };
    assert_eq!(Path::new(&entry.binary), directory.path().join("bin/mine"));
    let (_, on_path) = load_text(&COMMAND.replace("./bin/mine", "mine"));
    let [Entry::Command(entry)] = &on_path.unwrap()[..] else { panic!("it is one command") };
    assert_eq!(entry.binary, "mine");
}

#[test]
fn unknown_placeholders_are_refused() {
    for (good, bad, message) in [
        (
            "dir: ['{guest}']",
            "dir: ['{guest}={path}']",
            "`dir` has the unknown placeholder `{path}`\n    \
             its placeholders are `{host}`, `{guest}`",
        ),
        (
            "ro]",
            "'{dir}']",
            "`read_only_dir` has the unknown placeholder `{dir}`\n    \
             its placeholders are `{host}`, `{guest}`",
        ),
        (
            "{value}",
            "{val}",
            "`env` has the unknown placeholder `{val}`\n    \
             its placeholders are `{name}`, `{value}`",
        ),
        (
            "'{wasm}'",
            "'{wasm}', '{module}'",
            "`run` has the unknown placeholder `{module}`\n    \
             its placeholders are `{dirs}`, `{env}`, `{args}`, `{wasm}`",
        ),
    ] {
        assert!(COMMAND.contains(good));
        let message = format!("runtime `mine`: {message}");
        assert_refused(&COMMAND.replace(good, bad), 2, &message);
    }
    // Braces around anything else are text.
    assert!(load_text(&COMMAND.replace("'{wasm}'", "'{wasm}', '{}', '{A}'")).1.is_ok());
}

#[test]
fn mistakes_in_keys_name_the_entry_and_the_page() {
    let help = "docs/reference/registry.md describes every key";
    for (good, bad, message) in [
        ("    kind: command\n", "", "2: runtimes[0]: missing field `kind`"),
        (
            "kind: command",
            "kind: commando",
            "3: runtimes[0].kind: unknown variant `commando`, expected one of `library`, `script`, \
             `command`",
        ),
        ("    env: ['{name}={value}']\n", "", "2: runtimes[0]: missing field `env`"),
    ] {
        assert!(COMMAND.contains(good));
        let (_, loaded) = load_text(&COMMAND.replace(good, bad));
        let error = loaded.unwrap_err();
        assert!(error.contains(&format!(":{message}\n    {help}")), "{error}");
    }
    let (_, loaded) = load_text(&COMMAND.replace("    trap:", "    trip:"));
    let error = loaded.unwrap_err();
    assert!(error.contains(": runtimes[0]: unknown field `trip`, expected one of"), "{error}");
    let (_, loaded) = load_text(&COMMAND.replace("pattern:", "regex:"));
    let error = loaded.unwrap_err();
    assert!(error.contains(":5: runtimes[0].version: unknown field `regex`"), "{error}");
    let (_, loaded) = load_text(&COMMAND.replace("runtimes:", "more: 1\nruntimes:"));
    assert!(loaded.unwrap_err().contains(": unknown field `more`, expected `runtimes`"));
}

#[test]
fn a_library_needs_its_package() {
    let (directory, loaded) = load_text("runtimes: [{ name: mine, kind: library }]");
    let what = format!("there is no package in {}", directory.path().join("mine").display());
    assert!(loaded.unwrap_err().contains(&what));
}

#[test]
fn bad_pins_are_refused() {
    let hash = format!("sha512-{}", "A".repeat(88));
    for (pin, message) in [
        (
            "version: 26, hashes: {}".into(),
            "the pin 26 has neither `hashes` nor `lock`\n    add one of them",
        ),
        (
            format!("version: latest, hashes: {{ x: {hash} }}"),
            "`latest` in `pins` is not an exact version\n    write it as in `26.12.1`",
        ),
        (
            format!("version: 1.0.0, lock: none.json, hashes: {{ x: {hash} }}"),
            "the pin 1.0.0 has both `hashes` and `lock`\n    keep one of them",
        ),
        (
            "version: 1.0.0, hashes: { x: sha1-abc }".into(),
            "the pin 1.0.0 has a wrong hash of `x`\n    \
             write `sha512-` and 88 characters, as npm shows it",
        ),
    ] {
        let fetch = format!("    fetch: {{ npm: {{ packages: [x], pins: [{{ {pin} }}] }} }}\n");
        let text = COMMAND.to_owned() + &fetch;
        let message = format!("runtime `mine`: {message}");
        assert_refused(&text, 2, &message);
    }
}
