//! Reads the files of cases and refuses what does not hold together: nothing is skipped silently.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::Duration;

use runner_kit::Globals;

use super::guests::{self, Guests, find_guests};
use super::requires;
use super::rules::{Registry, Rule};
use super::schema::{WireCase, WireFile, WireStatement};
use super::transcript;
use crate::support::diagnostics::{self, Lines, Problem, Problems};

use super::{
    Area, Case, DEFAULT_PREOPEN, Ending, Entry, Expect, Files, Kind, PreopenSpec, Source, Tag,
    Tree, overlay, parents,
};

/// A transcript with many alternatives multiplies; past this, whoever wrote it should think again.
const MOST_ALTERNATIVES: usize = 64;

/// Every case of a folder of expectations.
#[derive(Debug)]
pub struct CaseSet {
    /// In the order of their ids' files, then as written.
    pub cases: Vec<Case>,
    /// In the order of their ids.
    pub rules: Vec<Rule>,
}

/// Loads `expectations/*.yaml` against the guests in a folder of `.wasm` files.
pub fn load(expectations: &Path, guests: &Path) -> Result<CaseSet, Problems> {
    let mut problems = Problems::default();
    let guests = find_guests(guests)?;
    let files = diagnostics::files_in(expectations)?;
    if files.is_empty() {
        problems.0.push(Problem::new(
            expectations,
            None,
            "no case found",
            "name the folder that holds the .yaml files of cases (`--expectations`)",
        ));
    }
    let mut registry = Registry::default();
    let mut read = Vec::new();
    for path in files {
        match read_file(&path, &mut registry) {
            Ok(file) => read.push((path, file)),
            Err(found) => problems.0.extend(found.0),
        }
    }
    // A broken file hides its rules and cases, so others would look wrong only because of it.
    problems.into_result()?;
    let mut problems = Problems::default();
    let mut cases = Vec::new();
    for (path, (text, file)) in &read {
        match to_cases(path, text, file, &registry, &guests) {
            Ok(found) => cases.extend(found),
            Err(found) => problems.0.extend(found.0),
        }
    }
    if problems.0.is_empty() {
        problems.0.extend(registry.untested(&cases));
        let used: BTreeSet<&str> = cases.iter().map(|case: &Case| case.guest.as_str()).collect();
        for (name, guest) in &guests {
            if !guests::is_of_proof(name) && !used.contains(name.as_str()) {
                problems.0.push(Problem::new(
                    &guest.path,
                    None,
                    format!("no case uses the guest `{name}`"),
                    "write a case for it or remove it",
                ));
            }
        }
    }
    problems.into_result()?;
    Ok(CaseSet { cases, rules: registry.0.into_values().collect() })
}

pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Cases that are part of this program, against the guests in a folder.
pub(crate) fn parse_builtin(name: &Path, text: &str, guests: &Path) -> Result<Vec<Case>, Problems> {
    let mut registry = Registry::default();
    let file = parse(name, text, &mut registry)?;
    to_cases(name, text, &file, &registry, &find_guests(guests)?)
}

/// A file's text and what it says; its rules go to the registry.
fn read_file(path: &Path, registry: &mut Registry) -> Result<(String, WireFile), Problems> {
    if !is_word(&stem(path)) {
        let what =
            "the file's name has other characters than a-z, 0-9 and _, and ids begin with it";
        return Err(Problem::new(path, None, what, "rename it").into());
    }
    let text = diagnostics::read(path)?;
    let file = parse(path, &text, registry)?;
    Ok((text, file))
}

fn parse(path: &Path, text: &str, registry: &mut Registry) -> Result<WireFile, Problems> {
    let file: WireFile =
        diagnostics::parse(path, text, "docs/reference/cases.md describes every key")?;
    registry.add(&stem(path), path, text, &file)?;
    Ok(file)
}

fn to_cases(
    path: &Path,
    text: &str,
    file: &WireFile,
    registry: &Registry,
    guests: &Guests,
) -> Result<Vec<Case>, Problems> {
    let mut problems = Problems::default();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut cases = Vec::new();
    if file.cases.is_empty() && file.rules.is_empty() {
        problems.0.push(Problem::new(path, None, "has no cases", "add one or remove the file"));
    }
    if file.area == Area::Suite {
        problems.0.push(Problem::new(
            path,
            diagnostics::line_of(text, "area", "suite"),
            "the area `suite` is for the tests of other suites",
            "choose the area of the functions that are tested",
        ));
    }
    // Duplicates have the same text, so the n-th duplicate is looked for after the one before it.
    let mut lines = Lines::below(text, diagnostics::line_of_key(text, "cases").unwrap_or(0));
    for wire in &file.cases {
        let line = lines.find("id", &wire.id).unwrap_or(lines.last().max(1));
        if let Some(first) = seen.insert(wire.id.clone(), line) {
            problems.0.push(Problem::new(
                path,
                line,
                format!("case `{}` is defined twice (first on line {first})", wire.id),
                "rename one of them",
            ));
        }
        match to_case(path, line, file, wire, registry, guests) {
            Ok(case) => {
                problems.0.extend(transcript::problems(&case, text));
                cases.push(case);
            }
            Err((what, todo)) => problems.0.push(Problem::new(
                path,
                line,
                format!("case `{}`: {what}", wire.id),
                todo,
            )),
        }
    }
    problems.into_result()?;
    Ok(cases)
}

/// Ids are made of these, so that they need no quotes in a shell and no care in a filter.
pub(super) fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    !text.is_empty() && text.chars().all(fits)
}

/// What is wrong with a case, and what to do.
pub(super) type Wrong = (String, String);

pub(super) fn wrong<T>(what: impl Into<String>, todo: impl Into<String>) -> Result<T, Wrong> {
    Err((what.into(), todo.into()))
}

fn to_case(
    path: &Path,
    line: usize,
    file: &WireFile,
    wire: &WireCase,
    registry: &Registry,
    guests: &Guests,
) -> Result<Case, Wrong> {
    if !is_word(&wire.id) {
        return wrong("its id has other characters than a-z, 0-9 and _", "rename it");
    }
    let proves = registry.resolve(&stem(path), wire)?;
    let Some(guest) = wire.guest.as_ref().or(file.guest.as_ref()) else {
        return wrong("no guest is named", "give `guest` here or for the whole file");
    };
    let wasm = guests::of_area(guests, guest, file.area)?;
    let (args, stdout) = args_and_stdout(wire)?;
    let tree = with_parents(&wire.fs.0)?;
    if let Some(path) = gone_but_never_there(&tree, &wire.fs_after.0) {
        let problem = format!("`fs_after` says that `{path}` is absent, and `fs` does not have it");
        return wrong(problem, "leave it out: what is not named must not be there");
    }
    let after = overlay(&tree, &wire.fs_after.0);
    if let Some((path, target)) = broken_link(&after) {
        let problem = format!("hard link `{path}`: `{target}` is not a file in the end");
        return wrong(problem, "fix `fs_after`");
    }
    let mut case = Case {
        id: format!("{}::{}", stem(path), wire.id),
        area: file.area,
        title: proves.title,
        rules: proves.rules,
        spec: proves.spec,
        level: proves.level,
        guest: guest.clone(),
        wasm: wasm.to_owned(),
        source: Source { file: path.into(), line },
        args,
        env: wire.env.iter().map(|pair| env_pair(pair)).collect::<Result<_, _>>()?,
        stdin: wire.stdin.as_ref().map(|s| s.0.clone()).unwrap_or_default(),
        socket: wire.socket,
        timeout: wire.timeout.map(timeout).transpose()?,
        preopens: preopens(wire, &tree)?,
        files: Files::Tree(tree),
        expect: Expect {
            exit: Some(wire.exit.as_ref().map_or(Ending::Exit(0), |e| e.0)),
            stdout: Some(stdout),
            stderr: Some(wire.stderr.as_ref().map_or_else(|| vec![String::new()], |t| t.0.clone())),
            tree: Some(after),
        },
        requires: Vec::new(),
        tags: tags(&file.tags, &wire.tags)?,
        globals: Globals::new(),
        skip: None,
    };
    case.requires = requires::declared(&case, &file.requires, &wire.requires)?;
    Ok(case)
}

/// The tags of a case and of its whole file.
fn tags(of_file: &[Tag], of_case: &[Tag]) -> Result<BTreeSet<Tag>, Wrong> {
    let mut all = BTreeSet::new();
    for tag in of_file.iter().chain(of_case) {
        if !all.insert(*tag) {
            let todo = "name it once, for the case or for the whole file";
            return wrong(format!("`tags` names `{tag}` twice"), todo);
        }
    }
    Ok(all)
}

/// A transcript is both: each call is an argument, and each `call -> result` a line of output.
fn args_and_stdout(wire: &WireCase) -> Result<(Vec<String>, Vec<String>), Wrong> {
    match &wire.transcript {
        Some(_) if wire.args.is_some() || wire.stdout.is_some() => wrong(
            "`transcript` already gives the arguments and the stdout",
            "remove `args` and `stdout`, or the transcript",
        ),
        Some(statements) => {
            // A statement without a result line of its own is one that the guest does not survive.
            let args = statements.iter().map(|s| s.call.clone()).collect();
            Ok((args, transcripts(statements)?))
        }
        None => Ok((
            wire.args.clone().unwrap_or_default(),
            wire.stdout.as_ref().map_or_else(|| vec![String::new()], |text| text.0.clone()),
        )),
    }
}

/// The result of a statement during which the guest ends, so that no line is printed for it.
const ENDS: &str = "(ends)";

fn transcripts(statements: &[WireStatement]) -> Result<Vec<String>, Wrong> {
    let mut texts = vec![String::new()];
    for statement in statements {
        if statement.results == [ENDS] {
            continue;
        }
        texts = texts
            .iter()
            .flat_map(|text| {
                statement
                    .results
                    .iter()
                    .map(move |result| format!("{text}{} -> {result}\n", statement.call))
            })
            .collect();
        if texts.len() > MOST_ALTERNATIVES {
            return wrong("its `any_of`s multiply to too many transcripts", "split the case");
        }
    }
    Ok(texts)
}

fn env_pair(pair: &str) -> Result<(String, String), Wrong> {
    match pair.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => wrong(format!("env entry `{pair}` has no `NAME=`"), "write it as NAME=value"),
    }
}

fn timeout(seconds: f64) -> Result<Duration, Wrong> {
    match Duration::try_from_secs_f64(seconds) {
        Ok(timeout) if !timeout.is_zero() => Ok(timeout),
        _ => wrong(format!("timeout `{seconds}` is no time"), "write it in seconds, more than 0"),
    }
}

fn preopens(wire: &WireCase, tree: &Tree) -> Result<Vec<PreopenSpec>, Wrong> {
    let Some(preopens) = &wire.preopens else {
        return Ok(vec![PreopenSpec {
            guest: DEFAULT_PREOPEN.into(),
            host: String::new(),
            read_only: false,
        }]);
    };
    preopens
        .iter()
        .map(|preopen| {
            let host = match preopen.host.as_str() {
                "." => String::new(),
                host => host.strip_suffix('/').unwrap_or(host).to_owned(),
            };
            let directory = tree.get(&host).is_some_and(|e| e.kind == Kind::Directory);
            if preopen.host != "." && !directory {
                return wrong(
                    format!(
                        "preopen `{}`: `{}` is not a directory of `fs`",
                        preopen.guest, preopen.host
                    ),
                    format!("add `{host}/: {{}}` to `fs`"),
                );
            }
            Ok(PreopenSpec { guest: preopen.guest.clone(), host, read_only: preopen.read_only })
        })
        .collect()
}

/// A name that is to be gone and is not in the tree.
pub(crate) fn gone_but_never_there<'a>(
    tree: &Tree,
    changes: &'a BTreeMap<String, Option<Entry>>,
) -> Option<&'a String> {
    let gone = changes.iter().filter(|(_, change)| change.is_none()).map(|(path, _)| path);
    gone.clone().find(|path| !tree.contains_key(*path))
}

/// A hard link to something that isn't a file.
fn broken_link(tree: &Tree) -> Option<(&String, &String)> {
    tree.iter().find_map(|(path, entry)| match &entry.kind {
        Kind::HardLink(target)
            if !matches!(tree.get(target), Some(Entry { kind: Kind::File(_), .. })) =>
        {
            Some((path, target))
        }
        _ => None,
    })
}

/// Adds the directories that the paths imply, and checks that links lead somewhere in the tree.
fn with_parents(given: &BTreeMap<String, Option<Entry>>) -> Result<Tree, Wrong> {
    let mut tree = Tree::new();
    for (path, entry) in given {
        let Some(entry) = entry else {
            return wrong(format!("`fs` says that `{path}` is absent"), "just leave it out");
        };
        for up in parents(path) {
            tree.entry(up.to_owned()).or_insert_with(|| Entry::plain(Kind::Directory));
        }
        tree.insert(path.clone(), entry.clone());
    }
    for (path, entry) in &tree {
        if let Some((up, _)) = path.rsplit_once('/')
            && tree[up].kind != Kind::Directory
        {
            return wrong(format!("`{up}` is not a directory but `{path}` is in it"), "fix `fs`");
        }
        if let Kind::HardLink(target) = &entry.kind
            && !tree.get(target).is_some_and(|e| matches!(e.kind, Kind::File(_)))
        {
            return wrong(
                format!("hard link `{path}`: `{target}` is not a file of `fs`"),
                "fix `fs`",
            );
        }
    }
    Ok(tree)
}

#[cfg(test)]
mod tests;
