//! wasi:filesystem.

mod names;
pub mod stat;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DirectoryEntry, DirectoryEntryStream, ErrorCode, OpenFlags,
    PathFlags,
};

use crate::args::Args;
use crate::outcome::{Called, Named, Stop, given, number, plain, resource, shown, unit, valued};
use crate::text::show;
use crate::value::Value;
use crate::world::World;

/// Methods of a descriptor that take no path.
pub fn descriptor(it: &Descriptor, verb: &str, args: &mut Args, world: &World) -> Called {
    match verb {
        "read-via-stream" => {
            resource(it.read_via_stream(args.number("an offset", world)?), Value::Input)
        }
        "write-via-stream" => {
            resource(it.write_via_stream(args.number("an offset", world)?), Value::Output)
        }
        "append-via-stream" => resource(it.append_via_stream(), Value::Output),
        "advise" => {
            let offset = args.number("an offset", world)?;
            let length = args.number("a length", world)?;
            unit(it.advise(offset, length, names::advice(&args.text("an advice")?)?))
        }
        "sync-data" => unit(it.sync_data()),
        "sync" => unit(it.sync()),
        "get-flags" => shown(it.get_flags(), |flags| names::of_flags(*flags)),
        "get-type" => shown(it.get_type(), |kind| names::of_type(*kind).to_owned()),
        "set-size" => unit(it.set_size(args.number("a size", world)?)),
        "set-times" => {
            let (access, modification) = (stat::timestamp(args)?, stat::timestamp(args)?);
            unit(it.set_times(access, modification))
        }
        "read" => {
            let length = args.number("a length", world)?;
            let read = it.read(length, args.number("an offset", world)?);
            let end = |end: bool| if end { " end" } else { "" };
            shown(read, |(bytes, at_end)| format!("{}{}", show(bytes), end(*at_end)))
        }
        "content" => content(it),
        "write" => {
            let bytes = args.bytes("a text")?;
            number(it.write(&bytes, args.number("an offset", world)?))
        }
        "read-directory" => resource(it.read_directory(), Value::Entries),
        "list" => list(it),
        "stat" => stat_shown(it.stat(), args),
        "is-same-object" => {
            let other = other(args, world)?;
            plain(format!("{}", it.is_same_object(other)))
        }
        "metadata-hash" => {
            valued(it.metadata_hash(), |_| String::new(), |hash| vec![("", Value::Hash(hash))])
        }
        _ => by_path(it, verb, args, world),
    }
}

/// Methods that take a path relative to the descriptor.
fn by_path(it: &Descriptor, verb: &str, args: &mut Args, world: &World) -> Called {
    let follow = match args.switch("follow") {
        true => PathFlags::SYMLINK_FOLLOW,
        false => PathFlags::empty(),
    };
    let path = args.text("a path")?;
    match verb {
        "open-at" => {
            let none = OpenFlags::empty();
            let open = args.flags("open-flags", [none, none], names::open_flag)?;
            let (none, read) = (DescriptorFlags::empty(), DescriptorFlags::READ);
            let flags = args.flags("descriptor-flags", [none, read], names::flag)?;
            resource(it.open_at(follow, &path, open, flags), Value::Descriptor)
        }
        "create-directory-at" => unit(it.create_directory_at(&path)),
        "stat-at" => stat_shown(it.stat_at(follow, &path), args),
        "set-times-at" => {
            let (access, modification) = (stat::timestamp(args)?, stat::timestamp(args)?);
            unit(it.set_times_at(follow, &path, access, modification))
        }
        "link-at" => {
            let other = other(args, world)?;
            unit(it.link_at(follow, &path, other, &args.text("a new path")?))
        }
        "rename-at" => {
            let other = other(args, world)?;
            unit(it.rename_at(&path, other, &args.text("a new path")?))
        }
        "symlink-at" => unit(it.symlink_at(&path, &args.text("a new path")?)),
        "readlink-at" => shown(it.readlink_at(&path), |target| show(target.as_bytes())),
        "remove-directory-at" => unit(it.remove_directory_at(&path)),
        "unlink-file-at" => unit(it.unlink_file_at(&path)),
        "metadata-hash-at" => valued(
            it.metadata_hash_at(follow, &path),
            |_| String::new(),
            |hash| vec![("", Value::Hash(hash))],
        ),
        _ => Err(Stop::Usage(format!("no method `{verb}` of descriptor"))),
    }
}

fn other<'w>(args: &mut Args, world: &'w World) -> Result<&'w Descriptor, Stop> {
    match args.named("a descriptor", world)? {
        Value::Descriptor(other) => Ok(other),
        _ => Err(Stop::usage("another descriptor is needed")),
    }
}

fn stat_shown(
    result: Result<wasip2::filesystem::types::DescriptorStat, ErrorCode>,
    args: &mut Args,
) -> Called {
    let fields = if args.is_empty() { "type,size,links".to_owned() } else { args.text("fields")? };
    // Checked before the result is shown, so that a mistake in the case is always reported.
    stat::check(&fields)?;
    valued(result, |stat| stat::show(stat, &fields), |stat| vec![("", Value::Stat(stat))])
}

/// Calls read until the end: how many bytes one call returns, and which call first reports the end,
/// is unspecified.
fn content(it: &Descriptor) -> Called {
    let mut all = Vec::new();
    loop {
        match it.read(65536, all.len() as u64) {
            Ok((bytes, end)) => {
                let nothing = bytes.is_empty();
                all.extend(bytes);
                if end || nothing {
                    return given(show(&all), Value::Bytes(all));
                }
            }
            Err(error) => return plain(format!("err {}", error.named())),
        }
    }
}

/// All entries of a directory, sorted, each with its type.
fn list(it: &Descriptor) -> Called {
    let entries = match it.read_directory() {
        Ok(entries) => entries,
        Err(error) => return plain(format!("err {}", error.named())),
    };
    let mut all = Vec::new();
    loop {
        match entries.read_directory_entry() {
            Ok(Some(entry)) => all.push(of_entry(&entry)),
            Ok(None) => break,
            Err(error) => return plain(format!("err {}", error.named())),
        }
    }
    all.sort_unstable();
    let count = Value::Number(all.len() as u64);
    given(if all.is_empty() { "nothing".to_owned() } else { all.join(" ") }, count)
}

fn of_entry(entry: &DirectoryEntry) -> String {
    format!("{}:{}", entry.name, names::of_type(entry.type_))
}

pub fn entries(it: &DirectoryEntryStream, verb: &str) -> Called {
    match verb {
        "read-directory-entry" => shown(it.read_directory_entry(), |entry| match entry {
            Some(entry) => of_entry(entry),
            None => "none".to_owned(),
        }),
        _ => Err(Stop::Usage(format!("no method `{verb}` of directory-entry-stream"))),
    }
}
