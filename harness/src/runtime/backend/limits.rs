//! What a guest may use.

use std::time::Duration;

/// The limits of a guest.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub time: Duration,
    /// How long a guest may take to start: compiling it counts here, and not as its own time.
    pub start: Duration,
    /// Bytes, for stdout and stderr each.
    pub output: usize,
    /// Bytes, for all files of a case.
    pub disk: u64,
    /// Files and directories of a case.
    pub files: usize,
    /// Bytes of the process that runs a guest.
    pub memory: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let (time, start) = (Duration::from_secs(10), Duration::from_secs(120));
        let (output, disk, files, memory) = (16 << 20, 64 << 20, 20_000, 1 << 30);
        Limits { time, start, output, disk, files, memory }
    }
}
