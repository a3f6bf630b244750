//! Readings of the system's clocks.

use anyhow::{Context, Result};
use model::Clocks;
use nix::time::{ClockId, clock_gettime};

/// The clocks as they are now. The CPU-time clocks count from the start of this process.
pub fn now() -> Result<Clocks> {
    Ok(Clocks {
        realtime: read(ClockId::CLOCK_REALTIME)?,
        monotonic: read(ClockId::CLOCK_MONOTONIC)?,
        process: read(ClockId::CLOCK_PROCESS_CPUTIME_ID)?,
        thread: read(ClockId::CLOCK_THREAD_CPUTIME_ID)?,
    })
}

/// With the CPU-time clocks from an earlier reading on.
pub fn since(start: &Clocks) -> Result<Clocks> {
    let mut clocks = now()?;
    clocks.process -= start.process;
    clocks.thread -= start.thread;
    Ok(clocks)
}

fn read(clock: ClockId) -> Result<u64> {
    let time = clock_gettime(clock).context("read a clock")?;
    Ok(time.tv_sec() as u64 * 1_000_000_000 + time.tv_nsec() as u64)
}
