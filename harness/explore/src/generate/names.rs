//! Paths: names that exist, that do not, that lead elsewhere, and that are none.

use model::{Files, Ino};

use crate::random::Random;

const NAMES: [&str; 12] =
    ["a", "b", "d", "e", "l", "m", "d/a", "d/b", "d/d", "d/l", "e/a", "missing"];

/// Paths that are special by their form.
pub fn special() -> Vec<Vec<u8>> {
    let text: [&str; 14] = [
        "",
        ".",
        "..",
        "/",
        "/a",
        "../a",
        "a/..",
        "d/..",
        "d/../a",
        "l/..",
        "d/.",
        "./.",
        "...",
        "missing/..",
    ];
    let mut all: Vec<Vec<u8>> = text.into_iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend([vec![b'n'; 255], vec![b'n'; 256], [&b"./".repeat(2050)[..], b"a"].concat()]);
    all.extend([&b"a\0b"[..], b"\xff", b"a/\xff", "\u{e9}".as_bytes()].map(<[u8]>::to_vec));
    all
}

/// The paths of all that is below a directory, up to a depth.
pub fn existing(files: &Files, root: Ino) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    collect(files, root, b"", 0, &mut found);
    found
}

fn collect(files: &Files, directory: Ino, above: &[u8], depth: usize, found: &mut Vec<Vec<u8>>) {
    let Some(directory) = files.get(directory).directory() else { return };
    for (name, entry) in &directory.entries {
        let path = [above, name].concat();
        if depth < 2 {
            collect(files, entry.ino, &[&path[..], b"/"].concat(), depth + 1, found);
        }
        found.push(path);
    }
}

pub fn path(random: &mut Random, existing: &[Vec<u8>]) -> Vec<u8> {
    let mut path = match random.below(100) {
        0..55 if !existing.is_empty() => random.one(existing).clone(),
        0..85 => random.one(&NAMES).as_bytes().to_vec(),
        _ => return random.one(&special()).clone(),
    };
    match random.below(40) {
        0 => path = [b"./", &path[..]].concat(),
        1 => path = [b"d/../", &path[..]].concat(),
        2 => path = [b"l/", &path[..]].concat(),
        3 => path.extend(b"/a"),
        4 => path.extend(b"/."),
        5 => path.extend(b"/.."),
        6 => path.extend(b"//"),
        7..12 => path.push(b'/'),
        _ => {}
    }
    path
}
