//! `clock_res_get`, `clock_time_get`.

use crate::branch::{Branch, Branches, Number, Value};
use crate::call::Given;
use crate::errno::INVAL;

/// The CPU-time clocks, which a runtime need not support.
const CPU_TIME: [u32; 2] = [2, 3];

const SECOND: u64 = 1_000_000_000;

pub fn clock_res_get(mut may: Branches, clock: u32, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    may.fail_if(clock > 3, &[INVAL], "clock_res_get.unknown");
    if CPU_TIME.contains(&clock) {
        may.may_fail(&[INVAL], "clock_res_get.unsupported");
    }
    let rules = ["clock_res_get.not_zero", "clock_res_get.required", "clock_res_get.constant"];
    may.succeed(&rules, Value::Number(Number::Between(1, SECOND)))
}

/// Any precision is accepted: it says by how much the time may lag.
pub fn clock_time_get(mut may: Branches, clock: u32, to: Given<()>) -> Vec<Branch> {
    may.needs(to);
    let Some(reading) = may.state.clocks.get(clock) else {
        may.fail(&[INVAL], "clock_time_get.unknown");
        return may.done();
    };
    if CPU_TIME.contains(&clock) {
        may.may_fail(&[INVAL], "clock_time_get.process_cputime");
    }
    let of_clock = match clock {
        0 => "clock_time_get.realtime",
        1 => "clock_time_get.monotonic",
        2 => "clock_time_get.process_cputime",
        _ => "clock_time_get.thread_cputime",
    };
    let rules = [of_clock, "clock_time_get.goes_on", "clock_time_get.precision"];
    may.succeed(&rules, Value::Number(Number::Since(reading)))
}
