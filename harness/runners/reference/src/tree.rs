//! Between directories on the host and the inodes of the model: read before a guest starts, and written
//! back when it has ended.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use model::{Content, Directory, Entry, Files, Ino, Kind, Name, Time, Times};
use nix::fcntl::{AT_FDCWD, OFlag};
use nix::sys::stat::{UtimensatFlags, utimensat};
use nix::sys::time::TimeSpec;

const SECOND: u64 = 1_000_000_000;

/// Reads directories. What several of them share becomes one inode.
#[derive(Default)]
pub struct Loader {
    known: HashMap<(u64, u64), Ino>,
}

impl Loader {
    pub fn load(&mut self, files: &mut Files, directory: &Path) -> Result<Ino> {
        let ino = self.add(files, directory)?;
        // It has a name on the host, which the guest cannot reach.
        files.get_mut(ino).links = files.get(ino).links.max(1);
        Ok(ino)
    }

    fn add(&mut self, files: &mut Files, path: &Path) -> Result<Ino> {
        let metadata = fs::symlink_metadata(path)?;
        let identity = (metadata.dev(), metadata.ino());
        if let Some(ino) = self.known.get(&identity) {
            return Ok(*ino);
        }
        let time = |seconds: i64, nanoseconds: i64| {
            Time::Exactly(seconds.max(0) as u64 * SECOND + nanoseconds as u64)
        };
        let times = Times {
            accessed: time(metadata.atime(), metadata.atime_nsec()),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
        };
        let kind = if metadata.is_dir() {
            Kind::Directory(Directory::new(0))
        } else if metadata.is_symlink() {
            Kind::Symlink(fs::read_link(path)?.as_os_str().as_bytes().to_vec())
        } else {
            Kind::File(Content::new(&read(path)?))
        };
        let ino = files.add(metadata.dev(), times, kind);
        self.known.insert(identity, ino);
        if metadata.is_dir() {
            if let Kind::Directory(directory) = &mut files.get_mut(ino).kind {
                directory.parent = ino;
            }
            let mut names = Vec::new();
            for entry in fs::read_dir(path)? {
                names.push(entry?.file_name());
            }
            // The order of the listing is the same on every file system.
            names.sort();
            for name in names {
                let child = self.add(files, &path.join(&name))?;
                files.name(ino, name.as_bytes(), child);
            }
        }
        Ok(ino)
    }
}

/// The bytes of a file, whose access time stays as it is.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let quietly = File::options().read(true).custom_flags(OFlag::O_NOATIME.bits()).open(path);
    // Only the owner of a file may read it so.
    let mut file = quietly.or_else(|_| File::open(path))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Makes the directories on the host what they are in `left`. They are as in `found`.
pub fn save(found: &Files, left: &Files, roots: &[(PathBuf, Ino)]) -> Result<()> {
    if found == left {
        return Ok(());
    }
    let mut saver = Saver {
        found,
        left,
        placed: BTreeMap::new(),
        kept: BTreeSet::new(),
        seen: BTreeSet::new(),
    };
    for (path, ino) in roots {
        saver.remove(path, *ino).with_context(|| format!("clear {}", path.display()))?;
    }
    saver.seen.clear();
    for (path, ino) in roots {
        saver.add(path, *ino).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

struct Saver<'f> {
    found: &'f Files,
    left: &'f Files,
    /// Where each inode is on the host.
    placed: BTreeMap<Ino, PathBuf>,
    /// What was there before and still is.
    kept: BTreeSet<PathBuf>,
    seen: BTreeSet<Ino>,
}

fn entries(files: &Files, ino: Ino) -> &BTreeMap<Name, Entry> {
    &files.get(ino).directory().expect("only directories are visited").entries
}

impl Saver<'_> {
    /// Removes the names that are no more, or are those of something else.
    fn remove(&mut self, path: &Path, ino: Ino) -> io::Result<()> {
        if !self.seen.insert(ino) {
            return Ok(());
        }
        self.placed.insert(ino, path.into());
        for (name, entry) in entries(self.found, ino) {
            let path = path.join(OsStr::from_bytes(name));
            let stays = self.left.lookup(ino, name) == Some(entry.ino);
            match (stays, self.found.get(entry.ino).is_directory()) {
                (true, true) => {
                    self.kept.insert(path.clone());
                    self.remove(&path, entry.ino)?;
                }
                (true, false) => {
                    self.kept.insert(path.clone());
                    self.placed.insert(entry.ino, path);
                }
                (false, true) => fs::remove_dir_all(&path)?,
                (false, false) => fs::remove_file(&path)?,
            }
        }
        Ok(())
    }

    /// Adds what is new, writes what has changed, and sets all times.
    fn add(&mut self, path: &Path, ino: Ino) -> io::Result<()> {
        if !self.seen.insert(ino) {
            return Ok(());
        }
        for (name, entry) in entries(self.left, ino) {
            let path = path.join(OsStr::from_bytes(name));
            let is_there = self.kept.contains(&path);
            match (&self.left.get(entry.ino).kind, self.placed.get(&entry.ino)) {
                (Kind::Directory(_), _) => {
                    if !is_there {
                        fs::create_dir(&path)?;
                    }
                    self.add(&path, entry.ino)?;
                    continue;
                }
                (Kind::File(content), _) if is_there => self.rewrite(&path, entry.ino, content)?,
                (Kind::Symlink(_), _) if is_there => {}
                (_, Some(other)) => fs::hard_link(other, &path)?,
                (Kind::File(content), None) => write(&File::create_new(&path)?, content)?,
                (Kind::Symlink(target), None) => symlink(OsStr::from_bytes(target), &path)?,
            }
            self.set_times(&path, entry.ino)?;
            self.placed.insert(entry.ino, path);
        }
        self.set_times(path, ino)
    }

    fn rewrite(&self, path: &Path, ino: Ino, content: &Content) -> io::Result<()> {
        let is_same = matches!(&self.found.get(ino).kind, Kind::File(old) if old == content);
        if is_same { Ok(()) } else { write(&File::create(path)?, content) }
    }

    fn set_times(&self, path: &Path, ino: Ino) -> io::Result<()> {
        let times = self.left.get(ino).times;
        let spec = |time: Time| {
            let time = time.earliest();
            TimeSpec::new((time / SECOND) as i64, (time % SECOND) as i64)
        };
        let (accessed, modified) = (spec(times.accessed), spec(times.modified));
        let flags = UtimensatFlags::NoFollowSymlink;
        Ok(utimensat(AT_FDCWD, path, &accessed, &modified, flags)?)
    }
}

fn write(file: &File, content: &Content) -> io::Result<()> {
    for (offset, bytes) in content.written() {
        file.write_all_at(bytes, offset)?;
    }
    file.set_len(content.size())
}
