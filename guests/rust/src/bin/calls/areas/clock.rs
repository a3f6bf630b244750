//! Calls on clocks.

use guests::block::Block;
use guests::imports as wasi;
use preview1::CLOCKID;

use crate::buffer::Buffer;
use crate::operands::Operands;
use crate::outcome::{Outcome, Stop, check};
use crate::stat::relation;
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "clock_res_get",
        form: "clock_res_get CLOCK [versus=NUMBER] [result=ADDRESS]",
        run: clock_res_get,
    },
    Verb {
        name: "clock_time_get",
        form: "clock_time_get CLOCK [PRECISION] [versus=NUMBER] [result=ADDRESS]",
        run: clock_time_get,
    },
    Verb { name: "advance", form: "advance CLOCK NANOSECONDS", run: advance },
    Verb { name: "apart", form: "apart TIME TIME LOW HIGH", run: apart },
];

/// After this many readings, a clock counts as standing still.
const MAX_READINGS: u32 = 20_000_000;

fn clock_res_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let clock = operands.choice("a clock", &CLOCKID, world)?;
    let (mut result, versus) = result_and_versus(operands, world)?;
    // SAFETY: there is space for the 64-bit number that a runtime writes there.
    check(unsafe { wasi::clock_res_get(clock, result.at()) })?;
    Ok(show(&result, versus, world))
}

fn clock_time_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let clock = operands.choice("a clock", &CLOCKID, world)?;
    let precision = operands.optional_number(1, world)? as i64;
    let (mut result, versus) = result_and_versus(operands, world)?;
    // SAFETY: there is space for the 64-bit number that a runtime writes there.
    check(unsafe { wasi::clock_time_get(clock, precision, result.at()) })?;
    Ok(show(&result, versus, world))
}

/// Reads a clock until it has advanced by that much.
fn advance(operands: &mut Operands, world: &mut World) -> Outcome {
    let clock = operands.choice("a clock", &CLOCKID, world)?;
    let by = operands.number("a number of nanoseconds", world)?;
    operands.end()?;
    let first = read(clock)?;
    for _ in 0..MAX_READINGS {
        let now = read(clock)?;
        if now < first {
            return Err(Stop::Seen("it goes back".into()));
        }
        if now - first >= by {
            world.result = Some(Value::Number(now));
            return Ok(String::new());
        }
    }
    Err(Stop::Seen("it stands still".into()))
}

/// Whether the second number exceeds the first by at least LOW and at most HIGH.
fn apart(operands: &mut Operands, world: &mut World) -> Outcome {
    let mut number = |what| operands.number(what, world);
    let (first, second) = (number("a time")?, number("a time")?);
    let (low, high) = (number("the least")?, number("the most")?);
    operands.end()?;
    let distance = second.saturating_sub(first);
    Err(Stop::Seen(
        if distance < low {
            "less"
        } else if distance > high {
            "more"
        } else {
            "yes"
        }
        .into(),
    ))
}

fn read(clock: i32) -> Result<u64, Stop> {
    let mut result = Block::new(8);
    // SAFETY: there is space for the 64-bit number that a runtime writes there.
    check(unsafe { wasi::clock_time_get(clock, 1, result.at()) })?;
    Ok(result.u64(0))
}

fn result_and_versus(
    operands: &mut Operands,
    world: &World,
) -> Result<(Buffer, Option<u64>), Stop> {
    let result = operands.buffer("result", Block::new(8), world)?;
    let versus = operands.number_option("versus", world)?;
    operands.end()?;
    Ok((result, versus))
}

/// No time is the same twice, so only its relation to another number can be shown.
fn show(result: &Buffer, versus: Option<u64>, world: &mut World) -> String {
    let value = result.block().u64(0);
    world.result = Some(Value::Number(value));
    versus.map_or_else(String::new, |other| relation(value, other).to_owned())
}
