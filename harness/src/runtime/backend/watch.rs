//! Watches what a guest uses while it runs: one that fills the disk or the memory is stopped before
//! others notice.
//!
//! Limits of the kernel would not do. That on the size of a file counts holes, which cases make; that on
//! address space counts what runtimes reserve, which is terabytes; and no limit counts what many files
//! take together.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::dir::Dir;
use nix::fcntl::OFlag;
use nix::sys::stat::Mode;

use super::limits::Limits;
use crate::observe::fixture::check_space;

/// How often to look, unless looking takes long.
const INTERVAL: Duration = Duration::from_millis(20);
/// The pause between two looks is as many times longer than a look.
const SHARE: u32 = 20;
/// Who takes more than this part of its limit when the disk is full has filled it.
const LARGE: u64 = 4;
/// A process that takes less than this part of a processor's time only waits, if several looks in a row
/// find that: once it may have waited for a processor.
const IDLE_SHARE: u32 = 20;
const IDLE_LOOKS: u32 = 2;
/// The unit in which the system counts the space that files take.
const BLOCK: u64 = 512;

/// What a guest uses more of than it may.
#[derive(Debug)]
pub enum Excess {
    /// Files, or the space that they take.
    Files,
    Memory,
    /// Somebody else has filled the disk: what the guest does now is no evidence.
    NoSpace(anyhow::Error),
}

/// Of one guest.
pub struct Watch<'a> {
    /// The directory of its case.
    case: &'a Path,
    /// The process that runs it.
    process: u32,
    limits: &'a Limits,
    next: Instant,
    /// The CPU time of the process at the last look, and when that was.
    spent: (Duration, Instant),
    /// How many looks in a row found that the process only waits.
    idle: u32,
}

impl<'a> Watch<'a> {
    pub fn new(case: &'a Path, process: u32, limits: &'a Limits) -> Watch<'a> {
        let now = Instant::now();
        let spent = (cpu_time(process), now);
        Watch { case, process, limits, next: now + INTERVAL, spent, idle: 0 }
    }

    /// How long it need not look.
    pub fn pause(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Looks, if it is time to.
    pub fn check(&mut self) -> Result<(), Excess> {
        let began = Instant::now();
        if began < self.next {
            return Ok(());
        }
        let found = self.look();
        self.count_idle();
        let now = Instant::now();
        self.next = now + INTERVAL.max(SHARE * (now - began));
        found
    }

    /// Whether the process sleeps or hangs, and leaves the processors to others.
    pub fn only_waits(&self) -> bool {
        self.idle >= IDLE_LOOKS
    }

    fn count_idle(&mut self) {
        let (before, since) = self.spent;
        self.spent = (cpu_time(self.process), Instant::now());
        let used = self.spent.0.saturating_sub(before);
        let is_idle = used < (self.spent.1 - since) / IDLE_SHARE;
        self.idle = if is_idle { self.idle + 1 } else { 0 };
    }

    /// Fails if the guest uses more than it may.
    fn look(&self) -> Result<(), Excess> {
        self.look_at_files(unlinked(self.process, self.case))?;
        match memory(self.process) > self.limits.memory {
            true => Err(Excess::Memory),
            false => Ok(()),
        }
    }

    /// Fails if the guest has left more than it may.
    pub fn look_at_rest(&self) -> Result<(), Excess> {
        self.look_at_files(0)
    }

    fn look_at_files(&self, more: u64) -> Result<(), Excess> {
        let Limits { disk, files, .. } = *self.limits;
        let used = used_by(self.case, files);
        let bytes = used.bytes + more;
        if bytes > disk || used.files > files {
            return Err(Excess::Files);
        }
        match check_space(self.case) {
            // The disk is smaller than the limits of all guests together.
            Err(_) if bytes > disk / LARGE => Err(Excess::Files),
            Err(error) => Err(Excess::NoSpace(error)),
            Ok(()) => Ok(()),
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Used {
    /// In blocks that are allocated: a hole takes none.
    bytes: u64,
    files: usize,
}

/// What is below a directory, up to a little more files than this. What cannot be looked at counts as
/// nothing.
fn used_by(directory: &Path, most_files: usize) -> Used {
    let mut used = Used::default();
    let mut linked = HashSet::new();
    let mut directories = vec![directory.to_owned()];
    while let Some(directory) = directories.pop() {
        // No more than it takes to exceed the limit: a guest may be making files for ever.
        for name in names(&directory, most_files + 1) {
            let path = directory.join(name);
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            used.files += 1;
            let is_new = metadata.nlink() < 2 || metadata.is_dir() || linked.insert(metadata.ino());
            used.bytes += if is_new { metadata.blocks() * BLOCK } else { 0 };
            if used.files > most_files {
                return used;
            }
            if metadata.is_dir() {
                directories.push(path);
            }
        }
    }
    used
}

/// Names in a directory. Looking at it leaves its access time as it is: guests ask for that.
fn names(directory: &Path, at_most: usize) -> Vec<OsString> {
    #[cfg(target_os = "linux")]
    const QUIETLY: OFlag = OFlag::O_NOATIME;
    #[cfg(not(target_os = "linux"))]
    const QUIETLY: OFlag = OFlag::empty();
    let flags = QUIETLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let Ok(mut open) = Dir::open(directory, flags, Mode::empty()) else { return vec![] };
    let names = open.iter().flatten().map(|entry| entry.file_name().to_bytes().to_vec());
    let names = names.filter(|name| name != b"." && name != b"..");
    names.take(at_most).map(OsString::from_vec).collect()
}

/// The bytes of files without a name that a process has open, on the file system of a directory.
fn unlinked(process: u32, directory: &Path) -> u64 {
    let Ok(device) = fs::metadata(directory).map(|metadata| metadata.dev()) else { return 0 };
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return 0 };
    let files = open.flatten().filter_map(|entry| fs::metadata(entry.path()).ok());
    let mut seen = HashSet::new();
    files
        .filter(|file| file.is_file() && file.nlink() == 0 && file.dev() == device)
        .filter(|file| seen.insert(file.ino()))
        .map(|file| file.blocks() * BLOCK)
        .sum()
}

/// The memory that a process takes, in bytes. Zero if that is unknown.
pub fn memory(process: u32) -> u64 {
    let Ok(text) = fs::read_to_string(format!("/proc/{process}/statm")) else { return 0 };
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    pages.unwrap_or(0) * page.unwrap_or(4096) as u64
}

/// The CPU time that a process has taken, with all its threads. Where that is unknown it counts as
/// busy: each look finds more.
#[cfg(target_os = "linux")]
fn cpu_time(process: u32) -> Duration {
    let mut clock = 0;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: both pointers are to local variables.
    let failed = unsafe {
        libc::clock_getcpuclockid(process as libc::pid_t, &raw mut clock) != 0
            || libc::clock_gettime(clock, &raw mut time) != 0
    };
    if failed { Duration::ZERO } else { Duration::new(time.tv_sec as u64, time.tv_nsec as u32) }
}

#[cfg(not(target_os = "linux"))]
fn cpu_time(_: u32) -> Duration {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    #[test]
    fn holes_and_second_names_take_no_space() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        File::create(path("hole")).unwrap().set_len(1 << 40).unwrap();
        fs::create_dir(path("d")).unwrap();
        let before = used_by(directory.path(), 10);
        assert_eq!(before.files, 2);
        assert!(before.bytes < 1 << 20, "{before:?}");
        fs::write(path("d/full"), vec![1; 2 << 20]).unwrap();
        fs::hard_link(path("d/full"), path("again")).unwrap();
        let after = used_by(directory.path(), 10);
        assert_eq!(after.files, 4);
        assert!(after.bytes >= 2 << 20 && after.bytes < 3 << 20, "{after:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_sleeps_only_waits_and_one_that_computes_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let limits = Limits::default();
        for (script, waits) in [("exec sleep 10", true), ("while :; do :; done", false)] {
            let mut child = std::process::Command::new("sh");
            let mut child = child.args(["-c", script]).spawn().unwrap();
            // Starting it is not waiting.
            std::thread::sleep(2 * INTERVAL);
            let mut watch = Watch::new(directory.path(), child.id(), &limits);
            for _ in 0..20 {
                std::thread::sleep(watch.pause());
                watch.check().unwrap();
                if watch.only_waits() == waits {
                    break;
                }
            }
            let found = watch.only_waits();
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(found, waits, "{script}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_name_takes_space() {
        let directory = tempfile::tempdir().unwrap();
        let mut file = tempfile::tempfile_in(directory.path()).unwrap();
        file.write_all(&vec![1; 1 << 20]).unwrap();
        assert!(unlinked(std::process::id(), directory.path()) >= 1 << 20);
        assert!(memory(std::process::id()) > 1 << 20);
    }

    #[test]
    fn looking_leaves_access_times_as_they_are() {
        let case = tempfile::tempdir().unwrap();
        let directory = case.path().join("d");
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join("f"), "").unwrap();
        // The system sets the time of an access unless it is later than that of the last change.
        let old = filetime::FileTime::from_unix_time(1_000_000_000, 0);
        filetime::set_file_atime(&directory, old).unwrap();
        assert_eq!(used_by(case.path(), 10).files, 2);
        assert_eq!(fs::metadata(&directory).unwrap().atime(), old.unix_seconds());
    }
}
