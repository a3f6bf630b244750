//! Which cases a test of wasi-testsuite can say, and what it then says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use runner_kit::{Capability, WasiVersion};

use crate::case::{Case, Ending, Files, Kind, Level, Tag, Tree, overlay};

/// The preopen that most cases have. A test's preopen is `/`.
const DATA: &str = "/data";
/// Longer files are not worth a copy in each test.
const LARGEST_FILE: usize = 1 << 20;

/// A case as a test.
#[derive(Debug)]
pub struct Test {
    /// `path_open-creat_excl`: ids have no `-`.
    pub name: String,
    pub wasm: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub exit_code: u32,
    pub stdout: String,
    pub stderr: String,
    /// What is in the folder that is given as `/`; none if nothing is preopened.
    pub root: Option<Tree>,
    /// Whether the case also looks at what the guest leaves.
    pub loses_final_tree: bool,
}

/// Whether a guest knows the name of its preopen without being told.
pub fn knows_preopen(wasm: &[u8]) -> bool {
    wasm.windows(DATA.len()).any(|window| window == DATA.as_bytes())
}

/// Turns a case into a test, or says why there is none.
pub fn test(case: &Case, knows_preopen: bool) -> Result<Test, &'static str> {
    if case.area.of() != WasiVersion::Preview1 {
        return Err("it is not for preview 1");
    }
    if case.level == Level::May {
        return Err("the specification leaves it open, and a test only passes or fails");
    }
    let exit_code = match case.expect.exit {
        Some(Ending::Exit(code)) if code <= 255 => code,
        Some(Ending::Exit(_)) => {
            return Err("its exit status is above 255, more than a process has");
        }
        _ => return Err("its guest does not end by exiting"),
    };
    let (Some([stdout]), Some([stderr])) =
        (case.expect.stdout.as_deref(), case.expect.stderr.as_deref())
    else {
        return Err("several outputs are right");
    };
    given(case)?;
    let Files::Tree(tree) = &case.files else { return Err("its files are copies of others") };
    files(tree)?;
    let mut args = case.args.clone();
    let mut stdout = stdout.clone();
    texts(case)?;
    let root = match case.preopens.as_slice() {
        [] => None,
        [only] if only.read_only => return Err("its preopen is read-only"),
        [only] if only.host.is_empty() && only.guest == "/" => Some(tree.clone()),
        [only] if only.host.is_empty() && only.guest == DATA => {
            // A guest that knows the name itself finds the folder below the preopen.
            if knows_preopen {
                if case.tags.contains(&Tag::PreopenRoot) {
                    return Err("its files must lie in the preopen itself");
                }
                Some(below("data", tree))
            } else {
                for text in args.iter_mut().chain([&mut stdout]) {
                    *text = renamed(text)?;
                }
                Some(tree.clone())
            }
        }
        _ => return Err("its preopens are other than one folder"),
    };
    let untouched = overlay(tree, &BTreeMap::new());
    Ok(Test {
        name: case.id.replace("::", "-"),
        wasm: case.wasm.clone(),
        args,
        env: case.env.clone(),
        exit_code,
        stdout,
        stderr: stderr.clone(),
        root,
        loses_final_tree: case.expect.tree.as_ref().is_some_and(|tree| *tree != untouched),
    })
}

/// What a guest is given beside files and arguments.
fn given(case: &Case) -> Result<(), &'static str> {
    if case.socket.is_some() {
        return Err("its stdin is a socket");
    }
    // The official runner keeps the pipe open while it waits for output.
    if case.tags.contains(&Tag::UsesStdin) || !case.stdin.is_empty() {
        return Err("its stdin has to end, and that of a test stays open");
    }
    let names: BTreeSet<&str> = case.env.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < case.env.len() {
        return Err("its environment has a name twice");
    }
    Ok(())
}

/// What copying a folder keeps, or a repository of the exported tests.
fn files(tree: &Tree) -> Result<(), &'static str> {
    for entry in tree.values() {
        match &entry.kind {
            Kind::HardLink(_) => return Err("its files have several names"),
            Kind::File(bytes) if bytes.len() > LARGEST_FILE => {
                return Err("its files are larger than 1 MiB");
            }
            Kind::Symlink(target) if target.contains(DATA) => {
                return Err("it names its preopen where it cannot be renamed");
            }
            _ => {}
        }
        if entry.mode.is_some() {
            return Err("its files have modes");
        }
        if entry.mtime.is_some() || entry.atime.is_some() {
            return Err("its files have times");
        }
    }
    Ok(())
}

fn texts(case: &Case) -> Result<(), &'static str> {
    if case.requires.contains(&Capability::ProgramName) {
        return Err("it prints its program's name, which each runtime chooses");
    }
    if case.tags.contains(&Tag::RawOutput) {
        return Err("its output is not plain text");
    }
    if case.tags.contains(&Tag::PreopenName) {
        return Err("it looks at the name of its preopen");
    }
    Ok(())
}

/// A text with the preopen of a test in place of a case's, where it stands as a word.
fn renamed(text: &str) -> Result<String, &'static str> {
    let parts = text.split_inclusive([' ', '\n']);
    let renamed: String = parts
        .map(|part| {
            let word = part.trim_end_matches([' ', '\n']);
            if word == DATA { part.replacen(DATA, "/", 1) } else { part.to_owned() }
        })
        .collect();
    match renamed.contains(DATA) {
        true => Err("it names its preopen where it cannot be renamed"),
        false => Ok(renamed),
    }
}

fn below(folder: &str, tree: &Tree) -> Tree {
    let directory = crate::case::Entry::plain(Kind::Directory);
    let inside = tree.iter().map(|(path, entry)| (format!("{folder}/{path}"), entry.clone()));
    std::iter::once((folder.to_owned(), directory)).chain(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preopen_is_renamed_where_it_is_a_word() {
        assert_eq!(renamed("path_open /data a.txt"), Ok("path_open / a.txt".into()));
        assert_eq!(
            renamed("a /data b /data -> x\nc /data -> y\n"),
            Ok("a / b / -> x\nc / -> y\n".into())
        );
        assert_eq!(renamed("/data"), Ok("/".into()));
        for text in ["open /data/a.txt", "open ../database", "print \"/data\""] {
            assert!(renamed(text).is_err(), "{text}");
        }
    }
}
