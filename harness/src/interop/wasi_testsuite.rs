//! Tests in the layout of wasi-testsuite: a directory with a `manifest.json`, and `X.wasm` for each
//! test, with an optional `X.json` that says how to run it.

mod config;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::FileType;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use runner_kit::Globals;
use serde::Deserialize;
use walkdir::WalkDir;

use crate::case::{
    Area, Basis, Case, Ending, Expect, Files, Level, PreopenSpec, Source, check_wasm, requires,
};
use crate::support::bytes;
use crate::support::diagnostics::{self, Problem, Problems};
use config::{Config, line_of, parse_json};

const MANIFEST: &str = "manifest.json";
/// The version of WASI that can be run, and the one that a manifest without a version means.
const OURS: &str = "wasm32-wasip1";
const SPEC: &str = "https://github.com/WebAssembly/wasi-testsuite/blob/main/doc/specification.md";

/// Reads the tests of a directory or, if it has no manifest, of all directories below it.
pub fn load(directory: &Path) -> Result<Vec<Case>> {
    let directory = std::path::absolute(directory).context("make the path absolute")?;
    Ok(load_all(&directory)?)
}

fn load_all(directory: &Path) -> Result<Vec<Case>, Problems> {
    let mut problems = Problems::default();
    let mut cases = Vec::new();
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in find(directory)? {
        match TestDirectory::open(&path).and_then(|directory| {
            // Ids must tell the tests of two directories apart.
            match names.insert(directory.name.clone(), directory.manifest()) {
                Some(other) => Err(directory.same_name_as(&other)),
                None => Ok(directory),
            }
        }) {
            Ok(directory) => match directory.cases() {
                Ok(found) => cases.extend(found),
                Err(found) => problems.0.extend(found.0),
            },
            Err(problem) => problems.0.push(problem),
        }
    }
    problems.into_result()?;
    Ok(cases)
}

/// The directory itself if it has a manifest, otherwise every directory below it that has one. Below it, a
/// manifest without modules belongs to the sources of tests and is ignored.
fn find(directory: &Path) -> Result<Vec<PathBuf>, Problem> {
    if diagnostics::list(directory)?.contains(&directory.join(MANIFEST)) {
        return Ok(vec![directory.to_owned()]);
    }
    let hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
    let mut found = Vec::new();
    let below = WalkDir::new(directory).min_depth(1).sort_by_file_name().into_iter();
    for entry in below.filter_entry(|entry| !hidden(entry.file_name())) {
        let entry = entry.map_err(|e| {
            Problem::new(directory, None, format!("cannot be read: {e}"), "check its permissions")
        })?;
        if entry.file_type().is_file() && entry.file_name() == MANIFEST {
            let parent = entry.path().parent().expect("a file is in a directory");
            if !with_extension(parent, "wasm")?.is_empty() {
                found.push(parent.to_owned());
            }
        }
    }
    if found.is_empty() {
        return Err(Problem::new(
            directory,
            None,
            format!("no tests found: no `{MANIFEST}` with `.wasm` files beside it, here or below"),
            "name a directory of built tests; docs/reference/wasi-testsuite.md describes the layout",
        ));
    }
    Ok(found)
}

fn with_extension(directory: &Path, extension: &str) -> Result<Vec<PathBuf>, Problem> {
    let mut files = diagnostics::list(directory)?;
    files.retain(|path| path.extension().is_some_and(|e| e == extension) && path.is_file());
    Ok(files)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireManifest {
    name: String,
    version: Option<String>,
}

/// A directory of tests.
struct TestDirectory {
    path: PathBuf,
    /// As its authors wrote it: `WASI Rust tests [wasm32-wasip1]`.
    title: String,
    /// The title as the first part of ids: `wasi_rust_tests_wasm32_wasip1`.
    name: String,
    /// Why none of its tests can run here.
    skip: Option<String>,
}

impl TestDirectory {
    fn open(directory: &Path) -> Result<TestDirectory, Problem> {
        let path = directory.join(MANIFEST);
        let text = diagnostics::read(&path)?;
        let manifest: WireManifest = parse_json(&path, &text)?;
        let words = manifest.name.split(|c: char| !c.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Err(Problem::new(
                &path,
                line_of(&text, "name"),
                format!("the name `{}` has neither letters nor digits", manifest.name),
                "add some: ids begin with them",
            ));
        }
        let version = manifest.version.as_deref().unwrap_or(OURS);
        if !version.starts_with("wasm32-wasip") {
            return Err(Problem::new(
                &path,
                line_of(&text, "version"),
                format!("`{version}` is not a version of WASI"),
                format!("write it as `{OURS}`"),
            ));
        }
        Ok(TestDirectory {
            path: directory.to_owned(),
            name: words.join("_").to_ascii_lowercase(),
            title: manifest.name,
            skip: (version != OURS)
                .then(|| format!("it is for {version}, and only {OURS} can be run")),
        })
    }

    fn manifest(&self) -> PathBuf {
        self.path.join(MANIFEST)
    }

    fn same_name_as(&self, other: &Path) -> Problem {
        Problem::new(
            &self.manifest(),
            None,
            format!("the name `{}` is also that of {}", self.title, other.display()),
            "rename one of them, or run one at a time",
        )
    }

    fn cases(&self) -> Result<Vec<Case>, Problems> {
        let mut problems = Problems::default();
        let modules = with_extension(&self.path, "wasm")?;
        if modules.is_empty() {
            let todo = "build the tests, or name the directory of the built tests";
            problems.0.push(Problem::new(&self.path, None, "no test found: no `.wasm` file", todo));
        }
        for json in with_extension(&self.path, "json")? {
            if !json.ends_with(MANIFEST) && !json.with_extension("wasm").is_file() {
                let what = format!("there is no `{}.wasm` beside it", stem(&json));
                problems.0.push(Problem::new(
                    &json,
                    None,
                    what,
                    "build the test, or remove the file",
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
        let (config, given) = match &self.skip {
            // Tests for another version of WASI may have keys of their own.
            Some(reason) => {
                (Config { skip: Some(reason.clone()), ..Config::default() }, Given::default())
            }
            None => {
                let todo = "build the test again";
                check_wasm(wasm).map_err(|problem| Problem { todo: todo.into(), ..problem })?;
                let text = if has_json { diagnostics::read(&json)? } else { "{}".into() };
                let config = config::parse(&json, &text)?;
                let given = self.given(&config, &json, &text)?;
                (config, given)
            }
        };
        let name = stem(wasm);
        let mut case = Case {
            id: format!("{}::{name}", self.name),
            area: Area::WasiTestsuite,
            title: format!("The test `{name}` of {} ends as its authors expect.", self.title),
            rules: vec![],
            spec: SPEC.into(),
            level: Level::Must,
            // The suite is the specification's own.
            basis: Basis::Wasi,
            guest: name,
            wasm: wasm.to_owned(),
            source: Source { file: if has_json { json } else { wasm.to_owned() }, line: 1 },
            args: config.args,
            env: config.env,
            timeout: None,
            stdin: config.stdin.into_bytes(),
            socket: None,
            preopens: given.preopens,
            files: Files::CopyOf(given.copied),
            expect: Expect {
                exit: Some(Ending::Exit(config.exit_code)),
                stdout: config.stdout.map(|text| vec![bytes::output(text.as_bytes())]),
                stderr: config.stderr.map(|text| vec![bytes::output(text.as_bytes())]),
                tree: None,
            },
            requires: vec![],
            tags: BTreeSet::new(),
            globals: Globals::new(),
            skip: config.skip,
        };
        // Tests of this layout declare nothing.
        case.requires = requires::evident(&case).into_iter().map(|(needed, _)| needed).collect();
        Ok(case)
    }

    fn given(&self, config: &Config, json: &Path, text: &str) -> Result<Given, Problem> {
        let mut given = Given::default();
        let root = config.root.iter().map(|name| ("root", name, "", "/"));
        let dirs = config.dirs.iter().map(|name| ("dirs", name, name.as_str(), name.as_str()));
        for (key, name, host, guest) in root.chain(dirs) {
            let directory = self.path.join(name);
            let wrong =
                |what: String, todo: &str| Problem::new(json, line_of(text, key), what, todo);
            if !directory.is_dir() {
                let what = format!("`{key}`: there is no directory `{name}` beside the test");
                return Err(wrong(what, "create it, or correct the name"));
            }
            if !is_inside(&self.path, name) {
                let what = format!("`{key}`: `{name}` leads out of the directory of the test");
                return Err(wrong(what, "name a directory beside the test"));
            }
            if let Some(other) = neither_file_nor_directory(&directory) {
                let what = format!("`{key}`: `{name}` has {other}, which cannot be copied");
                return Err(wrong(what, "leave only files, directories and symbolic links"));
            }
            given.copied.push((host.into(), directory));
            given.preopens.push(PreopenSpec {
                guest: guest.into(),
                host: host.into(),
                read_only: false,
            });
        }
        Ok(given)
    }
}

/// Whether a name stays below a directory, also if there are links on the way.
fn is_inside(directory: &Path, name: &str) -> bool {
    let clean = |part: &str| !part.is_empty() && part != "." && part != "..";
    let real = |path: &Path| path.canonicalize().ok();
    name.split('/').all(clean)
        && real(directory)
            .zip(real(&directory.join(name)))
            .is_some_and(|(directory, inside)| inside != directory && inside.starts_with(directory))
}

/// A pipe, a socket or a device below a directory. Reading one may wait for ever.
fn neither_file_nor_directory(directory: &Path) -> Option<String> {
    let is_other = |kind: FileType| !kind.is_dir() && !kind.is_file() && !kind.is_symlink();
    let found = WalkDir::new(directory).into_iter().flatten();
    let found = found.filter(|entry| is_other(entry.file_type())).map(|entry| entry.into_path());
    found.map(|path| path.strip_prefix(directory).unwrap_or(&path).display().to_string()).next()
}

/// The directories that a test is given: `root` as `/`, or each of `dirs` by its name.
#[derive(Default)]
struct Given {
    copied: Vec<(String, PathBuf)>,
    preopens: Vec<PreopenSpec>,
}

fn stem(path: &Path) -> String {
    bytes::name(path.file_stem().unwrap_or_default().as_encoded_bytes())
}
