//! Calls on preopens, the environment, random data and the process.

use model::{Call, State};
use preview1::{PRESTAT, SIGNAL};

use super::{Verb, plain, shown};
use crate::operands::memory;
use crate::shown::Shown;
use crate::text;
use crate::world::Value;

pub const VERBS: &[(&str, Verb)] = &[
    ("fd_prestat_get", |operands, place| {
        let fd = operands.fd(place)?;
        let to = operands.memory("result", PRESTAT.size(), 4, place)?;
        operands.end()?;
        Ok(shown(Call::FdPrestatGet { fd, to }, |success| match success.value {
            model::Value::Prestat(length) => (Shown::text(format!("dir {length}")), None),
            _ => (Shown::anything(), None),
        }))
    }),
    ("fd_prestat_dir_name", |operands, place| {
        let fd = operands.fd(place)?;
        let len = operands.number("the buffer's length", place)? as u32;
        let room = operands.memory("buffer", len as usize, 1, place)?.map(|()| len);
        operands.end()?;
        Ok(shown(Call::FdPrestatDirName { fd, room }, move |success| match success.value {
            model::Value::Bytes(bytes) => {
                // What the call leaves as it was is the guest's own.
                let mut block = vec![0xA5; len as usize];
                block[..bytes.len()].copy_from_slice(bytes);
                (Shown::text(text::show(&block)), None)
            }
            _ => (Shown::anything(), None),
        }))
    }),
    ("environ_sizes_get", |operands, place| {
        let count = operands.memory("count", 4, 4, place)?;
        let size = operands.memory("size", 4, 4, place)?;
        operands.end()?;
        let call = Call::EnvironSizesGet { to: count.and(size) };
        Ok(shown(call, |success| match success.value {
            model::Value::Sizes { count, size } => {
                (Shown::text(format!("count={count} size={size}")), None)
            }
            _ => (Shown::anything(), None),
        }))
    }),
    ("environ_get", |operands, place| {
        let (count, size) = sizes(place.state);
        let list = memory(operands.address("list", place)?, count * 4, 4);
        let buffer = memory(operands.address("buffer", place)?, size, 1);
        operands.end()?;
        Ok(shown(Call::EnvironGet { to: list.and(buffer) }, |success| match success.value {
            model::Value::Strings(strings) if strings.is_empty() => (Shown::text("nothing"), None),
            model::Value::Strings(strings) => {
                let quoted: Vec<_> = strings.iter().map(|string| text::quote(string)).collect();
                (Shown::text(quoted.join(" ")), None)
            }
            _ => (Shown::anything(), None),
        }))
    }),
    ("random_get", |operands, place| {
        let len = operands.number("the buffer's length", place)? as u32;
        let room = operands.memory("buffer", len as usize, 1, place)?.map(|()| len);
        let versus = operands.value_option("versus", place)?;
        operands.end()?;
        Ok(shown(Call::RandomGet { room }, move |_| {
            // A few bytes can be the same by chance.
            let relation: &[&str] = match len {
                0 => &["same"],
                1..16 => &["different", "same"],
                _ => &["different"],
            };
            let shown = match &versus {
                Some(_) => Shown::default().and_one_of(relation),
                None => Shown::default(),
            };
            (shown, Some(Value::Bytes))
        }))
    }),
    ("proc_exit", |operands, place| {
        let code = operands.number("the exit code", place)? as u32;
        operands.end()?;
        Ok(plain(Call::ProcExit { code }))
    }),
    ("proc_raise", |operands, place| {
        let signal = operands.choice("the signal", &SIGNAL, place)?;
        operands.end()?;
        Ok(plain(Call::ProcRaise { signal }))
    }),
];

fn sizes(state: &State) -> (usize, usize) {
    let environ = &state.host.environ;
    (environ.len(), environ.iter().map(|variable| variable.len() + 1).sum())
}
