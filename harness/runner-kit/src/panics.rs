//! Panics of the runner's own code, which are no fault of its runtime: the harness is told of them.
//!
//! Runtimes panic as well, and that is a crash of theirs: like any other, it ends the process. Where the
//! panic is tells the two apart, because cargo has the sources of its packages in directories of their
//! own, and a runner is none of these.

use std::fs::File;
use std::io::Write;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::panic;
use std::thread;

use crate::protocol::{REPLY_FD, Reply};

/// Where cargo and rustc have the code of others.
const OF_OTHERS: [&str; 3] = ["/registry/src/", "/git/checkouts/", "/rustc/"];

/// Reports panics of the main thread that are not in the code of others. The descriptor of replies must
/// be open as long as the process runs.
pub fn report() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map(|at| (at.file(), at.line()));
        if let Some((file, line)) = place
            && is_ours(file)
            && thread::current().name() == Some("main")
        {
            let message = panic.payload_as_str().unwrap_or("a value that is no text");
            send(format!("{file}:{line}: {message}"));
        }
        before(panic);
    }));
}

fn is_ours(file: &str) -> bool {
    !OF_OTHERS.iter().any(|part| file.contains(part))
}

fn send(message: String) {
    let Ok(mut line) = serde_json::to_string(&Reply::Panicked { message }) else { return };
    line.push('\n');
    // SAFETY: the descriptor is open, and `ManuallyDrop` leaves it so.
    let mut replies = ManuallyDrop::new(unsafe { File::from_raw_fd(REPLY_FD) });
    // Without a reader, nobody is left to tell.
    let _ = replies.write_all(line.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_of_others_is_known_by_its_place() {
        for (file, ours) in [
            ("src/main.rs", true),
            ("/work/checkout/harness/runner-kit/src/serve.rs", true),
            ("/root/.cargo/registry/src/index.crates.io-1949cf8c/wasmer-7.1.0/src/x.rs", false),
            ("/root/.cargo/git/checkouts/wasmtime-41807828cb3a7a7e/2a3b/src/x.rs", false),
            ("/rustc/59807616e1fa/library/core/src/slice/index.rs", false),
        ] {
            assert_eq!(is_ours(file), ours, "{file}");
        }
    }
}
