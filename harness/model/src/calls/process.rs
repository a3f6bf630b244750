//! `proc_exit`, `proc_raise`, `sched_yield`, `random_get`.

use preview1::SIGNAL;

use crate::branch::{Branch, Branches, Outcome, Value};
use crate::call::Given;
use crate::errno::INVAL;

pub fn proc_exit(may: Branches, code: u32) -> Vec<Branch> {
    let of_code = match code {
        0 => "proc_exit.success",
        1..=125 => "proc_exit.code",
        126..=255 => "proc_exit.code_of_shells",
        _ => "proc_exit.code_of_32_bits",
    };
    let rules = [of_code, "proc_exit.no_return", "proc_exit.output", "proc_exit.files"];
    may.outcome(&rules, Outcome::Exits(code))
}

pub fn proc_raise(mut may: Branches, signal: u32) -> Vec<Branch> {
    match SIGNAL.case(signal) {
        None => {
            may.fail(&[INVAL], "proc_raise.unknown");
            may.done()
        }
        Some("none") => {
            may.may_fail(&[INVAL], "proc_raise.none");
            may.succeed(&["proc_raise.none"], Value::Nothing)
        }
        Some("chld" | "urg" | "winch" | "pipe") => {
            may.succeed(&["proc_raise.ignored"], Value::Nothing)
        }
        Some("cont") => may.succeed(&["proc_raise.continues"], Value::Nothing),
        // Nothing in preview 1 can make it go on.
        Some("stop" | "tstp" | "ttin" | "ttou") => {
            may.outcome(&["proc_raise.stops"], Outcome::Waits)
        }
        Some(_) => may.outcome(&["proc_raise.terminates"], Outcome::Traps),
    }
}

pub fn sched_yield(may: Branches) -> Vec<Branch> {
    may.succeed(&["sched_yield.succeeds"], Value::Nothing)
}

pub fn random_get(mut may: Branches, room: Given<u32>) -> Vec<Branch> {
    let Some(length) = may.needs(room) else { return may.done() };
    let amount = if length == 0 { "random_get.nothing" } else { "random_get.any_length" };
    let rules = [amount, "random_get.fills", "random_get.inside", "random_get.unpredictable"];
    may.succeed(&rules, Value::Random(length))
}
