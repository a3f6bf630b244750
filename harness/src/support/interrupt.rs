//! Ctrl-C: recorded here, checked wherever the program waits.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};

static WATCHED: AtomicBool = AtomicBool::new(false);
static REQUESTED: AtomicBool = AtomicBool::new(false);

/// From now on an interrupt or a termination is recorded, and a second one ends the process at once.
/// Calling this again changes nothing.
pub fn watch() -> Result<()> {
    if WATCHED.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(EXIT_STATUS.into());
        }
    })
    .context("watch for Ctrl-C")
}

/// The exit status of an interrupted process, as shells report it.
pub const EXIT_STATUS: u8 = 130;

pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
