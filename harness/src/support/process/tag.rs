//! Finds all processes that descend from a child, even if they changed their group, session, parent
//! and environment.
//!
//! A process cannot shed a resource limit: children inherit it, and it can only be lowered. The limit
//! on the CPU time of real-time processes (`RLIMIT_RTTIME`) has no effect on other processes, so its
//! value serves as the tag: a number that no other child has. A child that is contained cannot lower it
//! either, nor set that of others.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::prctl;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as ArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};

use super::guard;

/// How many children one program can tell apart.
const TAGS: u64 = 1 << 24;

/// The number of a child and all that descend from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag(u64);

/// The tags of this process: those up to `highest`.
struct Tags {
    highest: u64,
    used: AtomicU64,
}

/// Also makes this process the parent of orphans among its descendants, and starts the guard.
fn tags() -> Option<&'static Tags> {
    static ALL: OnceLock<Option<Tags>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let (_, hard) = getrlimit(Resource::RLIMIT_RTTIME).ok()?;
        let random = RandomState::new().build_hasher().finish() >> 30;
        let highest = hard.min(1 << 62).checked_sub((random + 1).checked_mul(TAGS)?)?;
        // Without it, orphans go to the first process of the machine: still found by their tag.
        let _ = prctl::set_child_subreaper(true);
        let _ = keeping();
        guard::start(highest.checked_sub(TAGS)?, highest);
        Some(Tags { highest, used: AtomicU64::new(0) })
    });
    all.as_ref()
}

/// Prepares a child between `fork` and `exec`: system calls only.
pub fn settle(parent: u32, tag: Option<Tag>) -> io::Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    // It may have died before that.
    if nix::unistd::getppid().as_raw() as u32 != parent {
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    if let Some(Tag(number)) = tag {
        setrlimit(Resource::RLIMIT_RTTIME, number, number)?;
        // Of other programs, `sudo` for one, the kernel accepts no filter without a capability.
        if prctl::get_no_new_privs()?
            && let Some(filter) = keeping()
        {
            seccompiler::apply_filter(filter).map_err(|_| io::Error::last_os_error())?;
        }
    }
    Ok(())
}

/// Keeps a process and all that descend from it from changing their tag. It is made before the first
/// child is forked. `None` where there is no such filter for this machine's processor.
fn keeping() -> Option<&'static BpfProgram> {
    static FILTER: OnceLock<Option<BpfProgram>> = OnceLock::new();
    let make = || -> Result<BpfProgram, seccompiler::Error> {
        let tag = u64::from(libc::RLIMIT_RTTIME);
        let is = |place: u8, how: SeccompCmpOp, value: u64| {
            // Of a pointer, all bits count.
            let length = if place == 2 { ArgLen::Qword } else { ArgLen::Dword };
            SeccompCondition::new(place, length, how, value)
        };
        let sets = || is(2, SeccompCmpOp::Ne, 0);
        let own = SeccompRule::new(vec![is(1, SeccompCmpOp::Eq, tag)?, sets()?])?;
        let others = SeccompRule::new(vec![is(0, SeccompCmpOp::Ne, 0)?, sets()?])?;
        let old = SeccompRule::new(vec![is(0, SeccompCmpOp::Eq, tag)?])?;
        let denied = [(libc::SYS_prlimit64, vec![own, others]), (libc::SYS_setrlimit, vec![old])];
        let action = SeccompAction::Errno(libc::EPERM as u32);
        let processor = std::env::consts::ARCH.try_into()?;
        let rules = denied.into_iter().collect();
        Ok(SeccompFilter::new(rules, SeccompAction::Allow, action, processor)?.try_into()?)
    };
    FILTER.get_or_init(|| make().ok()).as_ref()
}

impl Tag {
    /// A tag that no child had before. `None` where the limits of this process leave none.
    pub fn new() -> Option<Tag> {
        let tags = tags()?;
        let number = tags.used.fetch_add(1, Ordering::Relaxed) % TAGS;
        Some(Tag(tags.highest - number))
    }

    /// The living processes with this tag but its first. Orphans that have ended are waited for.
    pub fn members(self, first: i32) -> Vec<Member> {
        let Ok(entries) = fs::read_dir("/proc") else { return vec![] };
        let numbers = entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
        let members = numbers.filter(|&pid| pid != first && limit_of(pid) == Some(self.0));
        members.filter_map(Member::of).collect()
    }
}

/// The number of the newest process or thread. `None` if the system does not say.
pub fn newest_process() -> Option<i32> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().last()?.parse().ok()
}

/// The limit that serves as a tag, of any process that this one may ask about.
fn limit_of(pid: i32) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointers are null, which sets nothing, and to a local variable.
    let status =
        unsafe { libc::prlimit(pid, libc::RLIMIT_RTTIME, std::ptr::null(), &raw mut limit) };
    (status == 0).then_some(limit.rlim_max)
}

/// A process that descends from a child of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub pid: i32,
    pub parent: i32,
    pub group: i32,
    /// The name of its program, as it gives it.
    pub name: String,
}

impl Member {
    /// A process that is running still.
    fn of(pid: i32) -> Option<Member> {
        let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let text = String::from_utf8_lossy(&text);
        // `PID (NAME) STATE PARENT GROUP …`, where a name may contain anything.
        let (before, after) = text.rsplit_once(") ")?;
        let name = before.split_once('(')?.1.to_owned();
        let mut words = after.split(' ');
        let state = words.next()?;
        let parent: i32 = words.next()?.parse().ok()?;
        let group = words.next()?.parse().ok()?;
        if state == "Z" || state == "X" {
            if parent == std::process::id() as i32 {
                let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
            }
            return None;
        }
        Some(Member { pid, parent, group, name })
    }

    pub fn kill(&self) {
        let _ = kill(Pid::from_raw(self.pid), Signal::SIGKILL);
    }
}
