//! Which functions of preview 1 were called, and what they returned: as seen, not as listed.

use std::collections::{BTreeMap, BTreeSet};

use preview1::ERRNO;
use runner_kit::Globals;

/// How many globals hold what the calls of one function returned, one bit for each errno.
pub const WORDS: usize = 4;
/// The word and bit that say that a function was called, be it without ever returning.
pub const CALLED: (usize, i32) = (WORDS - 1, 1 << 30);
/// What stands for "called" among the numbers that the bits are.
const CALLED_NUMBER: u32 = 32 * WORDS as u32 - 2;

const PREFIX: &str = "conformance:returned:";

/// What was seen of each function that was called: the names of errnos, `success` among them.
/// Empty for one that was called and never returned.
pub type Calls = BTreeMap<String, BTreeSet<String>>;

/// The names of the globals that hold what a function's calls returned.
pub fn globals_of(function: &str) -> [String; WORDS] {
    std::array::from_fn(|word| format!("{PREFIX}{function}:{word}"))
}

/// What the globals of an instrumented guest say.
pub fn calls(globals: &Globals) -> Calls {
    let mut calls = Calls::new();
    for (name, &bits) in globals {
        let Some((function, word)) =
            name.strip_prefix(PREFIX).and_then(|rest| rest.rsplit_once(':'))
        else {
            continue;
        };
        let Ok(word) = word.parse::<u32>() else { continue };
        for number in (0..32).filter(|bit| bits >> bit & 1 == 1).map(|bit| 32 * word + bit) {
            let returned = calls.entry(function.to_owned()).or_default();
            if number != CALLED_NUMBER {
                returned.insert(errno(number));
            }
        }
    }
    calls
}

/// An errno's name, or its number if the specification has none.
fn errno(number: u32) -> String {
    ERRNO.case(number).map_or_else(|| number.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_errnos() {
        let [low, _, high, top] = globals_of("fd_read");
        let globals = Globals::from([
            (low, 1 | 1 << 8 | 1 << 31),
            (high, 1 << 12 | 1 << 20),
            (top, CALLED.1),
            ("other".into(), -1),
        ]);
        let expected = ["84", "badf", "isdir", "notcapable", "success"].map(str::to_owned);
        assert_eq!(calls(&globals), Calls::from([("fd_read".into(), expected.into())]));
    }

    #[test]
    fn a_call_that_never_returns_is_a_call() {
        let [.., top] = globals_of("proc_exit");
        let calls = calls(&Globals::from([(top, CALLED.1)]));
        assert_eq!(calls, Calls::from([("proc_exit".into(), BTreeSet::new())]));
    }
}
