//! Between the tree of a scenario and the inodes of the model.

use std::collections::BTreeMap;

use model::{Directory, Files, Ino, Kind, Time, Times};

use crate::scenario::{Node, Tree};

/// From this size on only the size of a file is compared.
pub const LARGE: u64 = 1 << 20;

/// All files are on one device.
const DEVICE: u64 = 1;

impl Tree {
    /// What is at a path.
    pub fn get(&self, path: &str) -> Option<&Node> {
        self.0.iter().find(|(name, _)| name == path).map(|(_, node)| node)
    }

    /// Puts the tree into files, and gives its root. An entry whose directory is missing is left out.
    pub fn plant(&self, files: &mut Files) -> Ino {
        // Whoever made the tree has set the times.
        let times = Times::all(Time::Since(0));
        let directory = || Kind::Directory(Directory::new(0));
        let root = files.add(DEVICE, times, directory());
        // The guest cannot reach its name.
        files.get_mut(root).links = 1;
        if let Kind::Directory(directory) = &mut files.get_mut(root).kind {
            directory.parent = root;
        }
        let mut known = BTreeMap::from([("", root)]);
        for (path, node) in &self.0 {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            let Some(parent) = known.get(parent).copied() else { continue };
            let kind = match node {
                Node::Directory => directory(),
                Node::File(bytes) => Kind::File(model::Content::new(bytes)),
                Node::Large(size) => {
                    let mut content = model::Content::default();
                    content.resize(*size);
                    Kind::File(content)
                }
                Node::Symlink(target) => Kind::Symlink(target.clone().into_bytes()),
                Node::Link(to) => {
                    if let Some(ino) = known.get(&to[..]).copied() {
                        files.name(parent, name.as_bytes(), ino);
                        known.insert(path, ino);
                    }
                    continue;
                }
            };
            let ino = files.add(DEVICE, times, kind);
            files.name(parent, name.as_bytes(), ino);
            known.insert(path, ino);
        }
        root
    }

    /// What is below a directory, sorted by path. Names that are not UTF-8 are shown as well as can be.
    pub fn below(files: &Files, root: Ino) -> Tree {
        let mut tree = Tree::default();
        let mut names = BTreeMap::new();
        tree.collect(files, root, "", &mut names);
        tree
    }

    fn collect(
        &mut self,
        files: &Files,
        directory: Ino,
        above: &str,
        names: &mut BTreeMap<Ino, String>,
    ) {
        let Some(directory) = files.get(directory).directory() else { return };
        for (name, entry) in &directory.entries {
            let path = format!("{above}{}", String::from_utf8_lossy(name));
            if let Some(first) = names.get(&entry.ino) {
                self.0.push((path, Node::Link(first.clone())));
                continue;
            }
            let node = match &files.get(entry.ino).kind {
                Kind::Directory(_) => Node::Directory,
                Kind::File(content) if content.size() >= LARGE => Node::Large(content.size()),
                Kind::File(content) => Node::File(content.read(0, LARGE)),
                Kind::Symlink(target) => {
                    Node::Symlink(String::from_utf8_lossy(target).into_owned())
                }
            };
            let is_directory = node == Node::Directory;
            names.insert(entry.ino, path.clone());
            self.0.push((path.clone(), node));
            if is_directory {
                self.collect(files, entry.ino, &format!("{path}/"), names);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_comes_back_from_the_model() {
        let node = |path: &str, node| (path.to_owned(), node);
        let tree = Tree(vec![
            node("a", Node::File(b"hello".to_vec())),
            node("d", Node::Directory),
            node("d/b", Node::Link("a".into())),
            node("d/e", Node::Directory),
            node("l", Node::Symlink("d/e".into())),
            node("z", Node::Large(LARGE)),
        ]);
        let mut files = Files::default();
        let root = tree.plant(&mut files);
        assert_eq!(Tree::below(&files, root), tree);
        let links = files.lookup(root, b"a").map(|ino| files.get(ino).links);
        assert_eq!(links, Some(2));
    }
}
