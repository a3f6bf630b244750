//! `cargo xtask guests`: builds the guests, or checks that the committed ones are what their
//! sources say.

mod advice;
mod build;
mod c;
mod check;
mod machine;
mod record;
mod rust;
mod sources;
mod sysroot;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasi_conformance::support::checkout;
use wasi_conformance::support::progress::Progress;

use crate::Status;

/// The target that guests are compiled for, as Rust calls it.
const TARGET: &str = "wasm32-wasip1";

/// Bytes of a guest's stack: what Rust gives too. Memory that is never touched costs nothing.
const STACK: u32 = 1024 * 1024;

/// Bytes of a folder of guests: everybody who clones the repository gets them.
const LARGEST: u64 = 2_000_000;

/// Build every guest with whatever toolchain is there, and record what each was built from
///
/// Rust: a toolchain with the target (`rustup target add wasm32-wasip1`), or one with the source of
/// std. C: `WASI_CC`, a wasi-sdk (`WASI_SDK_PATH`, /opt/wasi-sdk), a clang with the system's
/// wasi-libc, or zig. If there is none, says what to install.
#[derive(clap::Args)]
pub struct Args {
    /// Build nothing: check that guests/prebuilt is complete, is what its record says, and that
    /// the record is of the present sources
    #[arg(long, conflicts_with = "out")]
    check: bool,
    /// Build into this folder instead, and leave guests/prebuilt and its record alone
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Take a compiler's warnings for errors
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
    let folder = match &args.out {
        Some(folder) => std::path::absolute(folder)
            .with_context(|| format!("make {} absolute", folder.display()))?,
        None => prebuilt,
    };
    let progress = Progress::on_stderr();
    let _lock = lock(&checkout, &progress)?;
    build::build(&checkout, &folder, args.deny_warnings, &progress)
}

/// What is wrong with a folder of guests of this many bytes, if anything.
fn too_big(size: u64, folder: &Path) -> Option<String> {
    (size >= LARGEST).then(|| {
        format!(
            "{}: {} KB, and all guests together may have 2 MB: make some smaller",
            folder.display(),
            size.div_ceil(1000)
        )
    })
}

/// Where guests are built.
fn workshop(checkout: &Path) -> PathBuf {
    checkout.join("target/guests")
}

/// Whoever holds this builds; others wait. It is released when the file is closed.
fn lock(checkout: &Path, progress: &Progress) -> Result<File> {
    let path = lock_file(checkout);
    let folder = workshop(checkout);
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let file = File::create(&path).with_context(|| format!("make {}", path.display()))?;
    if file.try_lock().is_err() {
        progress.say("waiting for another process that builds the guests");
        file.lock().with_context(|| format!("lock {}", path.display()))?;
    }
    Ok(file)
}

/// A check must not see half of what another process writes. Where nothing was ever built there is
/// no lock and nobody to wait for, so that a check also works in a checkout that is read-only.
fn wait_for_writers(checkout: &Path) -> Option<File> {
    let file = File::open(lock_file(checkout)).ok()?;
    file.lock_shared().ok()?;
    Some(file)
}

fn lock_file(checkout: &Path) -> PathBuf {
    workshop(checkout).join("lock")
}
