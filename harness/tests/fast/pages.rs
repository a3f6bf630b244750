//! The `console` blocks of the documentation show what their commands print. Blocks of commands
//! that need a runtime are marked `text` instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use regex::Regex;
use snapbox::{Assert, Data};

use crate::docs::{checkout, pages};

/// Checks output against a page, in which `[..]` stands for any text within a line and `...` for
/// any number of lines.
#[test]
fn console_blocks_show_the_real_output() {
    let fence = Regex::new(r"(?ms)^( *)```console\n(.*?)^ *```$").unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in fence.captures_iter(&text) {
            let block = block[2].replace(&format!("\n{}", &block[1]), "\n");
            for (command, expected) in commands(block.trim_start_matches(' ')) {
                count += 1;
                let page = page.display().to_string();
                let name = format!("{page}: {command}");
                let result = Assert::new().try_eq(
                    Some(&name),
                    Data::text(output(&command)),
                    Data::text(expected),
                );
                wrong.extend(result.err().map(|e| e.to_string()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 4, "{count} commands found");
}

/// Each command of a block after `$ `, and its output.
fn commands(block: &str) -> Vec<(String, String)> {
    let block = block.replace("\\\n", " ");
    let prompt = Regex::new(r"(?m)^\$ ").unwrap();
    let sessions = prompt.split(&block).skip(1);
    sessions
        .map(|session| {
            let (command, output) = session.split_once('\n').unwrap();
            (command.to_owned(), output.to_owned())
        })
        .collect()
}

/// The stdout of a command, then its stderr.
fn output(command: &str) -> String {
    let ours = ["cargo run --release -- ", "wasi-conformance "];
    let words = ours.iter().find_map(|ours| command.strip_prefix(ours));
    let words = words.unwrap_or_else(|| panic!("`{command}` is not a command of this program"));
    let words = words.split_whitespace().map(|word| word.trim_matches('\''));
    let mut ours = Command::new(env!("CARGO_BIN_EXE_wasi-conformance"));
    let output = ours.args(words).current_dir(checkout()).output().unwrap();
    [output.stdout, output.stderr].iter().map(|text| String::from_utf8_lossy(text)).collect()
}

/// A bump changes the pins only. What was observed on a version is in docs/findings, which says so.
#[test]
fn prose_names_no_pinned_version() {
    let registry = fs::read_to_string(checkout().join("harness/runners/registry.yaml")).unwrap();
    let mut pinned: BTreeSet<String> = found(r"\bversion: (\d+\.\d+\.\d+)", &registry);
    for entry in fs::read_dir(checkout().join("harness/runners")).unwrap().flatten() {
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap_or_default();
        pinned.extend(found(r#""~(\d+\.\d+\.\d+)""#, &manifest));
    }
    assert!(pinned.len() > 10, "{pinned:?}");
    let blocks = Regex::new(r"(?ms)^ *```.*?^ *```$|^<!-- results.*?^<!-- end of results").unwrap();
    let observed = ["docs/findings", "reports"].map(|name| checkout().join(name));
    let is_prose = |page: &PathBuf| !observed.iter().any(|other| page.starts_with(other));
    let mut named = Vec::new();
    for page in pages().into_iter().filter(is_prose) {
        let text = fs::read_to_string(&page).unwrap();
        let prose = blocks.replace_all(&text, "");
        let versions = found(r"(?:^|[^\d.])(\d+\.\d+\.\d+)", &prose);
        let pinned = versions.intersection(&pinned);
        named.extend(pinned.map(|version| format!("{}: {version}", page.display())));
    }
    assert_eq!(named, Vec::<String>::new(), "name no version, or only its first number");
}

/// What the group of a pattern finds in a text.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|captures| captures[1].to_owned()).collect()
}
