//! A process that outlives this one for a moment, to kill what it could not after SIGKILL or another
//! sudden end: descendants of children, which the kernel does not kill with their parent.
//!
//! It is forked from this program and waits for the end of a pipe whose other end closes when this
//! program ends, however it ends. It makes only system calls, because nothing else is safe in the
//! forked child of a program with threads.

use std::io;
use std::os::fd::{AsRawFd, IntoRawFd};

/// How often it looks for processes before it gives up, and the pause between two looks.
const ROUNDS: u32 = 100;
static PAUSE: libc::timespec = libc::timespec { tv_sec: 0, tv_nsec: 10_000_000 };
/// The descriptor of its pipe.
const PIPE: i32 = 3;

/// Starts it. It kills all processes whose limit, which is their tag, is above `lowest` and up to
/// `highest`. If it cannot be started, the kernel still kills the children themselves.
pub fn start(lowest: u64, highest: u64) {
    let Ok((reader, writer)) = io::pipe() else { return };
    // SAFETY: the child calls `watch` only, which makes system calls only and never returns.
    match unsafe { libc::fork() } {
        0 => unsafe { watch(reader.as_raw_fd(), lowest, highest) },
        -1 => {}
        // Held until the end of this process. Children do not inherit it.
        _ => drop(writer.into_raw_fd()),
    }
}

unsafe fn watch(pipe: i32, lowest: u64, highest: u64) -> ! {
    unsafe {
        // No signal to the program's group or terminal is meant for it.
        libc::setsid();
        let mut all: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::sigprocmask(libc::SIG_BLOCK, &raw const all, std::ptr::null_mut());
        libc::prctl(libc::PR_SET_NAME, c"wasi-guard".as_ptr());
        libc::dup2(pipe, PIPE);
        libc::syscall(libc::SYS_close_range, PIPE + 1, u32::MAX, 0);
        for fd in 0..PIPE {
            libc::close(fd);
        }
        let mut byte = 0_u8;
        while libc::read(PIPE, (&raw mut byte).cast(), 1) != 0 {}
        for _ in 0..ROUNDS {
            if sweep(lowest, highest) == 0 {
                break;
            }
            libc::nanosleep(&raw const PAUSE, std::ptr::null_mut());
        }
        libc::_exit(0)
    }
}

/// Kills each such process once, and returns how many there were.
unsafe fn sweep(lowest: u64, highest: u64) -> u32 {
    /// `d_reclen` and `d_name` in a `struct linux_dirent64`.
    const LENGTH: usize = 16;
    const NAME: usize = 19;
    let mut found = 0;
    unsafe {
        let directory = libc::open(c"/proc".as_ptr(), libc::O_RDONLY | libc::O_DIRECTORY);
        let mut entries = [0_u8; 16 * 1024];
        loop {
            let size = entries.len();
            let read = libc::syscall(
                libc::SYS_getdents64,
                directory,
                (&raw mut entries).cast::<u8>(),
                size,
            );
            let Ok(read @ 1..) = usize::try_from(read) else { break };
            let mut at = 0;
            while at + NAME < read {
                if let Some(pid) = number(&entries[at + NAME..read]) {
                    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
                    let none = std::ptr::null();
                    let asked = libc::prlimit(pid, libc::RLIMIT_RTTIME, none, &raw mut limit);
                    if asked == 0 && limit.rlim_max > lowest && limit.rlim_max <= highest {
                        libc::kill(pid, libc::SIGKILL);
                        found += 1;
                    }
                }
                let length = [entries[at + LENGTH], entries[at + LENGTH + 1]];
                at += usize::from(u16::from_ne_bytes(length)).max(1);
            }
        }
        libc::close(directory);
    }
    found
}

/// A number that a zero byte ends.
fn number(name: &[u8]) -> Option<i32> {
    let mut value = 0_i32;
    for (place, &byte) in name.iter().enumerate() {
        match byte {
            0 => return (place > 0).then_some(value),
            b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(i32::from(byte - b'0'))?,
            _ => return None,
        }
    }
    None
}
