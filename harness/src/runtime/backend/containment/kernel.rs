//! The parts of containment that the kernel enforces. Each is tried once on this machine, so that a
//! run file says what was in force and not what was intended.
//!
//! Root keeps its user id, because it owns the fixtures, but loses every capability: it then has the
//! rights of an ordinary user who owns them, and cases have the same results for both. There is no
//! limit on the number of processes (the kernel counts those of the user, not of the runtime, and no
//! guest can start one), on address space (runtimes reserve terabytes) or on the size of files (cases
//! make sparse ones).

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, OnceLock};

use anyhow::Result;
use nix::sys::prctl;
use nix::sys::resource::{Resource, setrlimit};
use seccompiler::BpfProgram;

use super::sockets::Sockets;
use super::{landlock, seccomp};

/// The parts, as run files name them.
const NAMES: [&str; 4] = ["no_new_privs", "no capabilities", "landlock", "seccomp"];

/// What a process needs to contain itself, made before it is forked.
struct Parts {
    in_force: [bool; 4],
    ruleset: Option<OwnedFd>,
    filters: Arc<Vec<BpfProgram>>,
}

/// Makes a command contain itself before it starts.
pub fn contain(
    command: &mut Command,
    read: &[PathBuf],
    write: &[PathBuf],
    sockets: Sockets,
) -> Result<()> {
    let in_force = in_force();
    let ruleset =
        if in_force[2] { landlock::ruleset(read, write, sockets == Sockets::All)? } else { None };
    let parts = Parts { in_force, ruleset, filters: filters(sockets) };
    // SAFETY: `enter` makes system calls only.
    unsafe { command.pre_exec(move || parts.enter()) };
    Ok(())
}

/// The parts that are in force.
pub fn features() -> Vec<&'static str> {
    NAMES.into_iter().zip(in_force()).filter_map(|(name, on)| on.then_some(name)).collect()
}

fn filters(sockets: Sockets) -> Arc<Vec<BpfProgram>> {
    static FILTERS: [OnceLock<Arc<Vec<BpfProgram>>>; 3] = [const { OnceLock::new() }; 3];
    let make = || Arc::new(seccomp::filters(sockets).unwrap_or_default());
    Arc::clone(FILTERS[sockets as usize].get_or_init(make))
}

/// The parts that this machine's kernel supports. A forked process tries each and exits with a bit for
/// each that works.
fn in_force() -> [bool; 4] {
    static FOUND: OnceLock<[bool; 4]> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let ruleset = match landlock::is_available() {
            true => landlock::ruleset(&["/".into()], &[], false).unwrap_or_default(),
            false => None,
        };
        let parts = Parts { in_force: [true; 4], ruleset, filters: filters(Sockets::None) };
        // SAFETY: the child makes system calls only, and does not return.
        let child = match unsafe { libc::fork() } {
            0 => unsafe { libc::_exit(parts.try_each()) },
            child => child,
        };
        let mut status = 0;
        // SAFETY: the pointer is to a local variable.
        while unsafe { libc::waitpid(child, &raw mut status, 0) } < 0 {
            if child < 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                return [false; 4];
            }
        }
        let sum = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 0 };
        [0, 1, 2, 3].map(|place| sum & (1 << place) != 0)
    })
}

impl Parts {
    fn step(&self, place: usize) -> io::Result<()> {
        match place {
            0 => prctl::set_no_new_privs().map_err(Into::into),
            1 => drop_capabilities(),
            2 => self.restrict_files(),
            _ => self.filter_calls(),
        }
    }

    fn try_each(&self) -> i32 {
        let works = (0..4).filter(|&place| self.step(place).is_ok());
        works.map(|place| 1 << place).sum()
    }

    /// Runs between `fork` and `exec`.
    fn enter(&self) -> io::Result<()> {
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        // Descriptors that this program was started with. An older kernel has no such call.
        // SAFETY: the descriptors stay open until the program is replaced.
        unsafe {
            let flag = libc::CLOSE_RANGE_CLOEXEC;
            libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, flag);
        }
        for place in (0..4).filter(|&place| self.in_force[place]) {
            self.step(place)?;
        }
        Ok(())
    }

    fn restrict_files(&self) -> io::Result<()> {
        let Some(ruleset) = &self.ruleset else { return Err(io::ErrorKind::Unsupported.into()) };
        // SAFETY: this reads no memory.
        checked(unsafe {
            libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0_u32)
        })
    }

    fn filter_calls(&self) -> io::Result<()> {
        if self.filters.is_empty() {
            return Err(io::ErrorKind::Unsupported.into());
        }
        for filter in self.filters.iter() {
            if seccompiler::apply_filter(filter).is_err() {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }
}

/// Drops all capabilities, including those that root would regain by starting a program.
fn drop_capabilities() -> io::Result<()> {
    /// `SECBIT_NOROOT`, `SECBIT_NO_SETUID_FIXUP` and `SECBIT_NO_CAP_AMBIENT_RAISE`, each locked.
    const SECURE_BITS: libc::c_ulong = 0b1100_1111;
    /// Of `capget` and `capset`: two words for each of the three sets.
    const VERSION_3: u32 = 0x2008_0522;
    let header = [VERSION_3, 0];
    let nothing = [0_u32; 6];
    // SAFETY: `capset` reads a header and three sets in two words each, which these are.
    unsafe {
        // Only root can do these, and only root has to: up to the last capability there is.
        let mut capability: libc::c_ulong = 0;
        while libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) == 0 {
            capability += 1;
        }
        libc::prctl(libc::PR_SET_SECUREBITS, SECURE_BITS, 0, 0, 0);
        checked(libc::syscall(libc::SYS_capset, header.as_ptr(), nothing.as_ptr()))
    }
}

fn checked(result: libc::c_long) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
