//! Calls on the file behind a descriptor.

use guests::block::Block;
use guests::imports as wasi;
use guests::names;
use preview1::{ADVICE, FDFLAGS, FDSTAT, FILETYPE, RIGHTS};

use crate::operands::Operands;
use crate::outcome::{Outcome, check, nothing};
use crate::stat::{self, Stat};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb { name: "fd_advise", form: "fd_advise FD OFFSET LEN ADVICE", run: fd_advise },
    Verb { name: "fd_allocate", form: "fd_allocate FD OFFSET LEN", run: fd_allocate },
    Verb { name: "fd_close", form: "fd_close FD", run: fd_close },
    Verb { name: "fd_datasync", form: "fd_datasync FD", run: fd_datasync },
    Verb { name: "fd_sync", form: "fd_sync FD", run: fd_sync },
    Verb {
        name: "fd_fdstat_get",
        form: "fd_fdstat_get FD [filetype,flags,base,inheriting] [of=RIGHTS] [result=ADDRESS]",
        run: fd_fdstat_get,
    },
    Verb {
        name: "fd_fdstat_set_flags",
        form: "fd_fdstat_set_flags FD FDFLAGS",
        run: fd_fdstat_set_flags,
    },
    Verb {
        name: "fd_fdstat_set_rights",
        form: "fd_fdstat_set_rights FD RIGHTS INHERITING",
        run: fd_fdstat_set_rights,
    },
    Verb {
        name: "fd_filestat_get",
        form: "fd_filestat_get FD [FIELD,...] [versus=STAT] [near=TIME] [result=ADDRESS]",
        run: fd_filestat_get,
    },
    Verb {
        name: "fd_filestat_set_size",
        form: "fd_filestat_set_size FD SIZE",
        run: fd_filestat_set_size,
    },
    Verb {
        name: "fd_filestat_set_times",
        form: "fd_filestat_set_times FD ATIM MTIM FSTFLAGS",
        run: fd_filestat_set_times,
    },
    Verb { name: "fd_renumber", form: "fd_renumber FROM TO", run: fd_renumber },
];

/// The size of an `fdstat`, and the offsets of its fields.
const FDSTAT_SIZE: usize = FDSTAT.size();
const FDSTAT_FLAGS: usize = FDSTAT.offset("fs_flags");
const FDSTAT_BASE: usize = FDSTAT.offset("fs_rights_base");
const FDSTAT_INHERITING: usize = FDSTAT.offset("fs_rights_inheriting");

fn fd_advise(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let offset = operands.number("the offset", world)?;
    let len = operands.number("the length", world)?;
    let advice = operands.choice("the advice", &ADVICE, world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_advise(fd, offset as i64, len as i64, advice) })
}

fn fd_allocate(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let offset = operands.number("the offset", world)?;
    let len = operands.number("the length", world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_allocate(fd, offset as i64, len as i64) })
}

fn fd_close(operands: &mut Operands, world: &mut World) -> Outcome {
    on_fd(operands, world, wasi::fd_close)
}

fn fd_datasync(operands: &mut Operands, world: &mut World) -> Outcome {
    on_fd(operands, world, wasi::fd_datasync)
}

fn fd_sync(operands: &mut Operands, world: &mut World) -> Outcome {
    on_fd(operands, world, wasi::fd_sync)
}

fn on_fd(
    operands: &mut Operands,
    world: &mut World,
    call: unsafe extern "C" fn(i32) -> i32,
) -> Outcome {
    let fd = operands.fd(world)?;
    operands.end()?;
    // SAFETY: only a number is passed.
    nothing(unsafe { call(fd) })
}

fn fd_fdstat_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut result = operands.buffer("result", Block::new(FDSTAT_SIZE), world)?;
    let of = operands.flags_option("of", &RIGHTS, u64::MAX, world)?;
    let default = || vec!["filetype".into(), "flags".into()];
    let fields = if operands.is_at_end() { default() } else { operands.list("fields")? };
    operands.end()?;
    // SAFETY: there is space for the `fdstat` that a runtime writes there.
    check(unsafe { wasi::fd_fdstat_get(fd, result.at()) })?;
    let block = result.block();
    let flags = u16::from_le_bytes([block.bytes()[FDSTAT_FLAGS], block.bytes()[FDSTAT_FLAGS + 1]]);
    let rights = |offset| names::show_flags(&RIGHTS, block.u64(offset) & of);
    let shown: Result<Vec<String>, _> = fields
        .iter()
        .map(|field| {
            Ok(match field.as_str() {
                "filetype" => names::show(&FILETYPE, block.bytes()[0].into()),
                "flags" => format!("flags={}", names::show_flags(&FDFLAGS, flags.into())),
                "base" => format!("base={}", rights(FDSTAT_BASE)),
                "inheriting" => format!("inheriting={}", rights(FDSTAT_INHERITING)),
                _ => return Err(crate::outcome::usage(format!("no field `{field}` in an fdstat"))),
            })
        })
        .collect();
    Ok(shown?.join(" "))
}

fn fd_fdstat_set_flags(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let flags = operands.flags(&FDFLAGS, world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_fdstat_set_flags(fd, flags as i32) })
}

fn fd_fdstat_set_rights(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let base = operands.flags(&RIGHTS, world)?;
    let inheriting = operands.flags(&RIGHTS, world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_fdstat_set_rights(fd, base as i64, inheriting as i64) })
}

fn fd_filestat_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let mut result = operands.buffer("result", Block::new(stat::SIZE), world)?;
    let wanted = operands.wanted(world)?;
    // SAFETY: there is space for the `filestat` that a runtime writes there.
    check(unsafe { wasi::fd_filestat_get(fd, result.at()) })?;
    let stat = Stat::read(result.block());
    world.result = Some(Value::Stat(stat.clone()));
    stat.show(&wanted)
}

fn fd_filestat_set_size(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let size = operands.number("the size", world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_filestat_set_size(fd, size as i64) })
}

fn fd_filestat_set_times(operands: &mut Operands, world: &mut World) -> Outcome {
    let fd = operands.fd(world)?;
    let (atim, mtim, flags) = operands.times(world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_filestat_set_times(fd, atim, mtim, flags) })
}

fn fd_renumber(operands: &mut Operands, world: &mut World) -> Outcome {
    let from = operands.fd(world)?;
    let to = operands.fd(world)?;
    operands.end()?;
    // SAFETY: only numbers are passed.
    nothing(unsafe { wasi::fd_renumber(from, to) })
}
