//! Locks between processes that share a cache: on one machine, in containers, or over a network.
//!
//! A lock is the kernel's (`flock`), so it ends with its holder, however that ends, and it holds between
//! containers and, if the server supports it, over NFS. It only saves work: what it guards is made in a
//! private directory and moved into place as a whole, so two processes that both believe to hold it do
//! no harm. For that reason a holder that shows no life, and a file system without locks, are no
//! reason to wait.

use std::fs::{self, File, TryLockError};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::interrupt;

/// How often to check whether the lock is free.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How often the holder shows that it is alive.
const BEAT_INTERVAL: Duration = Duration::from_secs(5);
/// How long a holder may show no life. A network file system shows changes late, but not that late.
const LONGEST_SILENCE: Duration = Duration::from_secs(90);

/// Held until it is dropped.
pub struct SharedLock {
    /// Ends the thread that shows life.
    beat: Option<(Sender<()>, JoinHandle<()>)>,
}

impl SharedLock {
    /// Waits for the lock in the file `path`. `task` says what its holder does: `builds the x runner`.
    pub fn wait(path: &Path, task: &str, say: &dyn Fn(&str)) -> Result<SharedLock> {
        wait(path, task, LONGEST_SILENCE, say)
    }

    /// Whether no other process holds it.
    pub fn is_held(&self) -> bool {
        self.beat.is_some()
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.beat.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

fn wait(path: &Path, task: &str, silence: Duration, say: &dyn Fn(&str)) -> Result<SharedLock> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).with_context(|| format!("make {}", directory.display()))?;
    }
    let mut options = File::options();
    let file = options.read(true).write(true).create(true).truncate(false).open(path);
    let file = file.with_context(|| format!("open {}", path.display()))?;
    let mut seen = String::new();
    let mut since: Option<Instant> = None;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(SharedLock { beat: Some(show_life(file)) }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                say(&format!("{} cannot be locked ({error}): going on without", path.display()));
                return Ok(SharedLock { beat: None });
            }
        }
        if interrupt::requested() {
            bail!("interrupted");
        }
        // Opened each time: that is when a network file system looks for changes.
        let now = fs::read_to_string(path).unwrap_or_default();
        let holder = now.lines().next().filter(|line| !line.is_empty());
        let holder = holder.unwrap_or("another process");
        if since.is_none() {
            say(&format!("waiting for {holder}, which {task}"));
        }
        if since.is_none() || now != seen {
            (seen, since) = (now, Some(Instant::now()));
        } else if since.is_some_and(|since| since.elapsed() >= silence) {
            let waited = silence.as_secs();
            say(&format!("{holder}, which {task}, shows no life for {waited} s: going on without"));
            return Ok(SharedLock { beat: None });
        }
        thread::sleep(CHECK_INTERVAL);
    }
}

/// Writes who holds the lock into its file, and again and again that it is alive. The thread owns the
/// file, and so the lock.
fn show_life(mut file: File) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = mpsc::channel::<()>();
    let host = host();
    let mut beats: u64 = 0;
    // Before anybody can wait for it.
    let mut beat = move |file: &mut File| {
        beats += 1;
        let text = format!("process {} on {host}\n{beats}\n", std::process::id());
        // If that fails, others go on without the lock, which costs them work and nothing else.
        let _ = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(text.as_bytes()));
    };
    beat(&mut file);
    let thread = thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(BEAT_INTERVAL) {
            beat(&mut file);
        }
    });
    (stop, thread)
}

fn host() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| "an unknown machine".into())
}

/// The lock of something in the cache.
pub fn path(cache: &Path, name: &str) -> PathBuf {
    cache.join("locks").join(name)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_waiter_says_for_whom_and_goes_on_when_the_lock_is_free() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("locks/x");
        let held = SharedLock::wait(&path, "builds x", &|_| ()).unwrap();
        assert!(held.is_held());
        let said = RefCell::new(Vec::new());
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(300));
                drop(held);
            });
            let lock = SharedLock::wait(&path, "builds x", &|text| {
                said.borrow_mut().push(text.to_owned());
            });
            assert!(lock.unwrap().is_held());
        });
        let me =
            format!("waiting for process {} on {}, which builds x", std::process::id(), host());
        assert_eq!(*said.borrow(), [me]);
    }

    /// The lock of a process that is stopped, or of a machine that is gone.
    #[test]
    fn a_holder_without_life_is_not_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        let stopped = File::create(&path).unwrap();
        stopped.lock().unwrap();
        let said = RefCell::new(Vec::new());
        let say = |text: &str| said.borrow_mut().push(text.to_owned());
        let lock = wait(&path, "builds x", Duration::from_secs(1), &say).unwrap();
        assert!(!lock.is_held());
        let last = said.borrow().last().unwrap().clone();
        let expected = "another process, which builds x, shows no life for 1 s: going on without";
        assert_eq!(last, expected);
    }
}
