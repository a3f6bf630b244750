//! Between the tree of a scenario and the files of a case.

use std::collections::BTreeMap;

use explore::{LARGE, Node, Tree};

use crate::case::{self, Entry, Kind};
use crate::support::bytes::to_name;

/// The names on the way to something, its path, and what it is.
type Found = (Vec<Vec<u8>>, String, Kind);

/// Adds the tree of a scenario to the files of a case, below a directory.
pub fn plant(tree: &Tree, below: &str, files: &mut case::Tree) {
    files.insert(below.to_owned(), Entry::plain(Kind::Directory));
    for (path, node) in &tree.0 {
        let kind = match node {
            Node::Directory => Kind::Directory,
            Node::File(bytes) => Kind::file(bytes.clone()),
            Node::Large(size) => Kind::zeros(*size),
            Node::Symlink(target) => Kind::Symlink(target.clone()),
            Node::Link(target) => Kind::HardLink(format!("{below}/{target}")),
        };
        files.insert(format!("{below}/{path}"), Entry::plain(kind));
    }
}

/// The trees below each directory at the top, by its name. Each is in the order in which the model lists
/// it, and the first name of a file in that order has its contents.
pub fn harvest(files: case::Tree) -> BTreeMap<String, Tree> {
    let mut below: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for (path, entry) in files {
        let Some((top, path)) = path.split_once('/') else {
            below.entry(path).or_default();
            continue;
        };
        let names: Vec<Vec<u8>> =
            path.split('/').map(|name| to_name(name).into_encoded_bytes()).collect();
        below.entry(top.to_owned()).or_default().push((names, path.to_owned(), entry.kind));
    }
    below.into_iter().map(|(top, entries)| (top.clone(), tree(&top, entries))).collect()
}

fn tree(top: &str, mut entries: Vec<Found>) -> Tree {
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    let by_path: BTreeMap<String, Kind> =
        entries.iter().map(|(_, path, kind)| (path.clone(), kind.clone())).collect();
    let mut first_names: BTreeMap<&str, String> = BTreeMap::new();
    let mut nodes = Vec::new();
    for (names, path, kind) in &entries {
        let shown = shown(names);
        // The path that has the contents, in the order of case trees.
        let file = match kind {
            Kind::HardLink(target) => target.strip_prefix(top).and_then(|p| p.strip_prefix('/')),
            kind => kind.is_file().then_some(path.as_str()),
        };
        let kind = file.and_then(|file| by_path.get(file)).unwrap_or(kind);
        let node = match file.and_then(|file| first_names.get(file)) {
            Some(first) => Node::Link(first.clone()),
            None => node(kind),
        };
        if let Some(file) = file {
            first_names.entry(file).or_insert_with(|| shown.clone());
        }
        nodes.push((shown, node));
    }
    Tree(nodes)
}

fn shown(names: &[Vec<u8>]) -> String {
    let names: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(name)).collect();
    names.join("/")
}

fn node(kind: &Kind) -> Node {
    match kind {
        Kind::Directory => Node::Directory,
        Kind::File(bytes) if (bytes.len() as u64) < LARGE => Node::File(bytes.clone()),
        Kind::File(bytes) => Node::Large(bytes.len() as u64),
        Kind::Zeros(size) if *size < LARGE => Node::File(vec![0; *size as usize]),
        Kind::Zeros(size) => Node::Large(*size),
        Kind::Large(file) => Node::Large(file.size),
        Kind::Symlink(target) => {
            let target = to_name(target).into_encoded_bytes();
            Node::Symlink(String::from_utf8_lossy(&target).into_owned())
        }
        // No call of preview 1 makes one: the model has no such tree.
        Kind::HardLink(_) | Kind::Other => Node::Symlink("(a special file)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_that_was_planted_is_harvested_in_the_order_of_the_model() {
        let node = |path: &str, node| (path.to_owned(), node);
        // In the order of paths, `a-b` stands before `a/c`.
        let tree = Tree(vec![
            node("a", Node::Directory),
            node("a/c", Node::File(b"x".to_vec())),
            node("a-b", Node::File(vec![])),
            node("l", Node::Symlink("a".into())),
            node("z", Node::Large(LARGE)),
        ]);
        let mut files = case::Tree::new();
        plant(&tree, "7", &mut files);
        assert_eq!(harvest(files), BTreeMap::from([("7".to_owned(), tree)]));
    }

    #[test]
    fn the_first_name_of_a_file_in_the_order_of_the_model_has_its_contents() {
        let mut files = case::Tree::new();
        let mut add = |path: &str, kind| files.insert(path.to_owned(), Entry::plain(kind));
        add("0", Kind::Directory);
        add("0/a", Kind::Directory);
        add("0/a-b", Kind::File(b"x".to_vec()));
        add("0/a/c", Kind::HardLink("0/a-b".into()));
        let nodes = &harvest(files)["0"].0;
        assert_eq!(nodes[1], ("a/c".to_owned(), Node::File(b"x".to_vec())));
        assert_eq!(nodes[2], ("a-b".to_owned(), Node::Link("a/c".into())));
    }
}
