//! `cargo xtask guests`: builds the guests, or checks that the committed ones match their sources.

mod advice;
mod build;
mod c;
mod check;
mod machine;
mod provenance;
mod rust;
mod sources;
mod sysroot;

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasi_conformance::support::checkout;
use wasi_conformance::support::progress::Progress;

use crate::Status;

/// Rust's name of the target that guests are compiled for.
const TARGET: &str = "wasm32-wasip1";

/// The size of a guest's stack in bytes, as in Rust. Memory that is never touched costs nothing.
const STACK: u32 = 1024 * 1024;

/// The largest size of all guests together, in bytes: every clone of the repository has them.
const LARGEST: u64 = 2_000_000;

/// Build every guest with the toolchain that is installed, and write the provenance of each
///
/// Rust: a toolchain with the target (`rustup target add wasm32-wasip1`), or one with the source of
/// std. C: `WASI_CC`, a wasi-sdk (`WASI_SDK_PATH`, /opt/wasi-sdk), a clang with the system's
/// wasi-libc, or zig. If there is none, the error says what to install.
#[derive(clap::Args)]
pub struct Args {
    /// Build nothing: check that guests/prebuilt is complete and matches its provenance, and that
    /// the provenance matches the sources
    #[arg(long, conflicts_with = "out")]
    check: bool,
    /// Build into this directory instead of guests/prebuilt
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Treat warnings of compilers as errors
    #[arg(long, conflicts_with = "check")]
    deny_warnings: bool,
}

pub fn run(args: &Args) -> Result<Status> {
    let checkout = checkout::find()?;
    let prebuilt = checkout.join("guests/prebuilt");
    if args.check {
        let _lock = wait_for_writers(&checkout);
        return check::check(&checkout, &prebuilt);
    }
    let directory = match &args.out {
        Some(directory) => std::path::absolute(directory)
            .with_context(|| format!("make {} absolute", directory.display()))?,
        None => prebuilt,
    };
    let progress = Progress::on_stderr();
    let _lock = lock(&checkout, &progress)?;
    build::build(&checkout, &directory, args.deny_warnings, &progress)
}

/// The problem with a directory of guests of this size in bytes, if it is too big.
fn too_big(size: u64, directory: &Path) -> Option<String> {
    (size >= LARGEST).then(|| {
        format!(
            "{}: {} KB, but all guests together may have 2 MB: make some smaller",
            directory.display(),
            size.div_ceil(1000)
        )
    })
}

/// The directory in which guests are built.
fn workshop(checkout: &Path) -> PathBuf {
    checkout.join("target/guests")
}

/// Waits until no other process builds guests. The lock is released when the file is closed.
fn lock(checkout: &Path, progress: &Progress) -> Result<File> {
    let path = lock_file(checkout);
    let directory = workshop(checkout);
    fs::create_dir_all(&directory).with_context(|| format!("make {}", directory.display()))?;
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.say("waiting for another process that builds guests");
            file.lock().with_context(|| format!("lock {}", path.display()))?;
        }
        Err(TryLockError::Error(error)) => {
            progress.say(&format!("{} cannot be locked ({error})", path.display()));
        }
    }
    Ok(file)
}

/// Waits until no other process writes guests. If nothing was ever built, there is no lock file, so a
/// check also works in a read-only checkout.
fn wait_for_writers(checkout: &Path) -> Option<File> {
    let file = File::open(lock_file(checkout)).ok()?;
    file.lock_shared().ok()?;
    Some(file)
}

fn lock_file(checkout: &Path) -> PathBuf {
    workshop(checkout).join("lock")
}
