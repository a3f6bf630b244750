//! Calls on the file behind a descriptor.

use model::{Call, Fdstat};
use preview1::{ADVICE, FDFLAGS, FDSTAT, FILESTAT, FILETYPE, RIGHTS};

use super::stat::Wanted;
use super::{Made, Verb, plain, shown};
use crate::names;
use crate::operands::{Operands, Place};
use crate::shown::Shown;
use crate::world::Stop;

pub const VERBS: &[(&str, Verb)] = &[
    ("fd_advise", |operands, place| {
        let fd = operands.fd(place)?;
        let offset = operands.number("the offset", place)?;
        let len = operands.number("the length", place)?;
        let advice = operands.choice("the advice", &ADVICE, place)?;
        operands.end()?;
        Ok(plain(Call::FdAdvise { fd, offset, len, advice }))
    }),
    ("fd_allocate", |operands, place| {
        let fd = operands.fd(place)?;
        let offset = operands.number("the offset", place)?;
        let len = operands.number("the length", place)?;
        operands.end()?;
        Ok(plain(Call::FdAllocate { fd, offset, len }))
    }),
    ("fd_close", |operands, place| on_fd(operands, place, |fd| Call::FdClose { fd })),
    ("fd_datasync", |operands, place| on_fd(operands, place, |fd| Call::FdDatasync { fd })),
    ("fd_sync", |operands, place| on_fd(operands, place, |fd| Call::FdSync { fd })),
    ("fd_fdstat_get", fd_fdstat_get),
    ("fd_fdstat_set_flags", |operands, place| {
        let fd = operands.fd(place)?;
        // The guest passes 32 bits, of which the call takes 16.
        let flags = operands.flags(&FDFLAGS, place)? & 0xffff_ffff;
        operands.end()?;
        Ok(plain(Call::FdFdstatSetFlags { fd, flags }))
    }),
    ("fd_fdstat_set_rights", |operands, place| {
        let fd = operands.fd(place)?;
        let base = operands.flags(&RIGHTS, place)?;
        let inheriting = operands.flags(&RIGHTS, place)?;
        operands.end()?;
        Ok(plain(Call::FdFdstatSetRights { fd, base, inheriting }))
    }),
    ("fd_filestat_get", |operands, place| {
        let fd = operands.fd(place)?;
        let to = operands.memory("result", FILESTAT.size(), 8, place)?;
        let wanted = Wanted::take(operands, place)?;
        Ok(wanted.of(Call::FdFilestatGet { fd, to }))
    }),
    ("fd_filestat_set_size", |operands, place| {
        let fd = operands.fd(place)?;
        let size = operands.number("the size", place)?;
        operands.end()?;
        Ok(plain(Call::FdFilestatSetSize { fd, size }))
    }),
    ("fd_filestat_set_times", |operands, place| {
        let fd = operands.fd(place)?;
        let (atim, mtim, flags) = operands.times(place)?;
        operands.end()?;
        Ok(plain(Call::FdFilestatSetTimes { fd, atim, mtim, flags }))
    }),
    ("fd_renumber", |operands, place| {
        let (fd, onto) = (operands.fd(place)?, operands.fd(place)?);
        operands.end()?;
        Ok(plain(Call::FdRenumber { fd, onto }))
    }),
];

fn on_fd(operands: &mut Operands, place: &mut Place, call: fn(u32) -> Call) -> Result<Made, Stop> {
    let fd = operands.fd(place)?;
    operands.end()?;
    Ok(plain(call(fd)))
}

fn fd_fdstat_get(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let fd = operands.fd(place)?;
    let to = operands.memory("result", FDSTAT.size(), 8, place)?;
    let of = operands.flags_option("of", &RIGHTS, u64::MAX, place)?;
    let default = || vec!["filetype".into(), "flags".into()];
    let fields = if operands.is_at_end() { default() } else { operands.list("fields")? };
    operands.end()?;
    Ok(shown(Call::FdFdstatGet { fd, to }, move |success| {
        let model::Value::Fdstat(stat) = success.value else { return (Shown::anything(), None) };
        let mut all = Shown::default();
        for (at, field) in fields.iter().enumerate() {
            all = all.and(if at > 0 { " " } else { "" }).then(show_field(stat, field, of));
        }
        (all, None)
    }))
}

fn show_field(stat: &Fdstat, field: &str, of: u64) -> Shown {
    let rights = |rights: &[u64]| -> Vec<String> {
        rights.iter().map(|rights| names::show_flags(&RIGHTS, rights & of)).collect()
    };
    match field {
        "filetype" => Shown::text(names::show(&FILETYPE, stat.filetype.into())),
        "flags" => {
            let flags = stat.all_flags().map(|flags| names::show_flags(&FDFLAGS, flags));
            Shown::text("flags=").and_one_of(&flags.collect::<Vec<_>>())
        }
        "base" => Shown::text("base=").and_one_of(&rights(&[stat.rights, stat.least_rights()])),
        _ => Shown::text("inheriting=").and_one_of(&rights(&[stat.inheriting])),
    }
}
