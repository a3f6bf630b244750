//! Statements about clocks.

use model::{Call, Number, Time};
use preview1::CLOCKID;

use super::{Made, Verb, exact, shown};
use crate::operands::{Operands, Place};
use crate::shown::{Shown, relation};
use crate::world::{Stop, Value};

pub const VERBS: &[(&str, Verb)] = &[
    ("clock_res_get", |operands, place| {
        let clock = operands.choice("a clock", &CLOCKID, place)?;
        let to = operands.memory("result", 8, 8, place)?;
        let versus = operands.number_option("versus", place)?;
        operands.end()?;
        Ok(shown(Call::ClockResGet { clock, to }, move |success| {
            let between = match success.value {
                model::Value::Number(Number::Between(least, most)) => [*least, *most],
                other => [exact(other); 2],
            };
            let shown = versus.map_or_else(Shown::default, |other| {
                let relations =
                    between.map(|one| relation(Time::Exactly(one), Time::Exactly(other))[0]);
                let crosses = (between[0]..=between[1]).contains(&other);
                let all = if crosses { &["same", "less", "greater"][..] } else { &relations[..] };
                Shown::default().and_one_of(all)
            });
            (shown, Some(Value::Number(Time::Since(between[1]))))
        }))
    }),
    ("clock_time_get", |operands, place| {
        let clock = operands.choice("a clock", &CLOCKID, place)?;
        let precision = operands.optional_number(1, place)?;
        let to = operands.memory("result", 8, 8, place)?;
        let versus = match operands.value_option("versus", place)? {
            Some(Value::Number(time)) => Some(time),
            Some(_) => return Err(Stop::Usage("a time is compared with a number".into())),
            None => None,
        };
        operands.end()?;
        Ok(shown(Call::ClockTimeGet { clock, precision, to }, move |success| {
            let now = Time::Since(exact(success.value));
            let shown = versus.map_or_else(Shown::default, |other| {
                let is_cpu_time = clock > 1;
                let relation = match other {
                    // A program has not been running for a day.
                    Time::Exactly(time) if is_cpu_time && time >= 86_400_000_000_000 => &["less"],
                    other => relation(now, other),
                };
                Shown::default().and_one_of(relation)
            });
            (shown, Some(Value::Number(now)))
        }))
    }),
    ("advance", |operands, place| {
        let clock = operands.choice("a clock", &CLOCKID, place)?;
        let by = operands.number("a number of nanoseconds", place)?;
        operands.end()?;
        let call = Call::ClockTimeGet { clock, precision: 1, to: Ok(()) };
        let made = shown(call, move |success| {
            (Shown::default(), Some(Value::Number(Time::Since(exact(success.value) + by))))
        });
        Ok(Made { passes: by, ..made })
    }),
    ("apart", apart),
];

/// Whether the second number exceeds the first by at least LOW and at most HIGH. More time may have
/// passed than a call had to wait.
fn apart(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let (first, second) = (operands.time("a time", place)?, operands.time("a time", place)?);
    let low = operands.number("the least", place)?;
    let high = operands.number("the most", place)?;
    operands.end()?;
    let distance = second.earliest().saturating_sub(first.earliest());
    let is_exact = [first, second].iter().all(|time| matches!(time, Time::Exactly(_)));
    let mut seen = Vec::new();
    if distance < low {
        seen.push("less");
    }
    if distance <= high && (!is_exact || distance >= low) {
        seen.push("yes");
    }
    if distance > high || !is_exact {
        seen.push("more");
    }
    Err(Stop::Seen(Shown::default().and_one_of(&seen)))
}
