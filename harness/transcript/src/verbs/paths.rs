//! Calls on paths.

use model::{Call, Fd, Given, Time};
use preview1::{FDFLAGS, FILESTAT, OFLAGS, RIGHTS};

use super::stat::Wanted;
use super::{Made, Verb, counted, exact, plain, shown};
use crate::names;
use crate::operands::{Operands, Place, flags};
use crate::shown::{Shown, relation};
use crate::world::{Stop, Value};

pub const VERBS: &[(&str, Verb)] = &[
    ("path_create_directory", |operands, place| {
        on_path(operands, place, |fd, path| Call::PathCreateDirectory { fd, path })
    }),
    ("path_remove_directory", |operands, place| {
        on_path(operands, place, |fd, path| Call::PathRemoveDirectory { fd, path })
    }),
    ("path_unlink_file", |operands, place| {
        on_path(operands, place, |fd, path| Call::PathUnlinkFile { fd, path })
    }),
    ("path_filestat_get", |operands, place| {
        let (fd, path) = fd_and_path("path", operands, place)?;
        let lookup = operands.lookupflags(place)?;
        let to = operands.memory("result", FILESTAT.size(), 8, place)?;
        let wanted = Wanted::take(operands, place)?;
        Ok(wanted.of(Call::PathFilestatGet { fd, lookup, path, to }))
    }),
    ("path_filestat_set_times", |operands, place| {
        let (fd, path) = fd_and_path("path", operands, place)?;
        let lookup = operands.lookupflags(place)?;
        let (atim, mtim, flags) = operands.times(place)?;
        operands.end()?;
        Ok(plain(Call::PathFilestatSetTimes { fd, lookup, path, atim, mtim, flags }))
    }),
    ("path_link", |operands, place| {
        let lookup = operands.lookupflags(place)?;
        let (old_fd, old_path) = fd_and_path("old", operands, place)?;
        let (new_fd, new_path) = fd_and_path("new", operands, place)?;
        operands.end()?;
        Ok(plain(Call::PathLink { old_fd, lookup, old_path, new_fd, new_path }))
    }),
    ("path_open", path_open),
    ("path_readlink", |operands, place| {
        let (fd, path) = fd_and_path("path", operands, place)?;
        let len = operands.number("the buffer's length", place)? as u32;
        let room = operands.memory("buffer", len as usize, 1, place)?.map(|()| len);
        let to = operands.memory("result", 4, 4, place)?;
        operands.end()?;
        let call = Call::PathReadlink { fd, path, room, to };
        Ok(shown(call, |success| (counted(success.value), None)))
    }),
    ("path_rename", |operands, place| {
        let (old_fd, old_path) = fd_and_path("old", operands, place)?;
        let (new_fd, new_path) = fd_and_path("new", operands, place)?;
        operands.end()?;
        Ok(plain(Call::PathRename { old_fd, old_path, new_fd, new_path }))
    }),
    ("path_symlink", |operands, place| {
        let target = operands.text("target", place)?;
        let (fd, path) = fd_and_path("path", operands, place)?;
        operands.end()?;
        Ok(plain(Call::PathSymlink { target, fd, path }))
    }),
];

fn on_path(
    operands: &mut Operands,
    place: &mut Place,
    call: fn(Fd, Given<Vec<u8>>) -> Call,
) -> Result<Made, Stop> {
    let (fd, path) = fd_and_path("path", operands, place)?;
    operands.end()?;
    Ok(plain(call(fd, path)))
}

/// A descriptor and a path, in place of which `KEY=` may give an address.
fn fd_and_path(
    key: &str,
    operands: &mut Operands,
    place: &mut Place,
) -> Result<(Fd, Given<Vec<u8>>), Stop> {
    Ok((operands.fd(place)?, operands.text(key, place)?))
}

fn path_open(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let (fd, path) = fd_and_path("path", operands, place)?;
    let lookup = operands.lookupflags(place)?;
    let fdflags = operands.flags_option("fdflags", &FDFLAGS, 0, place)?;
    let (rights, inheriting) = (operands.option("rights"), operands.option("inheriting"));
    let versus = operands.value_option("versus", place)?;
    let to = operands.memory("result", 4, 4, place)?;
    let oflags = operands.optional_flags(&OFLAGS, place)?;
    operands.end()?;
    let (default, passed_on) = if oflags & names::OFLAGS_DIRECTORY != 0 {
        (names::RIGHTS_DIRECTORY, names::RIGHTS_ALL)
    } else {
        (names::RIGHTS_FILE, 0)
    };
    let set = |word| flags(&word, &RIGHTS, place.world);
    let base = rights.map_or(Ok(default), set)?;
    let inheriting = inheriting.map_or(Ok(passed_on), set)?;
    let call = Call::PathOpen { fd, lookup, path, oflags, base, inheriting, fdflags, to };
    Ok(shown(call, move |success| {
        let fd = exact(success.value) as Fd;
        (show_number(versus.as_ref()), Some(Value::Fd(fd)))
    }))
}

/// How the number of a new descriptor relates to that of another one, or to a number: a host chooses
/// it, and it is in use nowhere else.
fn show_number(versus: Option<&Value>) -> Shown {
    match versus {
        None => Shown::default(),
        Some(Value::Number(Time::Exactly(number))) if *number >= 1 << 31 => {
            Shown::default().and_one_of(relation(Time::Exactly(0), Time::Exactly(*number)))
        }
        Some(Value::Number(_)) => Shown::default().and_one_of(&["same", "less", "greater"]),
        Some(_) => Shown::default().and_one_of(&["less", "greater"]),
    }
}
