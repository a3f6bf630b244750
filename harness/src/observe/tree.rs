//! The tree that a guest left, read within limits: a guest can make more files, and longer ones, than
//! there is memory or time for.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::unistd::{Whence, lseek};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::case::{Entry, Kind, LargeFile, Names, Tree};
use crate::support::bytes;
use crate::support::digest::hex;

const MOST_ENTRIES: usize = 100_000;
/// Directories below this level are not entered.
const MOST_LEVELS: usize = 256;
/// Longer files are told apart by their digests.
const LONGEST_FILE: u64 = 16 << 20;
/// How many bytes of all files are kept.
const MOST_BYTES: u64 = 64 << 20;
const MOST_TIME: Duration = Duration::from_secs(20);
/// Zeros are recognized in blocks of this size.
const BLOCK: u64 = 64 << 10;

/// What was seen of a tree.
#[derive(Debug, Default)]
pub struct SeenTree {
    pub tree: Tree,
    /// Why it is not all there.
    pub cut: Option<String>,
}

/// Reads everything below a directory.
pub fn read(root: &Path) -> Result<SeenTree> {
    let mut reader = Reader { bytes_left: MOST_BYTES, until: Instant::now() + MOST_TIME };
    let mut seen = SeenTree::default();
    let mut names = Names::default();
    let mut first_names: HashMap<(u64, u64), String> = HashMap::new();
    for entry in WalkDir::new(root).min_depth(1).max_depth(MOST_LEVELS) {
        if seen.tree.len() == MOST_ENTRIES {
            seen.cut = Some(format!("it has more than {MOST_ENTRIES} files and directories"));
            break;
        }
        let found = entry.and_then(|entry| Ok((entry.metadata()?, entry)));
        let (metadata, entry) = match found {
            Err(e) if is_too_long(&e) => {
                seen.cut = Some("it has paths that are too long for this system".into());
                break;
            }
            found => found.context("walk the tree that the guest left")?,
        };
        let name = entry.path().strip_prefix(root).expect("walked below the root");
        let name = bytes::name(name.as_os_str().as_encoded_bytes());
        let looking = || format!("look at {name}, which the guest left");
        if metadata.is_file() && metadata.nlink() > 1 {
            let key = (metadata.dev(), metadata.ino());
            let file = first_names.entry(key).or_insert(name.clone());
            names.join(&name, file);
        }
        if metadata.is_dir() && entry.depth() == MOST_LEVELS {
            seen.cut = Some(format!("it has {MOST_LEVELS} levels of directories, or more"));
        }
        let Some(found) = reader.entry(entry.path(), &metadata).with_context(looking)? else {
            seen.cut = Some(format!("reading it took more than {} s", MOST_TIME.as_secs()));
            break;
        };
        seen.tree.insert(name, found);
    }
    names.into_links(&mut seen.tree);
    Ok(seen)
}

fn is_too_long(error: &walkdir::Error) -> bool {
    error.io_error().and_then(io::Error::raw_os_error) == Some(Errno::ENAMETOOLONG as i32)
}

struct Reader {
    /// How many more bytes may be kept.
    bytes_left: u64,
    until: Instant,
}

impl Reader {
    /// What one name stands for. `None` if there is no time left.
    fn entry(&mut self, path: &Path, metadata: &fs::Metadata) -> io::Result<Option<Entry>> {
        let kind = if metadata.is_dir() {
            Some(Kind::Directory)
        } else if metadata.is_file() {
            self.contents(path)?
        } else if metadata.is_symlink() {
            Some(Kind::Symlink(bytes::name(fs::read_link(path)?.as_os_str().as_encoded_bytes())))
        } else {
            Some(Kind::Other)
        };
        // A case cannot name times before 1970 or after 2554.
        let nanoseconds = |seconds: i64, rest: i64| {
            u64::try_from(seconds.checked_mul(1_000_000_000)?.checked_add(rest)?).ok()
        };
        Ok(kind.filter(|_| Instant::now() < self.until).map(|kind| Entry {
            kind,
            mode: Some(metadata.mode() & 0o7777),
            mtime: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            atime: nanoseconds(metadata.atime(), metadata.atime_nsec()),
        }))
    }

    /// Reads a file, but not its holes. `None` if there is no time left.
    fn contents(&mut self, path: &Path) -> io::Result<Option<Kind>> {
        // Whatever the name stands for by now: opening it follows nothing and waits for nobody.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
        let file = File::options().read(true).custom_flags(flags.bits()).open(path)?;
        let size = file.metadata()?.len();
        let is_kept = size <= LONGEST_FILE.min(self.bytes_left);
        let mut kept = vec![0; if is_kept { size as usize } else { 0 }];
        let mut block = vec![0; BLOCK.min(size) as usize];
        let (mut digest, mut is_zero) = (Sha256::new(), true);
        let mut at = 0;
        while let Some(data) = next_data(&file, at, size)? {
            if Instant::now() >= self.until {
                return Ok(None);
            }
            // Blocks begin at multiples of their size, wherever holes do.
            at = data - data % BLOCK;
            let wanted = (size - at).min(BLOCK) as usize;
            let length = read_at(&file, &mut block[..wanted], at)?;
            let found = &block[..length];
            if found.iter().any(|&byte| byte != 0) {
                is_zero = false;
                match is_kept {
                    true => kept[at as usize..][..length].copy_from_slice(found),
                    false => {
                        digest.update(at.to_le_bytes());
                        digest.update(found);
                    }
                }
            }
            at += BLOCK;
        }
        Ok(Some(match (is_zero, is_kept) {
            (true, _) => Kind::zeros(size),
            (false, false) => Kind::Large(LargeFile { size, digest: hex(&digest.finalize()) }),
            (false, true) => {
                self.bytes_left -= size;
                Kind::File(kept)
            }
        }))
    }
}

/// Where the next byte is that is not in a hole.
fn next_data(file: &File, at: u64, size: u64) -> io::Result<Option<u64>> {
    if at >= size {
        return Ok(None);
    }
    // The first block is read anyway: most files have no other.
    if at == 0 && size <= BLOCK {
        return Ok(Some(0));
    }
    match lseek(file, at as i64, Whence::SeekData) {
        Ok(data) => Ok(Some(data as u64).filter(|&data| data < size)),
        Err(Errno::ENXIO) => Ok(None),
        // A file system that knows no holes.
        Err(Errno::EINVAL | Errno::ENOTSUP) => Ok(Some(at)),
        Err(e) => Err(e.into()),
    }
}

fn read_at(file: &File, into: &mut [u8], at: u64) -> io::Result<usize> {
    let mut length = 0;
    while length < into.len() {
        match file.read_at(&mut into[length..], at + length as u64) {
            // It has become shorter.
            Ok(0) => break,
            Ok(n) => length += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use nix::sys::stat::Mode;

    use super::*;

    #[test]
    fn holes_are_not_read_and_equal_zeros() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        File::create(path("hole")).unwrap().set_len(1 << 40).unwrap();
        fs::write(path("zeros"), vec![0; 100_000]).unwrap();
        let long = File::create(path("long")).unwrap();
        long.set_len(1 << 30).unwrap();
        long.write_all_at(b"x", 1 << 29).unwrap();
        let seen = read(directory.path()).unwrap();
        assert_eq!(seen.cut, None);
        assert_eq!(seen.tree["hole"].kind, Kind::Zeros(1 << 40));
        assert_eq!(seen.tree["zeros"].kind, Kind::Zeros(100_000));
        let Kind::Large(first) = seen.tree["long"].kind.clone() else { panic!("it is long") };
        assert_eq!(first.size, 1 << 30);
        // The same contents have the same digest, whether a block of zeros is stored or not.
        long.write_all_at(&[0; 10], 0).unwrap();
        let again = read(directory.path()).unwrap();
        assert_eq!(again.tree["long"].kind, Kind::Large(first.clone()));
        long.write_all_at(b"y", (1 << 29) + 1).unwrap();
        let other = read(directory.path()).unwrap();
        assert_ne!(other.tree["long"].kind, Kind::Large(first));
    }

    #[test]
    fn many_bytes_are_told_apart_by_digests() {
        let directory = tempfile::tempdir().unwrap();
        for name in 0..5 {
            fs::write(directory.path().join(name.to_string()), vec![1; 15 << 20]).unwrap();
        }
        let seen = read(directory.path()).unwrap();
        let kept = seen.tree.values().filter(|entry| matches!(entry.kind, Kind::File(_))).count();
        assert_eq!((seen.tree.len(), kept), (5, 4));
    }

    #[test]
    fn a_deep_tree_is_read_down_to_a_level_and_its_depth_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let parent = directory.path().canonicalize().unwrap();
        let mut path = parent.clone();
        for _ in 0..=MOST_LEVELS {
            path.push("d");
        }
        fs::create_dir_all(&path).unwrap();
        let seen = read(&parent).unwrap();
        assert_eq!(seen.tree.len(), MOST_LEVELS);
        assert_eq!(seen.cut.unwrap(), "it has 256 levels of directories, or more");
    }

    /// A guest makes one by descending: no path is ever longer than a name.
    #[test]
    fn a_tree_with_paths_that_nobody_can_name_is_read_as_far_as_possible() {
        let directory = tempfile::tempdir().unwrap();
        let mut at = directory.path().to_owned();
        let name = "n".repeat(200);
        for _ in 0..15 {
            at.push(&name);
        }
        fs::create_dir_all(&at).unwrap();
        let mode = Mode::S_IRWXU;
        let mut parent = nix::fcntl::open(&at, OFlag::O_DIRECTORY, mode).unwrap();
        for _ in 0..10 {
            nix::sys::stat::mkdirat(&parent, name.as_str(), mode).unwrap();
            parent = nix::fcntl::openat(&parent, name.as_str(), OFlag::O_DIRECTORY, mode).unwrap();
        }
        let seen = read(directory.path()).unwrap();
        assert!(seen.tree.len() >= 15, "{}", seen.tree.len());
        assert_eq!(seen.cut.unwrap(), "it has paths that are too long for this system");
    }

    #[test]
    fn other_kinds_of_files_are_seen_and_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        nix::unistd::mkfifo(&directory.path().join("pipe"), Mode::S_IRWXU).unwrap();
        let seen = read(directory.path()).unwrap();
        assert_eq!(seen.tree["pipe"].kind, Kind::Other);
    }
}
