//! Other people's suites, in the layout of wasi-testsuite: a folder with a `manifest.json`, and
//! `X.wasm` for each test, with an optional `X.json` that says how to run it.

mod config;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use runner_kit::Globals;
use serde::Deserialize;
use walkdir::WalkDir;

use crate::case::{
    Area, Case, Ending, Expect, Files, Level, PreopenSpec, Source, check_wasm, requires,
};
use crate::support::diagnostics::{self, Problem, Problems};
use config::{Config, line_of, parse_json};

const MANIFEST: &str = "manifest.json";
/// The version of WASI that we run; what a suite is for whose manifest names none.
const OURS: &str = "wasm32-wasip1";
const SPEC: &str = "https://github.com/WebAssembly/wasi-testsuite/blob/main/doc/specification.md";

/// Reads a suite, or all suites below a folder that is none itself.
pub fn load(folder: &Path) -> Result<Vec<Case>> {
    let folder = std::path::absolute(folder).context("make the suite's path absolute")?;
    Ok(load_all(&folder)?)
}

fn load_all(folder: &Path) -> Result<Vec<Case>, Problems> {
    let mut problems = Problems::default();
    let mut cases = Vec::new();
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in find(folder)? {
        match Suite::open(&folder).and_then(|suite| {
            // Ids must tell tests of two suites apart.
            match names.insert(suite.name.clone(), suite.manifest()) {
                Some(other) => Err(suite.same_name_as(&other)),
                None => Ok(suite),
            }
        }) {
            Ok(suite) => match suite.cases() {
                Ok(found) => cases.extend(found),
                Err(found) => problems.0.extend(found.0),
            },
            Err(problem) => problems.0.push(problem),
        }
    }
    problems.into_result()?;
    Ok(cases)
}

/// The folder itself if it is a suite, else every suite below it. Below it, a manifest without any
/// module beside it belongs to the sources of a suite and is passed over.
fn find(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    if diagnostics::list(folder)?.contains(&folder.join(MANIFEST)) {
        return Ok(vec![folder.to_owned()]);
    }
    let hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    let mut found = Vec::new();
    let below = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    for entry in below.filter_entry(|entry| !hidden(entry.file_name())) {
        let entry = entry.map_err(|e| {
            Problem::new(folder, None, format!("cannot be read: {e}"), "check its permissions")
        })?;
        if entry.file_type().is_file() && entry.file_name() == MANIFEST {
            let suite = entry.path().parent().expect("a file is in a folder");
            if !with_extension(suite, "wasm")?.is_empty() {
                found.push(suite.to_owned());
            }
        }
    }
    if found.is_empty() {
        return Err(Problem::new(
            folder,
            None,
            format!("no suite found: no `{MANIFEST}` with `.wasm` files beside it, here or below"),
            "name a folder of built tests; docs/reference/wasi-testsuite.md describes the layout",
        ));
    }
    Ok(found)
}

fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Problem> {
    let mut files = diagnostics::list(folder)?;
    files.retain(|path| path.extension().is_some_and(|e| e == extension) && path.is_file());
    Ok(files)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireManifest {
    name: String,
    version: Option<String>,
}

struct Suite {
    folder: PathBuf,
    /// As people wrote it: `WASI Rust tests [wasm32-wasip1]`.
    title: String,
    /// The title as the first part of ids: `wasi_rust_tests_wasm32_wasip1`.
    name: String,
    /// Why none of its tests can run here.
    skip: Option<String>,
}

impl Suite {
    fn open(folder: &Path) -> Result<Suite, Problem> {
        let path = folder.join(MANIFEST);
        let text = diagnostics::read(&path)?;
        let manifest: WireManifest = parse_json(&path, &text)?;
        let words = manifest.name.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Err(Problem::new(
                &path,
                line_of(&text, "name"),
                format!("`{}` is no name for a suite", manifest.name),
                "use letters or digits",
            ));
        }
        let version = manifest.version.as_deref().unwrap_or(OURS);
        if !version.starts_with("wasm32-wasip") {
            return Err(Problem::new(
                &path,
                line_of(&text, "version"),
                format!("`{version}` is no version of WASI"),
                format!("write it as `{OURS}`"),
            ));
        }
        Ok(Suite {
            folder: folder.to_owned(),
            name: words.join("_").to_ascii_lowercase(),
            title: manifest.name,
            skip: (version != OURS)
                .then(|| format!("its suite is for {version}: only {OURS} is run")),
        })
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    fn same_name_as(&self, other: &Path) -> Problem {
        Problem::new(
            &self.manifest(),
            None,
            format!("the suite is called `{}` like that of {}", self.title, other.display()),
            "rename one of them, or run one at a time",
        )
    }

    fn cases(&self) -> Result<Vec<Case>, Problems> {
        let mut problems = Problems::default();
        let modules = with_extension(&self.folder, "wasm")?;
        if modules.is_empty() {
            let todo = "build the suite, or name the folder that holds the built tests";
            problems.0.push(Problem::new(
                &self.folder,
                None,
                "no test found: no `.wasm` file",
                todo,
            ));
        }
        for json in with_extension(&self.folder, "json")? {
            if !json.ends_with(MANIFEST) && !json.with_extension("wasm").is_file() {
                let what = format!("there is no `{}.wasm` beside it", stem(&json));
                problems.0.push(Problem::new(
                    &json,
                    None,
                    what,
                    "build the test or remove the file",
                ));
            }
        }
        let mut cases = Vec::new();
        for wasm in modules {
            match self.case(&wasm) {
                Ok(case) => cases.push(case),
                Err(problem) => problems.0.push(problem),
            }
        }
        problems.into_result()?;
        Ok(cases)
    }

    fn case(&self, wasm: &Path) -> Result<Case, Problem> {
        let json = wasm.with_extension("json");
        let has_json = json.is_file();
        let (config, folders) = match &self.skip {
            // What a suite for another WASI says is not for us to read.
            Some(reason) => {
                (Config { skip: Some(reason.clone()), ..Config::default() }, Folders::default())
            }
            None => {
                let todo = "build the test again";
                check_wasm(wasm).map_err(|problem| Problem { todo: todo.into(), ..problem })?;
                let text = if has_json { diagnostics::read(&json)? } else { "{}".into() };
                let config = config::parse(&json, &text)?;
                let folders = self.folders(&config, &json, &text)?;
                (config, folders)
            }
        };
        let name = stem(wasm);
        let mut case = Case {
            id: format!("{}::{name}", self.name),
            area: Area::Suite,
            title: format!("The test `{name}` of {} ends as its authors expect.", self.title),
            rules: vec![],
            spec: SPEC.into(),
            level: Level::Must,
            guest: name,
            wasm: wasm.to_owned(),
            source: Source { file: if has_json { json } else { wasm.to_owned() }, line: 1 },
            args: config.args,
            env: config.env,
            timeout: None,
            stdin: config.stdin.into_bytes(),
            socket: None,
            preopens: folders.preopens,
            files: Files::CopyOf(folders.copied),
            expect: Expect {
                exit: Some(Ending::Exit(config.exit_code)),
                stdout: config.stdout.map(|text| vec![text]),
                stderr: config.stderr.map(|text| vec![text]),
                tree: None,
            },
            requires: vec![],
            tags: BTreeSet::new(),
            globals: Globals::new(),
            skip: config.skip,
        };
        // These tests declare nothing.
        case.requires = requires::evident(&case).into_iter().map(|(needed, _)| needed).collect();
        Ok(case)
    }

    fn folders(&self, config: &Config, json: &Path, text: &str) -> Result<Folders, Problem> {
        let mut folders = Folders::default();
        let root = config.root.iter().map(|name| ("root", name, "", "/"));
        let dirs = config.dirs.iter().map(|name| ("dirs", name, name.as_str(), name.as_str()));
        for (key, name, host, guest) in root.chain(dirs) {
            let folder = self.folder.join(name);
            let wrong =
                |what: String, todo: &str| Problem::new(json, line_of(text, key), what, todo);
            if !folder.is_dir() {
                let what = format!("`{key}`: there is no folder `{name}` beside the test");
                return Err(wrong(what, "make it or correct the name"));
            }
            let clean = |part: &str| !part.is_empty() && part != "." && part != "..";
            if !host.is_empty() && !host.split('/').all(clean) {
                let what = format!("`{key}`: `{name}` cannot be a place in a copied tree");
                return Err(wrong(what, "name a folder beside the test"));
            }
            folders.copied.push((host.into(), folder));
            folders.preopens.push(PreopenSpec {
                guest: guest.into(),
                host: host.into(),
                read_only: false,
            });
        }
        Ok(folders)
    }
}

/// What stands in a test's private tree, and how its guest sees it: `root` as `/`, or each of
/// `dirs` by its name.
#[derive(Default)]
struct Folders {
    copied: Vec<(String, PathBuf)>,
    preopens: Vec<PreopenSpec>,
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
