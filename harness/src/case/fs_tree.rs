//! The file trees of expectations, before and after the guest runs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::digest::hex;

/// Entries by their path from the tree's root, `/`-separated, without a slash at either end.
pub type Tree = BTreeMap<String, Entry>;

/// One name in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: Kind,
    /// Permission bits. Like the times, set before the run when given, and compared after it when
    /// the final tree gives them.
    pub mode: Option<u32>,
    /// Nanoseconds since 1970.
    pub mtime: Option<u64>,
    pub atime: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Directory,
    File(Vec<u8>),
    /// A file of so many zeros, more than `FEWEST_ZEROS`. It makes no difference whether they are
    /// stored or a hole.
    Zeros(u64),
    /// A file that is too long to keep, which only a guest can leave.
    Large(LargeFile),
    Symlink(String),
    /// Another name of a file of this tree.
    HardLink(String),
    /// A socket, a device or another special file, which no expectation contains.
    Other,
}

/// Up to this many zeros are kept as bytes.
const FEWEST_ZEROS: u64 = 4096;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeFile {
    pub size: u64,
    /// The digest of the blocks that are not all zeros, and of their positions.
    pub digest: String,
}

impl Kind {
    /// A file of zeros, which takes no memory.
    pub fn zeros(size: u64) -> Kind {
        match size {
            0..=FEWEST_ZEROS => Kind::File(vec![0; size as usize]),
            _ => Kind::Zeros(size),
        }
    }

    /// A file with these contents.
    pub fn file(bytes: Vec<u8>) -> Kind {
        match bytes.len() as u64 > FEWEST_ZEROS && bytes.iter().all(|&b| b == 0) {
            true => Kind::Zeros(bytes.len() as u64),
            false => Kind::File(bytes),
        }
    }

    pub fn is_file(&self) -> bool {
        matches!(self, Kind::File(_) | Kind::Zeros(_) | Kind::Large(_))
    }
}

impl Entry {
    pub fn plain(kind: Kind) -> Self {
        Entry { kind, mode: None, mtime: None, atime: None }
    }

    pub fn is_symlink(&self) -> bool {
        matches!(self.kind, Kind::Symlink(_))
    }

    pub fn has_times(&self) -> bool {
        self.mtime.is_some() || self.atime.is_some()
    }
}

/// The tree that is expected after a run: the initial one, with the changes applied. `None`: the name
/// is absent, with all that was below it. A given name implies its parent directories, and is a new
/// file unless it is a hard link. Times and modes of the initial tree only define how it is created,
/// so they are dropped.
pub fn overlay(initial: &Tree, changes: &BTreeMap<String, Option<Entry>>) -> Tree {
    let mut names = Names::from_tree(initial);
    let mut tree: Tree = initial
        .iter()
        .map(|(path, entry)| (path.clone(), Entry::plain(resolve(initial, &entry.kind))))
        .collect();
    for (path, change) in changes {
        let below = format!("{path}/");
        match change {
            Some(entry) => {
                for parent in parents(path) {
                    let directory = || Entry::plain(Kind::Directory);
                    tree.entry(parent.to_owned()).or_insert_with(directory);
                }
                tree.insert(path.clone(), entry.clone());
                names.leave(path);
            }
            None => tree.retain(|name, _| name != path && !name.starts_with(&below)),
        };
    }
    for (path, change) in changes {
        if let Some(Entry { kind: Kind::HardLink(target), .. }) = change {
            let kind = resolve(&tree, &tree[path].kind);
            tree.entry(path.clone()).and_modify(|entry| entry.kind = kind);
            names.join(path, target);
        }
    }
    names.into_links(&mut tree);
    tree
}

/// The file behind a hard link; a link without a target stays a link.
fn resolve(tree: &Tree, kind: &Kind) -> Kind {
    match kind {
        Kind::HardLink(target) => tree.get(target).map_or(kind, |entry| &entry.kind).clone(),
        kind => kind.clone(),
    }
}

/// The directories that lead to a path, from the inside out.
pub fn parents(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(path.rsplit_once('/'), |(up, _)| up.rsplit_once('/')).map(|(up, _)| up)
}

/// The names of each file. In a finished tree, the first name in order holds the contents, and the
/// others are hard links to it, however they were created.
#[derive(Default)]
pub struct Names {
    /// Files have arbitrary numbers.
    file_of: BTreeMap<String, usize>,
    files: usize,
}

impl Names {
    fn from_tree(tree: &Tree) -> Names {
        let mut names = Names::default();
        for (path, entry) in tree {
            if let Kind::HardLink(target) = &entry.kind {
                names.join(path, target);
            }
        }
        names
    }

    /// Another name of a known file.
    pub fn join(&mut self, path: &str, other: &str) {
        self.files += 1;
        let file = *self.file_of.entry(other.to_owned()).or_insert(self.files);
        self.file_of.insert(path.to_owned(), file);
    }

    fn leave(&mut self, path: &str) {
        self.file_of.remove(path);
    }

    /// Turns all but the first name of each file in a tree into hard links.
    pub fn into_links(self, tree: &mut Tree) {
        let mut first_of: BTreeMap<usize, String> = BTreeMap::new();
        for (path, file) in self.file_of {
            let Some(entry) = tree.get_mut(&path) else { continue };
            let first = first_of.entry(file).or_insert_with(|| path.clone());
            if *first != path {
                entry.kind = Kind::HardLink(first.clone());
            }
        }
    }
}

/// The difference of a final tree from the initial one, as `fs_after` would write it.
pub fn changes(initial: &Tree, seen: &Tree) -> BTreeMap<String, Value> {
    let before = overlay(initial, &BTreeMap::new());
    let is_new = |path: &str| {
        let kind = |tree: &Tree| tree.get(path).map(|entry| entry.kind.clone());
        kind(&before) != kind(seen)
    };
    let mut changes = BTreeMap::new();
    for (path, entry) in seen {
        let of_changed = matches!(&entry.kind, Kind::HardLink(target) if is_new(target));
        if is_new(path) || of_changed {
            let slash = if entry.kind == Kind::Directory { "/" } else { "" };
            changes.insert(format!("{path}{slash}"), of_kind(&entry.kind));
        }
    }
    for path in before.keys().filter(|path| !seen.contains_key(*path)) {
        changes.insert(path.clone(), json!("absent"));
    }
    changes
}

/// A whole tree, as `fs` would write it.
pub fn written(tree: &Tree) -> BTreeMap<String, Value> {
    let entry = |(path, entry): (&String, &Entry)| {
        let slash = if entry.kind == Kind::Directory { "/" } else { "" };
        let mut value = of_kind(&entry.kind);
        let given =
            [("mode", entry.mode.map(u64::from)), ("mtime", entry.mtime), ("atime", entry.atime)];
        for (name, number) in given {
            let Some(number) = number else { continue };
            if value.is_string() {
                value = json!({ "content": value });
            }
            value[name] = number.into();
        }
        (format!("{path}{slash}"), value)
    };
    tree.iter().map(entry).collect()
}

/// Bytes as `stdin` would write them.
pub fn content(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        _ if bytes.len() > 16 && bytes.iter().all(|&b| b == 0) => json!({ "size": bytes.len() }),
        Ok(text) => json!(text),
        Err(_) => json!({ "hex": hex(bytes) }),
    }
}

fn of_kind(kind: &Kind) -> Value {
    match kind {
        Kind::Directory | Kind::Other => json!({}),
        Kind::Zeros(size) => json!({ "size": size }),
        Kind::Large(LargeFile { size, digest }) => json!({ "size": size, "digest": digest }),
        Kind::Symlink(target) => json!({ "symlink": target }),
        Kind::HardLink(target) => json!({ "hard_link": target }),
        Kind::File(bytes) if bytes == b"absent" => json!({ "content": "absent" }),
        Kind::File(bytes) => content(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Entry {
        Entry::plain(Kind::File(text.as_bytes().to_vec()))
    }

    #[test]
    fn an_overlay_changes_adds_and_removes() {
        let initial = Tree::from([("a".into(), file("x")), ("b".into(), file("y"))]);
        let after =
            overlay(&initial, &BTreeMap::from([("a".into(), None), ("c".into(), Some(file("z")))]));
        assert_eq!(after, Tree::from([("b".into(), file("y")), ("c".into(), file("z"))]));
    }

    fn link(target: &str) -> Entry {
        Entry::plain(Kind::HardLink(target.into()))
    }

    #[test]
    fn a_removed_directory_takes_its_entries_with_it() {
        let directory = || Entry::plain(Kind::Directory);
        let initial = Tree::from([
            ("d".into(), directory()),
            ("d/x".into(), file("x")),
            ("dx".into(), file("x")),
        ]);
        let after = overlay(&initial, &BTreeMap::from([("d".into(), None)]));
        assert_eq!(after, Tree::from([("dx".into(), file("x"))]));
    }

    #[test]
    fn a_name_implies_its_directories() {
        let after = overlay(
            &Tree::new(),
            &BTreeMap::from([("d/e/x".into(), Some(Entry::plain(Kind::Directory)))]),
        );
        assert_eq!(after.keys().collect::<Vec<_>>(), ["d", "d/e", "d/e/x"]);
    }

    #[test]
    fn the_first_name_of_a_file_holds_its_contents() {
        let initial = Tree::from([("b".into(), file("x")), ("a".into(), link("b"))]);
        let after = overlay(&initial, &BTreeMap::from([("c".into(), Some(link("b")))]));
        let expected = [("a".into(), file("x")), ("b".into(), link("a")), ("c".into(), link("a"))];
        assert_eq!(after, Tree::from(expected));
    }

    #[test]
    fn a_file_outlives_one_of_its_names() {
        let initial = Tree::from([("a".into(), file("x")), ("h".into(), link("a"))]);
        let after = overlay(&initial, &BTreeMap::from([("a".into(), None)]));
        assert_eq!(after, Tree::from([("h".into(), file("x"))]));
    }

    #[test]
    fn a_file_that_is_replaced_leaves_its_other_name_as_it_was() {
        let initial = Tree::from([("a".into(), file("x")), ("h".into(), link("a"))]);
        let after = overlay(&initial, &BTreeMap::from([("a".into(), Some(file("new")))]));
        assert_eq!(after, Tree::from([("a".into(), file("new")), ("h".into(), file("x"))]));
    }

    #[test]
    fn changes_of_a_file_with_two_names_reproduce_the_observed_tree() {
        let initial = Tree::from([("a".into(), file("x")), ("h".into(), link("a"))]);
        let seen = Tree::from([("a".into(), file("new")), ("h".into(), link("a"))]);
        let changes = changes(&initial, &seen);
        assert_eq!(
            serde_json::to_string(&changes).unwrap(),
            r#"{"a":"new","h":{"hard_link":"a"}}"#
        );
        let given =
            BTreeMap::from([("a".into(), Some(file("new"))), ("h".into(), Some(link("a")))]);
        assert_eq!(overlay(&initial, &given), seen);
    }

    #[test]
    fn changes_are_written_like_an_expectation() {
        let initial = Tree::from([("a".into(), file("x")), ("b".into(), file("y"))]);
        let seen =
            Tree::from([("a".into(), file("new")), ("d".into(), Entry::plain(Kind::Directory))]);
        let changes = changes(&initial, &seen);
        assert_eq!(serde_json::to_string(&changes).unwrap(), r#"{"a":"new","b":"absent","d/":{}}"#);
    }
}
