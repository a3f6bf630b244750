//! The private directory of one case on one runtime: the tree that the guest is given, a canary
//! outside of it, and the named pipes of the guest's standard streams.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use filetime::FileTime;
use nix::sys::stat::Mode;
use runner_kit::Preopen;
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::case::{Case, Entry, Files, Kind, Names, Tree};
use crate::support::text::readable;

const CANARY: &str = "canary";
const CANARY_TEXT: &str = "No guest may see or change this file.\n";
const STREAMS: [&str; 3] = ["stdin", "stdout", "stderr"];

/// Removed from the disk when dropped.
pub struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// Makes the tree of a case in a new folder under `work`.
    pub fn make(case: &Case, work: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("case-")
            .permissions(fs::Permissions::from_mode(0o700))
            .tempdir_in(work)
            .with_context(|| format!("make a folder in {}", work.display()))?;
        let fixture = Fixture { folder };
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
        made.with_context(|| format!("make the files of {} in {}", case.id, root.display()))?;
        Ok(fixture)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All that belongs to the case: its tree and what is beside that.
    pub fn directory(&self) -> &Path {
        self.folder.path()
    }

    /// The folder that holds the case's tree.
    pub fn root(&self) -> PathBuf {
        self.path("root")
    }

    /// The named pipes for stdin, stdout and stderr.
    pub fn streams(&self) -> [PathBuf; 3] {
        STREAMS.map(|name| self.path(name))
    }

    pub fn preopens(&self, case: &Case) -> Vec<Preopen> {
        let host = |host: &str| if host.is_empty() { self.root() } else { self.root().join(host) };
        case.preopens
            .iter()
            .map(|p| Preopen {
                host: host(&p.host),
                guest: p.guest.clone(),
                read_only: p.read_only,
            })
            .collect()
    }

    /// The tree as the guest left it.
    pub fn tree(&self) -> Result<Tree> {
        let root = self.root();
        let mut tree = Tree::new();
        if !root.is_dir() {
            // `escaped` reports it: a preopen's own name is outside of what is preopened.
            return Ok(tree);
        }
        let mut names = Names::default();
        let mut first_names: HashMap<(u64, u64), String> = HashMap::new();
        for entry in WalkDir::new(&root).min_depth(1) {
            let entry = entry.with_context(|| format!("walk {}", root.display()))?;
            let path = entry.path();
            let name = path.strip_prefix(&root).expect("walked below the root");
            let name = readable(name.as_os_str().as_encoded_bytes());
            let meta = entry.metadata().with_context(|| format!("look at {}", path.display()))?;
            let seen = look_at(path, &meta).with_context(|| format!("read {}", path.display()))?;
            if meta.is_file() && meta.nlink() > 1 {
                let file = first_names.entry((meta.dev(), meta.ino())).or_insert(name.clone());
                names.join(&name, file);
            }
            tree.insert(name, seen);
        }
        names.into_links(&mut tree);
        Ok(tree)
    }

    /// What the guest did outside its tree, if anything.
    pub fn escaped(&self) -> Option<String> {
        match fs::read_to_string(self.path(CANARY)) {
            Ok(text) if text == CANARY_TEXT => {}
            Ok(text) => return Some(format!("the canary outside the preopen now reads {text:?}")),
            Err(e) => return Some(format!("the canary outside the preopen is gone: {e}")),
        }
        if !self.root().is_dir() {
            return Some("the folder of the tree itself is gone".into());
        }
        let expected = |name: &str| name == CANARY || name == "root" || STREAMS.contains(&name);
        let entries = fs::read_dir(self.folder.path()).ok()?;
        let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
        let strange: Vec<String> = names.filter(|name| !expected(name)).collect();
        (!strange.is_empty()).then(|| format!("made outside the preopen: {}", strange.join(", ")))
    }
}

/// Longer files are not compared byte by byte: a guest can make one of any size at no cost.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;

fn look_at(path: &Path, meta: &fs::Metadata) -> io::Result<Entry> {
    let kind = if meta.is_dir() {
        Kind::Directory
    } else if meta.is_file() && meta.len() > LARGEST_FILE {
        Kind::Huge(meta.len())
    } else if meta.is_file() {
        Kind::File(fs::read(path)?)
    } else if meta.is_symlink() {
        Kind::Symlink(readable(fs::read_link(path)?.as_os_str().as_encoded_bytes()))
    } else {
        Kind::Other
    };
    // Times before 1970 and after 2554 are none that a case can name.
    let nanoseconds = |seconds: i64, rest: i64| {
        u64::try_from(seconds.checked_mul(1_000_000_000)?.checked_add(rest)?).ok()
    };
    Ok(Entry {
        kind,
        mode: Some(meta.mode() & 0o7777),
        mtime: nanoseconds(meta.mtime(), meta.mtime_nsec()),
        atime: nanoseconds(meta.atime(), meta.atime_nsec()),
    })
}

fn plant(root: &Path, tree: &Tree) -> io::Result<()> {
    fs::create_dir(root)?;
    // Parents sort before what is in them, so one pass makes everything but hard links, whose
    // targets may sort after them.
    for (path, entry) in tree {
        let at = root.join(path);
        match &entry.kind {
            Kind::Directory => fs::create_dir(&at)?,
            Kind::File(bytes) => plant_file(&at, bytes)?,
            Kind::Symlink(target) => symlink(target, &at)?,
            Kind::HardLink(_) => {}
            Kind::Huge(_) | Kind::Other => {
                unreachable!("only a finished tree can hold other kinds")
            }
        }
    }
    for (path, entry) in tree {
        if let Kind::HardLink(target) = &entry.kind {
            fs::hard_link(root.join(target), root.join(path))?;
        }
    }
    // Backwards, because making a name in a directory changes the directory's times.
    for (path, entry) in tree.iter().rev() {
        set_attributes(&root.join(path), entry)?;
    }
    Ok(())
}

fn plant_file(at: &Path, bytes: &[u8]) -> io::Result<()> {
    // A hole reads as zeros and costs nothing.
    if bytes.len() > 4096 && bytes.iter().all(|&b| b == 0) {
        return File::create(at)?.set_len(bytes.len() as u64);
    }
    fs::write(at, bytes)
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

/// Leaves out `*.cleanup`: what other runners of such suites leave behind in the original.
fn copy(source: &Path, to: &Path) -> io::Result<()> {
    let left_over = |name: &OsStr| name.as_encoded_bytes().ends_with(b".cleanup");
    let entries = WalkDir::new(source).min_depth(1).into_iter();
    fs::create_dir_all(to)?;
    for entry in entries.filter_entry(|entry| !left_over(entry.file_name())) {
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
mod tests {
    use super::*;

    fn look(path: &Path) -> Entry {
        look_at(path, &fs::symlink_metadata(path).unwrap()).unwrap()
    }

    fn tree() -> Tree {
        let mut tree = Tree::new();
        tree.insert("d".into(), Entry::plain(Kind::Directory));
        tree.insert(
            "d/a".into(),
            Entry { mtime: Some(1_000_000_001), ..Entry::plain(Kind::File(b"x".to_vec())) },
        );
        tree.insert("h".into(), Entry::plain(Kind::HardLink("d/a".into())));
        tree.insert("l".into(), Entry::plain(Kind::Symlink("d/a".into())));
        tree
    }

    #[test]
    fn what_is_planted_is_what_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        plant(&root, &tree()).unwrap();
        let file = look(&root.join("d/a"));
        assert_eq!(file.kind, Kind::File(b"x".to_vec()));
        assert_eq!(file.mtime, Some(1_000_000_001));
        // Not the whole entry: looking at a file is an access to it.
        assert_eq!(look(&root.join("h")).kind, file.kind);
        assert_eq!(look(&root.join("l")).kind, Kind::Symlink("d/a".into()));
        assert_eq!(look(&root.join("d")).kind, Kind::Directory);
    }

    #[test]
    fn a_root_that_is_gone_is_an_escape() {
        let fixture = Fixture { folder: tempfile::tempdir().unwrap() };
        fs::write(fixture.path(CANARY), CANARY_TEXT).unwrap();
        plant(&fixture.root(), &tree()).unwrap();
        assert_eq!(fixture.escaped(), None);
        fs::remove_dir_all(fixture.root()).unwrap();
        assert_eq!(fixture.tree().unwrap(), Tree::new());
        assert_eq!(fixture.escaped().unwrap(), "the folder of the tree itself is gone");
    }

    #[test]
    fn a_copy_keeps_symlinks() {
        let folder = tempfile::tempdir().unwrap();
        plant(&folder.path().join("a"), &tree()).unwrap();
        copy(&folder.path().join("a"), &folder.path().join("b")).unwrap();
        let copied = look(&folder.path().join("b/l"));
        assert_eq!(copied.kind, Kind::Symlink("d/a".into()));
    }

    #[test]
    fn a_copy_leaves_out_what_other_runners_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("a");
        fs::create_dir_all(source.join("old.cleanup")).unwrap();
        fs::write(source.join("d.cleanup"), "").unwrap();
        fs::write(source.join("kept"), "").unwrap();
        copy(&source, &folder.path().join("b")).unwrap();
        let names: Vec<_> = fs::read_dir(folder.path().join("b")).unwrap().flatten().collect();
        assert_eq!(names.len(), 1);
        assert_eq!(names[0].file_name(), "kept");
    }
}
