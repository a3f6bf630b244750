//! What is in a preopen at first: few names, so that calls meet each other's files.

use crate::random::Random;
use crate::scenario::{Node, Tree};

const TOP: [&str; 6] = ["a", "b", "d", "e", "l", "m"];
const BELOW: [&str; 4] = ["a", "b", "d", "l"];

/// Targets of symbolic links: names that may exist or not, outside, to themselves, in a circle.
pub const TARGETS: [&str; 20] = [
    "a", "b", "d", "e", "l", "m", "d/a", "d/l", "../a", "../d", "..", "../..", ".", "d/", "a/",
    "/", "/a", "missing", "d/../a", "l/a",
];

/// Lengths of files: nothing, a few bytes, and around a page.
const LENGTHS: [usize; 6] = [0, 1, 5, 16, 4096, 5000];

pub fn tree(random: &mut Random) -> Tree {
    let mut tree = Tree::default();
    for name in TOP {
        if random.in_hundred(55) {
            add(random, &mut tree, name.to_owned());
        }
    }
    tree
}

fn add(random: &mut Random, tree: &mut Tree, path: String) {
    let files = tree.0.iter().filter(|(_, node)| matches!(node, Node::File(_)));
    let files: Vec<String> = files.map(|(path, _)| path.clone()).collect();
    let is_top = !path.contains('/');
    let node = match random.below(10) {
        0..4 => Node::File(content(*random.one(&LENGTHS))),
        4..7 => Node::Directory,
        7 if !files.is_empty() => Node::Link(random.one(&files).clone()),
        _ => Node::Symlink((*random.one(&TARGETS)).to_owned()),
    };
    let is_directory = node == Node::Directory;
    tree.0.push((path.clone(), node));
    if is_directory {
        for name in BELOW {
            if random.in_hundred(if is_top { 40 } else { 10 }) {
                add(random, tree, format!("{path}/{name}"));
            }
        }
    }
}

/// Bytes that tell where they are.
pub fn content(length: usize) -> Vec<u8> {
    (0..length).map(|place| b'a' + (place % 23) as u8).collect()
}
