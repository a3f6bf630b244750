//! The private directory of one case on one runtime: the guest's tree, a canary outside of it, and the
//! named pipes of the guest's standard streams.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use filetime::FileTime;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::sys::statvfs::statvfs;
use runner_kit::Preopen;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::tree::{self, SeenTree};
use crate::case::{Case, Entry, Files, Kind, Tree};
use crate::support::bytes::{self, to_name};
use crate::support::interrupt;

const CANARY: &str = "canary";
const CANARY_TEXT: &str = "No guest may see or change this file.\n";
const STREAMS: [&str; 3] = ["stdin", "stdout", "stderr"];

/// With less space than this, the disk counts as full.
const FEWEST_BYTES: u64 = 1 << 20;
const FEWEST_FILES: u64 = 100;
/// More than the canary has: enough to show what it reads instead.
const LONGEST_CANARY: u64 = 1000;

/// How long to wait for a full disk to have space again, and how long between two tries.
const FULL_DISK_PATIENCE: Duration = Duration::from_secs(5);
const FULL_DISK_PAUSE: Duration = Duration::from_millis(50);

/// The directory is removed when the fixture is dropped.
pub struct Fixture {
    directory: TempDir,
    /// The root of the tree. While it is open, no other directory can have its number.
    root: Option<File>,
}

impl Fixture {
    /// Creates the tree of a case in a new directory under `work`. Waits a little if the disk is full:
    /// other programs fill it too, and otherwise a moment would cost the verdicts of hundreds of cases.
    pub fn make(case: &Case, work: &Path) -> Result<Self> {
        /// Whether the disk was full until the end of the last wait. Then nobody waits again.
        static STAYS_FULL: AtomicBool = AtomicBool::new(false);
        let until = Instant::now() + FULL_DISK_PATIENCE;
        loop {
            let made = Self::try_make(case, work);
            if !made.as_ref().is_err_and(is_full) {
                STAYS_FULL.store(false, Ordering::Relaxed);
                return made;
            }
            if STAYS_FULL.load(Ordering::Relaxed) || interrupt::requested() {
                return made;
            }
            if Instant::now() >= until {
                STAYS_FULL.store(true, Ordering::Relaxed);
                return made;
            }
            thread::sleep(FULL_DISK_PAUSE);
        }
    }

    fn try_make(case: &Case, work: &Path) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("case-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(work)
            .with_context(|| format!("make a directory in {}", work.display()))?;
        let mut fixture = Fixture { directory, root: None };
        fs::write(fixture.path(CANARY), CANARY_TEXT).context("write the canary")?;
        for stream in STREAMS {
            let path = fixture.path(stream);
            nix::unistd::mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)
                .with_context(|| format!("make the pipe {}", path.display()))?;
        }
        let root = fixture.root();
        let made = match &case.files {
            Files::Tree(tree) => plant(&root, tree),
            Files::CopyOf(sources) => fs::create_dir(&root).and_then(|()| {
                sources.iter().try_for_each(|(place, source)| copy(source, &root.join(place)))
            }),
        };
        let made = made.and_then(|()| File::open(&root));
        let made =
            made.with_context(|| format!("make the files of {} in {}", case.id, root.display()))?;
        fixture.root = Some(made);
        Ok(fixture)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// All that belongs to the case: its tree and what is beside that.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The root of the case's tree.
    pub fn root(&self) -> PathBuf {
        self.path("root")
    }

    /// The named pipes for stdin, stdout and stderr.
    pub fn streams(&self) -> [PathBuf; 3] {
        STREAMS.map(|name| self.path(name))
    }

    pub fn preopens(&self, case: &Case) -> Vec<Preopen> {
        let host = |host: &str| {
            if host.is_empty() { self.root() } else { self.root().join(to_name(host)) }
        };
        case.preopens
            .iter()
            .map(|p| Preopen {
                host: host(&p.host),
                guest: p.guest.clone(),
                read_only: p.read_only,
            })
            .collect()
    }

    /// The tree as the guest left it. It is empty if the root is gone: `escaped` reports that, because
    /// a preopen's own name is outside of the preopen.
    pub fn tree(&self) -> Result<SeenTree> {
        match self.has_root()? {
            true => tree::read(&self.root()),
            false => Ok(SeenTree::default()),
        }
    }

    /// Fails if the file system of the case's directory is full: whatever a guest did there is then
    /// no evidence.
    pub fn check_space(&self) -> Result<()> {
        check_space(self.directory.path())
    }

    /// Whether the root is the directory that the guest was given, and not another one in its place.
    fn has_root(&self) -> Result<bool> {
        let found = absent_as_none(fs::symlink_metadata(self.root()));
        let found = found.context("look at the root directory of the tree")?;
        let Some((found, root)) = found.zip(self.root.as_ref()) else { return Ok(false) };
        let root = root.metadata().context("look at the root directory of the tree")?;
        Ok(identity(&found) == identity(&root))
    }

    /// A change outside the guest's tree, if any. An `Err` is a harness error: what cannot be looked
    /// at is no evidence.
    pub fn escaped(&self) -> Result<Option<String>> {
        let canary = self.path(CANARY);
        let found = absent_as_none(fs::symlink_metadata(&canary)).context("find the canary")?;
        let Some(found) = found else {
            return Ok(Some("the canary outside the preopen is gone".into()));
        };
        // Reading a pipe in its place would block.
        if !found.is_file() {
            return Ok(Some("the canary outside the preopen is no longer a file".into()));
        }
        let mut text = Vec::new();
        let canary = File::open(&canary).context("open the canary")?;
        canary.take(LONGEST_CANARY).read_to_end(&mut text).context("read the canary")?;
        if text != CANARY_TEXT.as_bytes() {
            let text = bytes::name(&text);
            return Ok(Some(format!("the canary outside the preopen now reads {text:?}")));
        }
        if !self.has_root()? {
            return Ok(Some("the root directory of the tree is gone or replaced".into()));
        }
        let expected = |name: &str| name == CANARY || name == "root" || STREAMS.contains(&name);
        let mut strange = Vec::new();
        for entry in fs::read_dir(self.directory.path()).context("list the case's directory")? {
            let name = bytes::name(entry?.file_name().as_encoded_bytes());
            if !expected(&name) {
                strange.push(name);
            }
        }
        strange.sort();
        Ok((!strange.is_empty())
            .then(|| format!("made outside the preopen: {}", strange.join(", "))))
    }
}

/// Fails if the file system of a case's directory is full.
pub fn check_space(path: &Path) -> Result<()> {
    let found = statvfs(path).context("ask how much space is left for cases")?;
    let bytes = found.blocks_available() as u64 * found.fragment_size() as u64;
    // Some file systems do not count their files.
    let has_files = found.files() == 0 || found.files_available() as u64 >= FEWEST_FILES;
    if bytes < FEWEST_BYTES || !has_files {
        bail!(
            "the disk is full: cases need space in {} (set TMPDIR to use another directory)",
            path.parent().unwrap_or(path).display()
        );
    }
    Ok(())
}

/// Whether something could not be made because the disk has no space.
fn is_full(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        kind == Some(io::ErrorKind::StorageFull) || cause.downcast_ref() == Some(&Errno::ENOSPC)
    })
}

/// Which file it is, whatever its name.
fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Only a name that does not exist is absent. Any other error says nothing about it.
fn absent_as_none<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

fn plant(root: &Path, tree: &Tree) -> io::Result<()> {
    fs::create_dir(root)?;
    // A directory sorts before its entries, so one pass makes everything except hard links, whose
    // targets may sort after them.
    for (path, entry) in tree {
        let at = root.join(to_name(path));
        match &entry.kind {
            Kind::Directory => fs::create_dir(&at)?,
            Kind::File(bytes) => fs::write(&at, bytes)?,
            Kind::Symlink(target) => symlink(to_name(target), &at)?,
            Kind::HardLink(_) => {}
            // A hole reads as zeros and takes no space.
            Kind::Zeros(size) => File::create(&at)?.set_len(*size)?,
            Kind::Large(_) | Kind::Other => {
                unreachable!("only an observed tree has these kinds")
            }
        }
    }
    for (path, entry) in tree {
        if let Kind::HardLink(target) = &entry.kind {
            fs::hard_link(root.join(to_name(target)), root.join(to_name(path)))?;
        }
    }
    // Backwards, because creating an entry changes the times of its directory.
    for (path, entry) in tree.iter().rev() {
        set_attributes(&root.join(to_name(path)), entry)?;
    }
    Ok(())
}

fn set_attributes(at: &Path, entry: &Entry) -> io::Result<()> {
    if let Some(mode) = entry.mode {
        fs::set_permissions(at, fs::Permissions::from_mode(mode))?;
    }
    if entry.mtime.is_some() || entry.atime.is_some() {
        let now = FileTime::from_last_modification_time(&fs::symlink_metadata(at)?);
        let time = |ns: Option<u64>| {
            ns.map_or(now, |ns| {
                FileTime::from_unix_time((ns / 1_000_000_000) as i64, (ns % 1_000_000_000) as u32)
            })
        };
        filetime::set_symlink_file_times(at, time(entry.atime), time(entry.mtime))?;
    }
    Ok(())
}

/// Leaves out `*.cleanup`, which other runners leave behind in directories of wasi-testsuite.
fn copy(source: &Path, to: &Path) -> io::Result<()> {
    let is_leftover = |name: &OsStr| name.as_encoded_bytes().ends_with(b".cleanup");
    let entries = WalkDir::new(source).min_depth(1).into_iter();
    fs::create_dir_all(to)?;
    for entry in entries.filter_entry(|entry| !is_leftover(entry.file_name())) {
        let entry = entry?;
        let at = to.join(entry.path().strip_prefix(source).expect("walked below the source"));
        let kind = entry.file_type();
        if kind.is_dir() {
            fs::create_dir(&at)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(entry.path())?, &at)?;
        } else {
            fs::copy(entry.path(), &at)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
