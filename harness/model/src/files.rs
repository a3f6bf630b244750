//! The file system: inodes, and directories that name them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::content::Content;
use crate::shared::Shared;

/// The number of an inode.
pub type Ino = u64;

/// All inodes. They are numbered from 1 on, and never removed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Files {
    inodes: Shared<Vec<Shared<Inode>>>,
}

/// The bytes of a name.
pub type Name = Arc<[u8]>;

#[derive(Clone, Debug, PartialEq)]
pub struct Inode {
    pub dev: u64,
    /// How many names it has.
    pub links: u64,
    pub times: Times,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    File(Content),
    Directory(Directory),
    Symlink(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Directory {
    pub parent: Ino,
    pub entries: BTreeMap<Name, Entry>,
    /// The cookie of the next entry.
    next: u64,
}

/// A name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub ino: Ino,
    /// Its place in the order of the listing, which no other change of the directory moves.
    pub cookie: u64,
}

/// The times of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub accessed: Time,
    pub modified: Time,
    pub changed: Time,
}

/// What is known of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Set to this by somebody.
    Exactly(u64),
    /// The clock's time during a call that began at this time.
    Since(u64),
}

impl Time {
    /// The earliest time that it can be.
    pub fn earliest(self) -> u64 {
        match self {
            Time::Exactly(time) | Time::Since(time) => time,
        }
    }
}

impl Times {
    pub fn all(time: Time) -> Times {
        Times { accessed: time, modified: time, changed: time }
    }
}

/// `.` and `..` come first.
const FIRST_COOKIE: u64 = 3;

impl Directory {
    pub fn new(parent: Ino) -> Directory {
        Directory { parent, entries: BTreeMap::new(), next: FIRST_COOKIE }
    }

    fn insert(&mut self, name: &[u8], ino: Ino) {
        self.entries.insert(name.into(), Entry { ino, cookie: self.next });
        self.next += 1;
    }

    /// A cookie that no entry has, nor has had.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The entries in the order of their cookies.
    pub fn listing(&self) -> Vec<(&Name, Entry)> {
        let mut entries: Vec<_> = self.entries.iter().map(|(name, entry)| (name, *entry)).collect();
        entries.sort_by_key(|(_, entry)| entry.cookie);
        entries
    }
}

impl Inode {
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, Kind::Directory(_))
    }

    pub fn is_file(&self) -> bool {
        matches!(self.kind, Kind::File(_))
    }

    pub fn directory(&self) -> Option<&Directory> {
        match &self.kind {
            Kind::Directory(directory) => Some(directory),
            _ => None,
        }
    }

    pub fn target(&self) -> Option<&[u8]> {
        match &self.kind {
            Kind::Symlink(target) => Some(target),
            _ => None,
        }
    }

    /// Whether it is a directory with entries.
    pub fn is_full(&self) -> bool {
        self.directory().is_some_and(|directory| !directory.entries.is_empty())
    }

    pub fn size(&self) -> u64 {
        match &self.kind {
            Kind::File(content) => content.size(),
            Kind::Directory(directory) => directory.entries.len() as u64,
            Kind::Symlink(target) => target.len() as u64,
        }
    }

    pub fn filetype(&self) -> &'static str {
        match self.kind {
            Kind::File(_) => "regular_file",
            Kind::Directory(_) => "directory",
            Kind::Symlink(_) => "symbolic_link",
        }
    }
}

impl Files {
    pub fn get(&self, ino: Ino) -> &Inode {
        &self.inodes[ino as usize - 1]
    }

    pub fn get_mut(&mut self, ino: Ino) -> &mut Inode {
        &mut self.inodes[ino as usize - 1]
    }

    /// A new inode without a name.
    pub fn add(&mut self, dev: u64, times: Times, kind: Kind) -> Ino {
        self.inodes.push(Inode { dev, links: 0, times, kind }.into());
        self.inodes.len() as Ino
    }

    pub fn lookup(&self, directory: Ino, name: &[u8]) -> Option<Ino> {
        Some(self.get(directory).directory()?.entries.get(name)?.ino)
    }

    /// Gives an inode a name, in the place of whatever has it. Changes no time.
    pub fn name(&mut self, directory: Ino, name: &[u8], ino: Ino) {
        self.unname(directory, name);
        let inode = self.get_mut(ino);
        inode.links += 1;
        if let Kind::Directory(named) = &mut inode.kind {
            named.parent = directory;
        }
        if let Kind::Directory(into) = &mut self.get_mut(directory).kind {
            into.insert(name, ino);
        }
    }

    /// Takes a name away, if it is there. Changes no time.
    pub fn unname(&mut self, directory: Ino, name: &[u8]) {
        let Kind::Directory(from) = &mut self.get_mut(directory).kind else { return };
        if let Some(entry) = from.entries.remove(name) {
            self.get_mut(entry.ino).links -= 1;
        }
    }

    /// Whether a directory is another, or somewhere below it.
    pub fn is_within(&self, mut directory: Ino, above: Ino) -> bool {
        loop {
            let Some(here) = self.get(directory).directory() else { return false };
            if directory == above {
                return true;
            }
            if here.parent == directory {
                return false;
            }
            directory = here.parent;
        }
    }
}
