//! wasi:random.

use alloc::format;
use alloc::vec::Vec;

use wasip2::random::{insecure, insecure_seed, random};

use crate::args::Args;
use crate::outcome::{Called, given};
use crate::value::Value;
use crate::world::World;

/// `None` if the function belongs to another package.
pub fn call(verb: &str, args: &mut Args, world: &World) -> Option<Called> {
    let mut bytes = |function: fn(u64) -> Vec<u8>| bytes(function(args.number("a length", world)?));
    Some(match verb {
        "get-random-bytes" => bytes(random::get_random_bytes),
        "get-insecure-random-bytes" => bytes(insecure::get_insecure_random_bytes),
        "get-random-u64" => number(random::get_random_u64()),
        "get-insecure-random-u64" => number(insecure::get_insecure_random_u64()),
        "insecure-seed" => {
            let (low, high) = insecure_seed::insecure_seed();
            let seed = [low.to_le_bytes(), high.to_le_bytes()].concat();
            given("done".into(), Value::Bytes(seed))
        }
        _ => return None,
    })
}

/// Only what cannot be by chance is shown of them.
fn bytes(bytes: Vec<u8>) -> Called {
    let uniform = bytes.len() >= 16 && bytes.iter().all(|byte| *byte == bytes[0]);
    let shown = format!("{} bytes{}", bytes.len(), if uniform { " all the same" } else { "" });
    given(shown, Value::Bytes(bytes))
}

fn number(number: u64) -> Called {
    given("done".into(), Value::Number(number))
}
