//! Which cases a wasi-testsuite test can express, and the test for each of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use runner_kit::{Capability, WasiVersion};

use crate::case::{Case, Ending, Files, Kind, Level, Tag, Tree, overlay};
use crate::support::bytes;

/// The name of most cases' preopen. That of a test is `/`.
const DATA: &str = "/data";
/// Larger files are not worth a copy for each test, in bytes.
const LARGEST_FILE: usize = 1 << 20;

/// A case, expressed as a test.
#[derive(Debug)]
pub struct ExportedTest {
    /// `path_open-creat_excl`: ids have no `-`.
    pub name: String,
    pub wasm: PathBuf,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub exit_code: u32,
    pub stdout: String,
    pub stderr: String,
    /// The contents of the directory given as `/`; `None` without a preopen.
    pub root: Option<Tree>,
    /// Whether the case also checks the final tree.
    pub loses_final_tree: bool,
}

/// Whether the name of the preopen is compiled into a guest.
pub fn knows_preopen(wasm: &[u8]) -> bool {
    wasm.windows(DATA.len()).any(|window| window == DATA.as_bytes())
}

/// The test for a case, or the reason why there is none.
pub fn to_test(case: &Case, knows_preopen: bool) -> Result<ExportedTest, &'static str> {
    if case.area.of() != WasiVersion::Preview1 {
        return Err("it is not for preview 1");
    }
    if case.level == Level::May {
        return Err("the specification leaves it open, and a test only passes or fails");
    }
    let exit_code = match case.expect.exit {
        Some(Ending::Exit(code)) if code <= 255 => code,
        Some(Ending::Exit(_)) => {
            return Err("its exit status is above 255, which a process cannot have");
        }
        _ => return Err("its guest does not exit by itself"),
    };
    let (Some([stdout]), Some([stderr])) =
        (case.expect.stdout.as_deref(), case.expect.stderr.as_deref())
    else {
        return Err("several outputs are allowed");
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
            // A guest with the name compiled in finds the directory below the preopen.
            if knows_preopen {
                if case.tags.contains(&Tag::PreopenRoot) {
                    return Err("its files must be in the preopen itself");
                }
                Some(below("data", tree))
            } else {
                for text in args.iter_mut().chain([&mut stdout]) {
                    *text = renamed(text)?;
                }
                Some(tree.clone())
            }
        }
        _ => return Err("it needs other preopens than one directory"),
    };
    let untouched = overlay(tree, &BTreeMap::new());
    Ok(ExportedTest {
        name: case.id.replace("::", "-"),
        wasm: case.wasm.clone(),
        args,
        env: case.env.clone(),
        exit_code,
        stdout: plain(&stdout)?,
        stderr: plain(stderr)?,
        root,
        loses_final_tree: case.expect.tree.as_ref().is_some_and(|tree| *tree != untouched),
    })
}

/// Checks stdin and the environment.
fn given(case: &Case) -> Result<(), &'static str> {
    if case.socket.is_some() {
        return Err("its stdin is a socket");
    }
    // The official runner keeps the pipe open while it waits for output.
    if case.tags.contains(&Tag::UsesStdin) || !case.stdin.is_empty() {
        return Err("its stdin must end, and the stdin of a test stays open");
    }
    let names: BTreeSet<&str> = case.env.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() < case.env.len() {
        return Err("its environment has a variable twice");
    }
    Ok(())
}

/// Checks that copying the directory, or keeping it in a repository, preserves everything.
fn files(tree: &Tree) -> Result<(), &'static str> {
    for entry in tree.values() {
        match &entry.kind {
            Kind::HardLink(_) => return Err("its files have hard links"),
            Kind::File(bytes) if bytes.len() > LARGEST_FILE => {
                return Err("its files are larger than 1 MiB");
            }
            Kind::Zeros(size) if *size > LARGEST_FILE as u64 => {
                return Err("its files are larger than 1 MiB");
            }
            Kind::Symlink(target) if target.contains(DATA) => {
                return Err("it names its preopen where the name cannot be replaced");
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

/// Checks the expected output.
fn texts(case: &Case) -> Result<(), &'static str> {
    if case.requires.contains(&Capability::ProgramName) {
        return Err("it prints the program's name, which each runtime chooses");
    }
    if case.tags.contains(&Tag::RawOutput) {
        return Err("its output is not plain text");
    }
    if case.tags.contains(&Tag::PreopenName) {
        return Err("it checks the name of its preopen");
    }
    Ok(())
}

/// Expected output as a test has it.
fn plain(output: &str) -> Result<String, &'static str> {
    String::from_utf8(bytes::to_output(output)).map_err(|_| "its output is not plain text")
}

/// A text with the name of a test's preopen in place of a case's, where it is a word of its own.
fn renamed(text: &str) -> Result<String, &'static str> {
    let parts = text.split_inclusive([' ', '\n']);
    let renamed: String = parts
        .map(|part| {
            let word = part.trim_end_matches([' ', '\n']);
            if word == DATA { part.replacen(DATA, "/", 1) } else { part.to_owned() }
        })
        .collect();
    match renamed.contains(DATA) {
        true => Err("it names its preopen where the name cannot be replaced"),
        false => Ok(renamed),
    }
}

/// A tree with everything moved into a directory.
fn below(directory: &str, tree: &Tree) -> Tree {
    let entry = crate::case::Entry::plain(Kind::Directory);
    let inside = tree.iter().map(|(path, entry)| (format!("{directory}/{path}"), entry.clone()));
    std::iter::once((directory.to_owned(), entry)).chain(inside).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preopen_is_renamed_if_its_name_is_a_word() {
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
