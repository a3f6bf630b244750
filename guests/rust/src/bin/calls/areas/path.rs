//! Calls on paths.

use guests::block::Block;
use guests::imports as wasi;
use guests::{names, text};
use preview1::{FDFLAGS, OFLAGS, RIGHTS};

use crate::buffer::Buffer;
use crate::operands::Operands;
use crate::outcome::{Outcome, Stop, check, nothing};
use crate::stat::{self, Stat};
use crate::value::Value;
use crate::verbs::Verb;
use crate::world::World;

pub const VERBS: &[Verb] = &[
    Verb {
        name: "path_create_directory",
        form: "path_create_directory FD PATH [path=ADDRESS]",
        run: path_create_directory,
    },
    Verb {
        name: "path_filestat_get",
        form: "path_filestat_get FD PATH [follow] [FIELD,...] [versus=STAT] [near=TIME] \
               [lookup=FLAGS] [path=ADDRESS] [result=ADDRESS]",
        run: path_filestat_get,
    },
    Verb {
        name: "path_filestat_set_times",
        form: "path_filestat_set_times FD PATH [follow] ATIM MTIM FSTFLAGS [lookup=FLAGS] \
               [path=ADDRESS]",
        run: path_filestat_set_times,
    },
    Verb {
        name: "path_link",
        form: "path_link FD PATH FD PATH [follow] [lookup=FLAGS] [old=ADDRESS] [new=ADDRESS]",
        run: path_link,
    },
    Verb {
        name: "path_open",
        form: "path_open FD PATH [OFLAGS] [follow] [fdflags=FDFLAGS] [rights=RIGHTS] \
               [inheriting=RIGHTS] [lookup=FLAGS] [versus=FD] [path=ADDRESS] [result=ADDRESS]",
        run: path_open,
    },
    Verb {
        name: "path_readlink",
        form: "path_readlink FD PATH LEN [path=ADDRESS] [buffer=ADDRESS] [result=ADDRESS]",
        run: path_readlink,
    },
    Verb {
        name: "path_remove_directory",
        form: "path_remove_directory FD PATH [path=ADDRESS]",
        run: path_remove_directory,
    },
    Verb {
        name: "path_rename",
        form: "path_rename FD PATH FD PATH [old=ADDRESS] [new=ADDRESS]",
        run: path_rename,
    },
    Verb {
        name: "path_symlink",
        form: "path_symlink TARGET FD PATH [target=ADDRESS] [path=ADDRESS]",
        run: path_symlink,
    },
    Verb {
        name: "path_unlink_file",
        form: "path_unlink_file FD PATH [path=ADDRESS]",
        run: path_unlink_file,
    },
];

fn path_create_directory(operands: &mut Operands, world: &mut World) -> Outcome {
    on_path(operands, world, wasi::path_create_directory)
}

fn path_remove_directory(operands: &mut Operands, world: &mut World) -> Outcome {
    on_path(operands, world, wasi::path_remove_directory)
}

fn path_unlink_file(operands: &mut Operands, world: &mut World) -> Outcome {
    on_path(operands, world, wasi::path_unlink_file)
}

fn on_path(
    operands: &mut Operands,
    world: &mut World,
    call: unsafe extern "C" fn(i32, i32, i32) -> i32,
) -> Outcome {
    let (fd, mut path) = fd_and_path(operands, world)?;
    operands.end()?;
    let (at, len) = (path.at(), path.len());
    // SAFETY: the path has the length that the call is told.
    nothing(unsafe { call(fd, at, len) })
}

fn fd_and_path(operands: &mut Operands, world: &mut World) -> Result<(i32, Buffer), Stop> {
    fd_and_named_path("path", operands, world)
}

/// A descriptor and a path, in place of which `KEY=` may give an address.
fn fd_and_named_path(
    key: &str,
    operands: &mut Operands,
    world: &mut World,
) -> Result<(i32, Buffer), Stop> {
    let fd = operands.fd(world)?;
    Ok((fd, text_buffer(key, operands, world)?))
}

fn text_buffer(key: &str, operands: &mut Operands, world: &World) -> Result<Buffer, Stop> {
    let text = Block::holding(&operands.bytes(key)?);
    operands.buffer(key, text, world)
}

fn path_filestat_get(operands: &mut Operands, world: &mut World) -> Outcome {
    let (fd, mut path) = fd_and_path(operands, world)?;
    let lookup = operands.lookupflags(world)?;
    let mut result = operands.buffer("result", Block::new(stat::SIZE), world)?;
    let wanted = operands.wanted(world)?;
    let (at, len) = (path.at(), path.len());
    // SAFETY: the path has the length that the call is told, and there is space for a `filestat`.
    check(unsafe { wasi::path_filestat_get(fd, lookup, at, len, result.at()) })?;
    let stat = Stat::read(result.block());
    world.result = Some(Value::Stat(stat.clone()));
    stat.show(&wanted)
}

fn path_filestat_set_times(operands: &mut Operands, world: &mut World) -> Outcome {
    let (fd, mut path) = fd_and_path(operands, world)?;
    let lookup = operands.lookupflags(world)?;
    let (atim, mtim, flags) = operands.times(world)?;
    operands.end()?;
    let (at, len) = (path.at(), path.len());
    // SAFETY: the path has the length that the call is told.
    nothing(unsafe { wasi::path_filestat_set_times(fd, lookup, at, len, atim, mtim, flags) })
}

fn path_link(operands: &mut Operands, world: &mut World) -> Outcome {
    let lookup = operands.lookupflags(world)?;
    let (old_fd, mut old) = fd_and_named_path("old", operands, world)?;
    let (new_fd, mut new) = fd_and_named_path("new", operands, world)?;
    operands.end()?;
    let (old_at, old_len, new_at, new_len) = (old.at(), old.len(), new.at(), new.len());
    // SAFETY: the paths have the lengths that the call is told.
    nothing(unsafe { wasi::path_link(old_fd, lookup, old_at, old_len, new_fd, new_at, new_len) })
}

fn path_open(operands: &mut Operands, world: &mut World) -> Outcome {
    let (fd, mut path) = fd_and_path(operands, world)?;
    let lookup = operands.lookupflags(world)?;
    let fdflags = operands.flags_option("fdflags", &FDFLAGS, 0, world)? as i32;
    let rights = operands.option("rights");
    let inheriting = operands.option("inheriting");
    let versus = operands.value_option("versus", world)?;
    let mut result = operands.buffer("result", Block::new(4), world)?;
    let oflags = operands.optional_flags(&OFLAGS, world)?;
    operands.end()?;
    let is_directory = oflags & names::OFLAGS_DIRECTORY != 0;
    let (default, passed_on) = if is_directory {
        (names::RIGHTS_DIRECTORY, names::RIGHTS_ALL)
    } else {
        (names::RIGHTS_FILE, 0)
    };
    let set = |word| Operands::flags_of(word, &RIGHTS, world);
    let base = rights.map_or(Ok(default), set)? as i64;
    let inheriting = inheriting.map_or(Ok(passed_on), set)? as i64;
    let (at, len, oflags, out) = (path.at(), path.len(), oflags as i32, result.at());
    // SAFETY: the path has the length that the call is told, and there is space for a descriptor.
    check(unsafe { wasi::path_open(fd, lookup, at, len, oflags, base, inheriting, fdflags, out) })?;
    let opened = result.block().u32(0);
    world.result = Some(Value::Fd(opened as i32));
    shown_versus(opened, versus)
}

/// How the number of a new descriptor relates to that of another one, or to a number.
fn shown_versus(opened: u32, versus: Option<Value>) -> Outcome {
    let relation = |number| stat::relation(opened.into(), number).to_owned();
    match versus {
        None => Ok(String::new()),
        Some(Value::Fd(fd)) => Ok(relation((fd as u32).into())),
        Some(Value::Number(number)) => Ok(relation(number)),
        Some(_) => {
            Err(Stop::Usage("a descriptor is compared with a descriptor or a number".into()))
        }
    }
}

fn path_readlink(operands: &mut Operands, world: &mut World) -> Outcome {
    let (fd, mut path) = fd_and_path(operands, world)?;
    let len = operands.number("the buffer's length", world)? as usize;
    let mut buffer = operands.buffer("buffer", Block::new(len), world)?;
    let mut result = operands.buffer("result", Block::new(4), world)?;
    operands.end()?;
    let (at, len) = (path.at(), path.len());
    let (to, to_len, out) = (buffer.at(), buffer.len(), result.at());
    // SAFETY: the path and the buffer have the lengths that the call is told.
    check(unsafe { wasi::path_readlink(fd, at, len, to, to_len, out) })?;
    let used = result.block().u32(0);
    Ok(format!("{used} {}", text::show(buffer.start(used))))
}

fn path_rename(operands: &mut Operands, world: &mut World) -> Outcome {
    let (old_fd, mut old) = fd_and_named_path("old", operands, world)?;
    let (new_fd, mut new) = fd_and_named_path("new", operands, world)?;
    operands.end()?;
    let (old_at, old_len, new_at, new_len) = (old.at(), old.len(), new.at(), new.len());
    // SAFETY: the paths have the lengths that the call is told.
    nothing(unsafe { wasi::path_rename(old_fd, old_at, old_len, new_fd, new_at, new_len) })
}

fn path_symlink(operands: &mut Operands, world: &mut World) -> Outcome {
    let mut target = text_buffer("target", operands, world)?;
    let (fd, mut path) = fd_and_path(operands, world)?;
    operands.end()?;
    let (target_at, target_len) = (target.at(), target.len());
    let (at, len) = (path.at(), path.len());
    // SAFETY: the target and the path have the lengths that the call is told.
    nothing(unsafe { wasi::path_symlink(target_at, target_len, fd, at, len) })
}
