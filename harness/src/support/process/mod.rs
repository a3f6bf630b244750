//! Child processes: each is started here and ended here, together with everything that it started.
//!
//! A child has a process group of its own, so that this program handles Ctrl-C in the terminal. On
//! Linux a child is also killed when this program dies, however it dies, and carries a
//! [`tag`](tag::Tag) that it cannot shed. Descendants that left its group or session, or were orphaned,
//! are found by that tag. A [`guard`] kills them if this program cannot.

#[cfg(target_os = "linux")]
mod guard;
pub mod output;
mod spawner;
#[cfg(target_os = "linux")]
mod tag;
#[cfg(not(target_os = "linux"))]
#[path = "no_tag.rs"]
mod tag;

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

pub use tag::Member;
use tag::Tag;

/// How long a killed process may take to disappear. Only one that waits for a broken disk needs it.
const DYING_TIME: Duration = Duration::from_secs(5);
/// How long a process that was left behind may take to end by itself: long, because it is a failure
/// even if it was seen once, and a busy machine must not be the cause.
const LEAVING_TIME: Duration = Duration::from_secs(2);
/// How often to check whether a process has ended.
const CHECK_INTERVAL: Duration = Duration::from_millis(1);
/// How long a program that was just written may still be open in a child of ours: one that another
/// thread has forked, and that has not yet begun its own program.
const BUSY_TIME: Duration = Duration::from_secs(5);

/// A child process and all that descend from it. Dropping it kills them.
pub struct Family {
    pub child: Child,
    tag: Option<Tag>,
    /// Whether the child has ended and was reaped: its process id may now be another process's.
    ended: bool,
    /// The members that belong to the child for as long as it lives, by number.
    helpers: Vec<i32>,
    /// The newest process of this machine at a moment when the child was alone.
    alone_at: Option<i32>,
}

impl Family {
    /// Starts a process. `command` is dropped, and with it the descriptors that it holds.
    pub fn spawn(mut command: Command) -> io::Result<Family> {
        let tag = Tag::new();
        command.process_group(0);
        let parent = std::process::id();
        // SAFETY: `settle` makes system calls only, and allocates nothing.
        unsafe { command.pre_exec(move || tag::settle(parent, tag)) };
        // Its parent is the thread that starts it, and the kernel kills it when its parent ends.
        let child = spawner::on_lasting_thread(move || start(&mut command))?;
        // If memory runs out, the kernel is to end a child and not this program. No verdict needs it.
        let _ = fs::write(format!("/proc/{}/oom_score_adj", child.id()), "1000");
        Ok(Family { child, tag, ended: false, helpers: vec![], alone_at: None })
    }

    /// The status of the child, if it has ended.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let status = self.child.try_wait()?;
        self.ended |= status.is_some();
        Ok(status)
    }

    /// The same, after waiting no longer than this.
    pub fn wait_for(&mut self, at_most: Duration) -> io::Result<Option<ExitStatus>> {
        let until = Instant::now() + at_most;
        loop {
            let status = self.try_wait()?;
            if status.is_some() || Instant::now() >= until {
                return Ok(status);
            }
            std::thread::sleep(CHECK_INTERVAL);
        }
    }

    /// From now on, the processes that the child has started count as part of it.
    pub fn accept_helpers(&mut self) {
        self.helpers = self.others().iter().map(|member| member.pid).collect();
    }

    pub fn has_helpers(&self) -> bool {
        !self.helpers.is_empty()
    }

    /// Kills and returns what the child left behind: processes that are no longer its children or that
    /// left its process group, and all of them if it has ended. Those that are about to end get a
    /// moment.
    pub fn kill_left_behind(&mut self) -> Vec<Member> {
        let until = Instant::now() + LEAVING_TIME;
        loop {
            let left = self.left_behind();
            if left.is_empty() || Instant::now() >= until {
                left.iter().for_each(Member::kill);
                return left;
            }
            std::thread::sleep(CHECK_INTERVAL);
        }
    }

    fn left_behind(&mut self) -> Vec<Member> {
        // As long as no process is newer, none can have been started by the child. Looking at all
        // processes takes longer than many a guest.
        let newest = tag::newest_process();
        if newest.is_some() && newest == self.alone_at {
            return vec![];
        }
        let mut others = self.others();
        self.alone_at = newest.filter(|_| others.is_empty());
        if !self.ended {
            let group = self.child.id() as i32;
            let own = std::process::id() as i32;
            let is_ours =
                |m: &Member| self.helpers.contains(&m.pid) || self.helpers.contains(&m.group);
            others.retain(|m| (m.parent == own || m.group != group) && !is_ours(m));
        }
        others
    }

    /// The living members beside the child.
    fn others(&self) -> Vec<Member> {
        let leader = self.child.id() as i32;
        self.tag.map(|tag| tag.members(leader)).unwrap_or_default()
    }

    /// Kills the child and everything that descends from it, and waits for the child. Returns its
    /// status, unless not even that ended it.
    pub fn kill(&mut self) -> io::Result<Option<ExitStatus>> {
        let leader = Pid::from_raw(self.child.id() as i32);
        if !self.ended {
            // Both: it may have left its group. It may be gone already.
            let _ = killpg(leader, Signal::SIGKILL);
            let _ = kill(leader, Signal::SIGKILL);
        } else if self.tag.is_none() {
            let _ = killpg(leader, Signal::SIGKILL);
        }
        let status = self.wait_for(DYING_TIME)?;
        // Again while there are any: one may be starting another just now.
        let until = Instant::now() + DYING_TIME;
        while Instant::now() < until {
            let others = self.others();
            if others.is_empty() {
                break;
            }
            others.iter().for_each(Member::kill);
            std::thread::sleep(CHECK_INTERVAL);
        }
        Ok(status)
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // It was killed, whatever waiting for it may say.
        let _ = self.kill();
    }
}

/// Starts a program, as soon as nobody has it open for writing.
fn start(command: &mut Command) -> io::Result<Child> {
    let until = Instant::now() + BUSY_TIME;
    loop {
        match command.spawn() {
            Err(e) if e.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < until => {
                std::thread::sleep(CHECK_INTERVAL);
            }
            started => return started,
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
