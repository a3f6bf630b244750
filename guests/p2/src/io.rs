//! wasi:io.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use wasip2::io::poll::{self, Pollable};
use wasip2::io::streams::{InputStream, OutputStream, StreamError};

use crate::args::Args;
use crate::outcome::{
    Called, Named, Stop, done, given, made, number, plain, some_number, unit, valued,
};
use crate::text::show;
use crate::value::Value;
use crate::world::World;

/// `None` if the function belongs to another package.
pub fn call(verb: &str, args: &mut Args, world: &World) -> Option<Called> {
    match verb {
        "poll" => Some(poll_all(args, world)),
        _ => None,
    }
}

/// `poll NAME…`: the indexes, from 0, of the pollables that are ready.
fn poll_all(args: &mut Args, world: &World) -> Called {
    let mut all = Vec::new();
    while !args.is_empty() {
        match args.named("a pollable", world)? {
            Value::Pollable(pollable) => all.push(pollable),
            _ => return Err(Stop::usage("only pollables can be polled")),
        }
    }
    let mut ready = poll::poll(&all);
    ready.sort_unstable();
    let places: Vec<_> = ready.iter().map(ToString::to_string).collect();
    plain(format!("[{}]", places.join(",")))
}

pub fn pollable(it: &Pollable, verb: &str) -> Called {
    match verb {
        "ready" => plain(it.ready().to_string()),
        "block" => done(it.block()),
        _ => Err(Stop::Usage(format!("no method `{verb}` of pollable"))),
    }
}

pub fn input(it: &InputStream, verb: &str, args: &mut Args, world: &World) -> Called {
    if verb == "subscribe" {
        return made(Value::Pollable(it.subscribe()));
    }
    if verb == "read-to-end" {
        return read_to_end(it);
    }
    let length = args.number("a length", world)?;
    match verb {
        "read" => bytes(it.read(length)),
        "blocking-read" => bytes(it.blocking_read(length)),
        "skip" => number(it.skip(length)),
        "blocking-skip" => number(it.blocking_skip(length)),
        _ => Err(Stop::Usage(format!("no method `{verb}` of input-stream"))),
    }
}

fn bytes(result: Result<Vec<u8>, StreamError>) -> Called {
    valued(result, |bytes| show(bytes), |bytes| vec![("", Value::Bytes(bytes))])
}

/// Calls blocking-read until the stream is closed, since a call may return any number of bytes.
fn read_to_end(it: &InputStream) -> Called {
    let mut all = Vec::new();
    loop {
        match it.blocking_read(65536) {
            Ok(more) => all.extend(more),
            Err(StreamError::Closed) => return given(show(&all), Value::Bytes(all)),
            Err(error) => return plain(format!("{} err {}", show(&all), error.named())),
        }
    }
}

pub fn output(it: &OutputStream, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "check-write" => some_number(it.check_write()),
        "flush" => unit(it.flush()),
        "blocking-flush" => unit(it.blocking_flush()),
        "subscribe" => made(Value::Pollable(it.subscribe())),
        "write" => unit(it.write(&args.bytes("a text")?)),
        "write-permitted" => write_permitted(it, &args.bytes("a text")?),
        "blocking-write-and-flush" => unit(it.blocking_write_and_flush(&args.bytes("a text")?)),
        "write-zeroes" => unit(it.write_zeroes(args.number("a length", world)?)),
        "blocking-write-zeroes-and-flush" => {
            unit(it.blocking_write_zeroes_and_flush(args.number("a length", world)?))
        }
        "splice" | "blocking-splice" => {
            let Value::Input(source) = args.named("an input-stream", world)? else {
                return Err(Stop::usage("splice takes an input-stream"));
            };
            let length = args.number("a length", world)?;
            number(match verb {
                "splice" => it.splice(source, length),
                _ => it.blocking_splice(source, length),
            })
        }
        _ => Err(Stop::Usage(format!("no method `{verb}` of output-stream"))),
    }
}

/// Writes what check-write permits, waiting for it where necessary, and does not flush.
fn write_permitted(it: &OutputStream, mut rest: &[u8]) -> Called {
    while !rest.is_empty() {
        let permitted = match it.check_write() {
            Ok(permitted) => rest.len().min(usize::try_from(permitted).unwrap_or(usize::MAX)),
            Err(error) => return plain(format!("err {}", error.named())),
        };
        if permitted == 0 {
            it.subscribe().block();
            continue;
        }
        let (now, later) = rest.split_at(permitted);
        if let Err(error) = it.write(now) {
            return plain(format!("err {}", error.named()));
        }
        rest = later;
    }
    plain("ok".to_owned())
}
