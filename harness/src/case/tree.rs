//! A file tree as expectations write it: before the guest runs, and after.

use std::collections::BTreeMap;

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
    Symlink(String),
    /// Another name of a file of this tree.
    HardLink(String),
    /// A socket, a device, or what else a guest cannot be expected to leave.
    Other,
}

impl Entry {
    pub fn plain(kind: Kind) -> Self {
        Entry { kind, mode: None, mtime: None, atime: None }
    }
}

/// The tree that is expected after a run: the initial one, with the changes laid over it (`None`:
/// the name is gone). Times and modes of the initial tree are how it is made, not what is
/// expected of it, so they are dropped.
pub fn overlay(initial: &Tree, changes: &BTreeMap<String, Option<Entry>>) -> Tree {
    let mut tree: Tree = initial
        .iter()
        .map(|(path, entry)| {
            let kind = match &entry.kind {
                Kind::HardLink(target) => match initial.get(target) {
                    Some(entry) => entry.kind.clone(),
                    None => Kind::HardLink(target.clone()),
                },
                kind => kind.clone(),
            };
            (path.clone(), Entry::plain(kind))
        })
        .collect();
    for (path, change) in changes {
        match change {
            Some(entry) => tree.insert(path.clone(), entry.clone()),
            None => tree.remove(path),
        };
    }
    tree
}
