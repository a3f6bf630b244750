//! Builds a case from its YAML.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use runner_kit::Globals;

use super::guests::{self, Guests};
use super::refuse::{Wrong, is_word, wrong};
use super::requires;
use super::rules::Registry;
use super::schema::{WireCase, WireFile, WireStatement};
use super::{
    Case, DEFAULT_PREOPEN, Ending, Entry, Expect, Files, Kind, PreopenSpec, Source, Tag, Tree,
    overlay, parents,
};

/// The limit of transcripts of a case, because the alternatives of several calls multiply.
const MOST_ALTERNATIVES: usize = 64;

/// The parts of a case that come from its file, and from all files.
pub(super) struct Builder<'a> {
    /// The file's name without its ending.
    pub stem: &'a str,
    pub file: &'a WireFile,
    pub registry: &'a Registry,
    pub guests: &'a Guests,
}

impl Builder<'_> {
    pub fn build(&self, source: Source, wire: &WireCase) -> Result<Case, Wrong> {
        if !is_word(&wire.id) {
            return wrong("its id has other characters than a-z, 0-9 and _", "rename it");
        }
        let file = self.file;
        let proves = self.registry.resolve(self.stem, wire)?;
        let Some(guest) = wire.guest.as_ref().or(file.guest.as_ref()) else {
            return wrong("no guest is named", "give `guest` here or for the whole file");
        };
        let wasm = guests::of_area(self.guests, guest, file.area)?;
        let (args, stdout) = args_and_stdout(wire)?;
        let tree = with_parents(&wire.fs.0)?;
        if let Some(path) = gone_but_never_there(&tree, &wire.fs_after.0) {
            let problem =
                format!("`fs_after` says that `{path}` is absent, and `fs` does not have it");
            return wrong(problem, "leave it out: what is not named must not be there");
        }
        let after = overlay(&tree, &wire.fs_after.0);
        if let Some((path, target)) = broken_link(&after) {
            let problem = format!("hard link `{path}`: `{target}` is not a file in the end");
            return wrong(problem, "fix `fs_after`");
        }
        let mut case = Case {
            id: format!("{}::{}", self.stem, wire.id),
            area: file.area,
            title: proves.title,
            rules: proves.rules,
            spec: proves.spec,
            level: proves.level,
            basis: proves.basis,
            guest: guest.clone(),
            wasm: wasm.to_owned(),
            source,
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
                stderr: Some(
                    wire.stderr.as_ref().map_or_else(|| vec![String::new()], |t| t.0.clone()),
                ),
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
            // The guest does not survive a statement without a result line.
            let args = statements.iter().map(|s| s.call.clone()).collect();
            Ok((args, transcripts(statements)?))
        }
        None => Ok((
            wire.args.clone().unwrap_or_default(),
            wire.stdout.as_ref().map_or_else(|| vec![String::new()], |text| text.0.clone()),
        )),
    }
}

/// The result of a statement that ends the guest, so that it prints no line.
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

/// A name that `fs_after` expects to be absent, although `fs` does not have it.
pub(crate) fn gone_but_never_there<'a>(
    tree: &Tree,
    changes: &'a BTreeMap<String, Option<Entry>>,
) -> Option<&'a String> {
    let gone = changes.iter().filter(|(_, change)| change.is_none()).map(|(path, _)| path);
    gone.clone().find(|path| !tree.contains_key(*path))
}

/// A hard link to something that is not a file.
fn broken_link(tree: &Tree) -> Option<(&String, &String)> {
    tree.iter().find_map(|(path, entry)| match &entry.kind {
        Kind::HardLink(target) if !tree.get(target).is_some_and(|entry| entry.kind.is_file()) => {
            Some((path, target))
        }
        _ => None,
    })
}

/// Adds implied directories, and checks that hard links lead to files of the tree.
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
            && !tree.get(target).is_some_and(|entry| entry.kind.is_file())
        {
            return wrong(
                format!("hard link `{path}`: `{target}` is not a file of `fs`"),
                "fix `fs`",
            );
        }
    }
    Ok(tree)
}
