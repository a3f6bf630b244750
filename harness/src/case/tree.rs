//! A file tree as expectations write it: before the guest runs, and after.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::digest::hex;

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

/// How a final tree differs from the initial one, as `fs_after` would write it.
pub fn changes(initial: &Tree, seen: &Tree) -> BTreeMap<String, Value> {
    let before = overlay(initial, &BTreeMap::new());
    let mut changes = BTreeMap::new();
    for (path, entry) in seen {
        if before.get(path).is_none_or(|b| b.kind != entry.kind) {
            let slash = if entry.kind == Kind::Directory { "/" } else { "" };
            changes.insert(format!("{path}{slash}"), written(&entry.kind));
        }
    }
    for path in before.keys().filter(|path| !seen.contains_key(*path)) {
        changes.insert(path.clone(), json!("absent"));
    }
    changes
}

fn written(kind: &Kind) -> Value {
    match kind {
        Kind::Directory | Kind::Other => json!({}),
        Kind::Symlink(target) => json!({ "symlink": target }),
        Kind::HardLink(target) => json!({ "hard_link": target }),
        Kind::File(bytes) if bytes.len() > 16 && bytes.iter().all(|&b| b == 0) => {
            json!({ "size": bytes.len() })
        }
        Kind::File(bytes) => match std::str::from_utf8(bytes) {
            Ok("absent") => json!({ "content": "absent" }),
            Ok(text) => json!(text),
            Err(_) => json!({ "hex": hex(bytes) }),
        },
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

    #[test]
    fn a_hard_link_is_expected_as_the_file_that_it_names() {
        let link = Entry::plain(Kind::HardLink("a".into()));
        let initial = Tree::from([("a".into(), file("x")), ("h".into(), link)]);
        assert_eq!(overlay(&initial, &BTreeMap::new())["h"], file("x"));
    }

    #[test]
    fn changes_are_what_an_expectation_would_say() {
        let initial = Tree::from([("a".into(), file("x")), ("b".into(), file("y"))]);
        let seen =
            Tree::from([("a".into(), file("new")), ("d".into(), Entry::plain(Kind::Directory))]);
        let changes = changes(&initial, &seen);
        assert_eq!(serde_json::to_string(&changes).unwrap(), r#"{"a":"new","b":"absent","d/":{}}"#);
    }
}
