//! wasi:clocks.

use alloc::borrow::ToOwned;
use alloc::format;

use wasip2::clocks::{monotonic_clock, wall_clock};

use crate::args::Args;
use crate::outcome::{Called, Stop, given, made, plain};
use crate::value::Value;
use crate::world::World;

/// `None` if the function belongs to another package. No time is the same twice, so times
/// are not shown; `compare` and `apart` show how two of them relate.
pub fn call(verb: &str, args: &mut Args, world: &World) -> Option<Called> {
    Some(match verb {
        "now" => time(monotonic_clock::now()),
        "resolution" => positive(monotonic_clock::resolution()),
        "subscribe-instant" => args
            .number("an instant", world)
            .and_then(|when| made(Value::Pollable(monotonic_clock::subscribe_instant(when)))),
        "subscribe-duration" => args
            .number("a duration", world)
            .and_then(|when| made(Value::Pollable(monotonic_clock::subscribe_duration(when)))),
        "wall-now" => datetime(wall_clock::now(), time),
        "wall-resolution" => datetime(wall_clock::resolution(), positive),
        "apart" => apart(args, world),
        _ => return None,
    })
}

fn time(nanoseconds: u64) -> Called {
    given("done".to_owned(), Value::Number(nanoseconds))
}

fn positive(nanoseconds: u64) -> Called {
    let shown = if nanoseconds == 0 { "zero" } else { "positive" };
    given(shown.to_owned(), Value::Number(nanoseconds))
}

/// The nanoseconds of a point in time are less than a second.
fn datetime(time: wall_clock::Datetime, show: fn(u64) -> Called) -> Called {
    if time.nanoseconds >= 1_000_000_000 {
        return plain(format!("{} nanoseconds", time.nanoseconds));
    }
    show(time.seconds.saturating_mul(1_000_000_000).saturating_add(time.nanoseconds.into()))
}

/// `apart EARLIER LATER LOW HIGH`: whether two times are this many nanoseconds apart.
fn apart(args: &mut Args, world: &World) -> Called {
    let earlier = args.number("a time", world)?;
    let later = args.number("a time", world)?;
    let (low, high) = (args.number("a number", world)?, args.number("a number", world)?);
    let Some(apart) = later.checked_sub(earlier) else {
        return Err(Stop::usage("the second time is before the first"));
    };
    let shown = match apart {
        apart if apart < low => "less",
        apart if apart > high => "more",
        _ => "yes",
    };
    plain(shown.to_owned())
}
