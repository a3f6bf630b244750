//! What `fd_readdir` gives. A host chooses the order of a directory's entries, their cookies and the
//! numbers of their inodes, so that what it gave is compared by a relation.

use std::collections::{BTreeMap, BTreeSet};

use preview1::DIRENT;

use crate::files::{Ino, Name};
use crate::shared::Shared;

/// All entries of a directory. A call gives those after its cookie, cut off where the buffer ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub directory: Ino,
    pub entries: Vec<Dirent>,
    pub cookie: u64,
    pub room: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirent {
    pub name: Name,
    pub ino: Ino,
    pub filetype: u8,
    /// The cookie of what follows this entry.
    pub next: u64,
}

impl Dirent {
    /// How many bytes of a buffer it takes.
    pub fn size(&self) -> usize {
        DIRENT.size() + self.name.len()
    }

    pub fn is_dots(&self) -> bool {
        matches!(&self.name[..], b"." | b"..")
    }

    /// The first entry in these bytes, if it is whole.
    fn parse(bytes: &[u8]) -> Option<Dirent> {
        let field = |name, size: usize| {
            let mut number = [0; 8];
            let at = DIRENT.offset(name);
            number[..size].copy_from_slice(bytes.get(at..at + size)?);
            Some(u64::from_le_bytes(number))
        };
        let end = DIRENT.size() + field("d_namlen", 4)? as usize;
        Some(Dirent {
            name: bytes.get(DIRENT.size()..end)?.into(),
            ino: field("d_ino", 8)?,
            filetype: field("d_type", 1)? as u8,
            next: field("d_next", 8)?,
        })
    }
}

impl Listing {
    /// What the reference gives: the entries in the order of the model.
    pub fn bytes(&self) -> Vec<u8> {
        let room = self.room as usize;
        let mut bytes = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.next > self.cookie) {
            if bytes.len() >= room {
                break;
            }
            let mut head = [0; DIRENT.size()];
            let mut put = |field: &str, value: &[u8]| {
                let offset = DIRENT.offset(field);
                head[offset..offset + value.len()].copy_from_slice(value);
            };
            put("d_next", &entry.next.to_le_bytes());
            put("d_ino", &entry.ino.to_le_bytes());
            put("d_namlen", &(entry.name.len() as u32).to_le_bytes());
            put("d_type", &[entry.filetype]);
            bytes.extend_from_slice(&head);
            bytes.extend_from_slice(&entry.name);
        }
        bytes.truncate(room);
        bytes
    }

    fn find(&self, name: &[u8]) -> Option<&Dirent> {
        self.entries.iter().find(|entry| &entry.name[..] == name)
    }
}

/// Where reading a directory has come to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Position {
    /// What the directory contained when its reading began.
    began_with: Shared<BTreeSet<Name>>,
    /// What was listed since.
    listed: BTreeSet<Name>,
}

/// The cookies that a host has given, by directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cookies(BTreeMap<(Ino, u64), Position>);

impl Cookies {
    /// Whether a host has given this cookie.
    pub fn know(&self, directory: Ino, cookie: u64) -> bool {
        cookie == 0 || self.0.contains_key(&(directory, cookie))
    }

    /// Whether a host may give these bytes; each entry once, whatever their order. Entries that came or
    /// went while the directory was read may be listed or not. `is_number` says whether an inode may
    /// have this number. Takes over the cookies.
    pub fn admit(
        &mut self,
        listing: &Listing,
        mut bytes: &[u8],
        mut is_number: impl FnMut(Ino, u64) -> bool,
    ) -> bool {
        let is_full = bytes.len() == listing.room as usize;
        if bytes.len() > listing.room as usize {
            return false;
        }
        if bytes.is_empty() && !self.know(listing.directory, listing.cookie) {
            return true;
        }
        let now = || listing.entries.iter().map(|entry| entry.name.clone());
        let begin = || Position {
            began_with: now().collect::<BTreeSet<_>>().into(),
            listed: BTreeSet::new(),
        };
        let known = self.0.get(&(listing.directory, listing.cookie)).cloned();
        let mut position = known.filter(|_| listing.cookie != 0).unwrap_or_else(begin);
        while let Some(seen) = Dirent::parse(bytes) {
            bytes = &bytes[seen.size()..];
            let may_be = match listing.find(&seen.name) {
                None => position.began_with.contains(&seen.name),
                Some(entry) => {
                    entry.filetype == seen.filetype
                        && (entry.is_dots() || is_number(entry.ino, seen.ino))
                }
            };
            if !may_be || !position.listed.insert(seen.name) {
                return false;
            }
            self.0.insert((listing.directory, seen.next), position.clone());
        }
        let is_left = |entry: &&Dirent| !position.listed.contains(&entry.name);
        if is_full {
            let cut = bytes.get(DIRENT.size()..).unwrap_or_default();
            return bytes.is_empty()
                || listing.entries.iter().filter(is_left).any(|entry| entry.name.starts_with(cut));
        }
        let mut left = listing.entries.iter().filter(is_left);
        bytes.is_empty()
            && left.all(|entry| entry.is_dots() || !position.began_with.contains(&entry.name))
    }
}
