//! The cases that a snapshot is about. Lists have much in common, so all but one are written as what is
//! not the same in that one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::case::Level;
use crate::support::digest;

/// Where the lists of cases lie, beside the snapshots.
pub const LISTS: &str = "cases";

/// The cases that existed when a snapshot was made, with their levels and the digests of their
/// definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseList(pub BTreeMap<String, (Level, String)>);

impl CaseList {
    /// A line for each case: its id, its level, and the digest of its definition.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (id, (level, definition)) in &self.0 {
            let _ = writeln!(out, "{id} {level} {definition}");
        }
        out
    }

    pub fn digest(&self) -> String {
        digest::of_bytes(self.text().as_bytes())[..16].to_owned()
    }

    /// The file beside the snapshots that has this list.
    pub fn path(directory: &Path, digest: &str) -> PathBuf {
        directory.join(LISTS).join(format!("{digest}.txt"))
    }

    /// Whether the file of this list is there, and names no other one.
    pub fn is_complete_in(directory: &Path, digest: &str) -> bool {
        read(&CaseList::path(directory, digest)).is_ok_and(|text| base_of(&text).is_none())
    }

    /// The text of a file that names another list and has only what is not the same there.
    pub fn text_on(&self, base: &CaseList) -> String {
        let mut out = format!("{BASED_ON}{}\n", base.digest());
        for id in base.0.keys().filter(|id| !self.0.contains_key(*id)) {
            let _ = writeln!(out, "{GONE}{id}");
        }
        let is_new = |(id, case): &(&String, &(Level, String))| base.0.get(*id) != Some(case);
        for (id, (level, definition)) in self.0.iter().filter(is_new) {
            let _ = writeln!(out, "{id} {level} {definition}");
        }
        out
    }

    /// Reads the list of a file, with the one beside it that it is based on.
    pub fn read(path: &Path) -> Result<CaseList> {
        let text = read(path)?;
        let Some(base) = base_of(&text) else {
            return CaseList::parse(path, &text, CaseList::default());
        };
        let beside = path.with_file_name(format!("{base}.txt"));
        let base = read(&beside).with_context(|| format!("{} is based on it", path.display()))?;
        if base_of(&base).is_some() {
            bail!("{}: it is based on a list that is based on another", path.display());
        }
        CaseList::parse(path, &text, CaseList::parse(&beside, &base, CaseList::default())?)
    }

    /// The path is for messages, and its name is the list's digest.
    pub fn parse(path: &Path, text: &str, base: CaseList) -> Result<CaseList> {
        let level = |text: &str| match text {
            "must" => Some(Level::Must),
            "should" => Some(Level::Should),
            "may" => Some(Level::May),
            _ => None,
        };
        let entry = |line: &str| {
            let mut words = line.split(' ');
            let (id, of_level, definition) = (words.next()?, words.next()?, words.next()?);
            words.next().is_none().then_some(())?;
            Some((id.to_owned(), (level(of_level)?, definition.to_owned())))
        };
        let mut list = base;
        let head = usize::from(base_of(text).is_some());
        for (number, line) in text.lines().enumerate().skip(head) {
            if let Some(id) = line.strip_prefix(GONE) {
                list.0.remove(id);
                continue;
            }
            let Some((id, case)) = entry(line) else {
                bail!("{}:{}: not an id, a level and a digest", path.display(), number + 1);
            };
            list.0.insert(id, case);
        }
        if path.file_stem().is_none_or(|stem| stem != list.digest().as_str()) {
            bail!("{}: its name is not the digest of its list", path.display());
        }
        Ok(list)
    }
}

/// How the first line of a file begins that is based on another list.
const BASED_ON: &str = "based on ";
/// How the line of a case begins that the other list has and this one lacks.
const GONE: &str = "- ";

fn base_of(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix(BASED_ON)
}

fn read(path: &Path) -> Result<String> {
    crate::support::input::read_text(path)
        .with_context(|| format!("{}: cannot be read", path.display()))
}
