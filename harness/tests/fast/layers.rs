//! The layers of ARCHITECTURE.md hold: imports point down only, files do not import each other in
//! circles, and only the command line knows clap.
//!
//! Imports are read from the text: `use` declarations, paths that begin with `crate::` or `super::`,
//! and those of child modules. A `pub use` of a child module only passes a name on, so it counts as no import.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;

/// Each layer, from the bottom up, and the layers that it may import.
const LAYERS: [(&str, &[&str]); 14] = [
    ("support", &[]),
    ("case", &["support"]),
    ("instrument", &["case", "support"]),
    ("known", &["case", "support"]),
    ("modelled", &["known", "case", "support"]),
    ("observe", &["case", "support"]),
    ("interop", &["case", "support"]),
    ("verdict", &["known", "observe", "case", "support"]),
    ("results", &["verdict", "known", "observe", "instrument", "case", "support"]),
    ("report", &["results", "verdict", "known", "instrument", "case", "support"]),
    ("runtime", &["verdict", "observe", "instrument", "case", "support"]),
    (
        "exec",
        &[
            "runtime",
            "results",
            "interop",
            "verdict",
            "known",
            "observe",
            "instrument",
            "case",
            "support",
        ],
    ),
    ("explore", &["runtime", "known", "observe", "case", "support"]),
    (
        "cli",
        &[
            "explore",
            "report",
            "exec",
            "results",
            "runtime",
            "interop",
            "verdict",
            "modelled",
            "known",
            "observe",
            "instrument",
            "case",
            "support",
        ],
    ),
];

/// A module's path within the crate, `results::compare::rows`, and its file.
type Modules = BTreeMap<String, PathBuf>;

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every module of the library that is not a test.
fn modules() -> Modules {
    let files = WalkDir::new(sources()).into_iter().map(|entry| entry.unwrap().into_path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let named = files.map(|path| {
        let name = path.strip_prefix(sources()).unwrap().with_extension("");
        let name = name.to_str().unwrap().replace('/', "::");
        (name.trim_end_matches("::mod").to_owned(), path)
    });
    let outside = ["lib", "main", "bundled_files"];
    named
        .filter(|(name, _)| !outside.contains(&name.as_str()) && !name.ends_with("tests"))
        .collect()
}

/// The code of a file without comments and unit tests, which come last.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d` and `a::c::e`.
fn expand(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inside = rest.rsplit_once('}').map_or(rest, |(inside, _)| inside);
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in inside.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            c => parts.last_mut().unwrap().push(c),
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(|part| expand(&format!("{}{part}", before.trim()))).collect()
}

/// The modules that one module imports.
fn imports(name: &str, path: &Path, modules: &Modules) -> BTreeSet<String> {
    let code = code(path);
    let declaration = Regex::new(r"(?m)^\s*(pub(?:\([^)]*\))? )?use ([^;]+);").unwrap();
    let inline = Regex::new(r"\b((?:crate|super)(?:::[a-z_0-9]+)+)").unwrap();
    let mut paths: Vec<String> = Vec::new();
    for found in declaration.captures_iter(&code) {
        let tree = found[2].split_whitespace().collect::<Vec<_>>().join(" ");
        let passed_on = found.get(1).is_some() && !tree.starts_with("crate");
        if !passed_on {
            paths.extend(expand(&tree));
        }
    }
    let without_uses = declaration.replace_all(&code, "");
    paths.extend(inline.captures_iter(&without_uses).map(|found| found[1].to_owned()));
    let child = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?mod ([a-z_0-9]+);").unwrap();
    for child in child.captures_iter(&code).map(|found| found[1].to_owned()) {
        let used = Regex::new(&format!(r"(?:^|[^:\w]){child}::")).unwrap();
        paths.extend(used.is_match(&without_uses).then_some(child));
    }
    let targets = paths.iter().filter_map(|path| resolve(name, path, modules));
    targets.filter(|target| target != name).collect()
}

/// The module of this crate that a path in a module refers to, if any.
fn resolve(from: &str, path: &str, modules: &Modules) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    let mut base: Vec<&str> = from.split("::").collect();
    match parts[0] {
        "crate" => {
            base.clear();
            parts.remove(0);
        }
        "self" => drop(parts.remove(0)),
        "super" => {
            while parts.first() == Some(&"super") {
                base.pop();
                parts.remove(0);
            }
        }
        // A child module, or another crate.
        _ => {}
    }
    let full = [base, parts].concat();
    let prefixes = (1..=full.len()).rev().map(|n| full[..n].join("::"));
    let mut known = prefixes.filter(|prefix| modules.contains_key(prefix));
    known.next()
}

fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules();
    assert!(modules.len() > 60, "{} modules found", modules.len());
    modules.iter().map(|(name, path)| (name.clone(), imports(name, path, &modules))).collect()
}

fn layer(module: &str) -> &str {
    module.split("::").next().unwrap_or_default()
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (module, imported) in graph() {
        let found = LAYERS.iter().find(|(name, _)| *name == layer(&module));
        let (_, allowed) = found.unwrap_or_else(|| panic!("{module} is in no known layer"));
        let up = imported
            .iter()
            .filter(|target| layer(target) != layer(&module) && !allowed.contains(&layer(target)));
        wrong.extend(up.map(|target| format!("{module} imports {target}")));
    }
    assert!(wrong.is_empty(), "imports that point up:\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let graph = graph();
    let reaches = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut todo: Vec<&str> = graph[from].iter().map(String::as_str).collect();
        while let Some(next) = todo.pop() {
            if seen.insert(next) {
                todo.extend(graph[next].iter().map(String::as_str));
            }
        }
        seen
    };
    let circular: Vec<&String> =
        graph.keys().filter(|name| reaches(name).contains(name.as_str())).collect();
    assert!(circular.is_empty(), "these are part of import cycles: {circular:#?}");
}

#[test]
fn only_the_command_line_knows_clap() {
    let modules = modules();
    let below = modules.iter().filter(|(name, _)| layer(name) != "cli");
    let knowing: Vec<&String> = below
        .filter(|(_, path)| Regex::new(r"\bclap\b").unwrap().is_match(&code(path)))
        .map(|(name, _)| name)
        .collect();
    assert!(knowing.is_empty(), "these know clap: {knowing:?}");
}

#[test]
fn files_are_short() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let is_built = |name: &OsStr| name == "target" || name == "node_modules";
    let long: Vec<String> = ["harness", "guests", "xtask"]
        .iter()
        .flat_map(|name| {
            let files = WalkDir::new(repository.join(name)).into_iter();
            files.filter_entry(|entry| !is_built(entry.file_name()))
        })
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| {
            let extension = path.extension().unwrap_or_default();
            ["rs", "js", "mjs", "py", "c", "h"].iter().any(|known| extension == *known)
        })
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 400)
        .map(|(lines, path)| format!("{}: {lines} lines", path.display()))
        .collect();
    assert!(long.is_empty(), "files over 400 lines:\n{}", long.join("\n"));
}

#[test]
fn few_files_stand_at_the_root() {
    let entries = fs::read_dir(sources()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = entries.filter(|path| path.is_file()).collect();
    assert!(files.len() <= 6, "{files:?}");
}

/// The other tests rely on this.
#[test]
fn imports_are_read_from_the_text() {
    assert_eq!(
        expand("crate::a::{self, b::{C, D}, e}"),
        ["crate::a::self", "crate::a::b::C", "crate::a::b::D", "crate::a::e"]
    );
    let names = ["results", "results::compare", "results::compare::rows", "report"];
    let modules: Modules = names.iter().map(|name| ((*name).into(), PathBuf::new())).collect();
    let to = |path| resolve("results::compare", path, &modules);
    assert_eq!(to("super::merge"), Some("results".into()));
    assert_eq!(to("rows::Rows"), Some("results::compare::rows".into()));
    assert_eq!(to("crate::report::Format"), Some("report".into()));
    assert_eq!(to("std::fs"), Some("results::compare".into()));
}
