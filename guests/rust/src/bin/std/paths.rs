//! `std::fs` functions that take paths.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::wasi::ffi::OsStrExt;
use std::path::Path;

use guests::scenario::Scenario;
use guests::{scenarios, text};

use crate::{data, done, show};

pub const SCENARIOS: [Scenario; 19] = scenarios![
    create_directories,
    create_existing_directory,
    remove_empty_directory,
    remove_full_directory,
    remove_tree,
    remove_file,
    remove_file_as_directory,
    rename_over_file,
    rename_directory,
    rename_missing,
    copy,
    read_directory,
    read_missing_directory,
    metadata,
    link_metadata,
    read_link,
    make_link,
    hard_link,
    exists,
];

fn create_directories(_: &[OsString]) {
    done("create_dir_all x/y/z", fs::create_dir_all(data("x/y/z")));
    done("create_dir_all x/y/z", fs::create_dir_all(data("x/y/z")));
    done("create_dir p/q", fs::create_dir(data("p/q")));
}

fn create_existing_directory(_: &[OsString]) {
    done("create_dir d", fs::create_dir(data("d")));
    done("create_dir a.txt", fs::create_dir(data("a.txt")));
}

fn remove_empty_directory(_: &[OsString]) {
    done("remove_dir d", fs::remove_dir(data("d")));
    done("remove_dir d", fs::remove_dir(data("d")));
}

fn remove_full_directory(_: &[OsString]) {
    done("remove_dir d", fs::remove_dir(data("d")));
}

fn remove_tree(_: &[OsString]) {
    done("remove_dir_all d", fs::remove_dir_all(data("d")));
}

fn remove_file(_: &[OsString]) {
    done("remove_file a.txt", fs::remove_file(data("a.txt")));
    done("remove_file a.txt", fs::remove_file(data("a.txt")));
}

fn remove_file_as_directory(_: &[OsString]) {
    done("remove_dir a.txt", fs::remove_dir(data("a.txt")));
}

fn rename_over_file(_: &[OsString]) {
    done("rename a.txt b.txt", fs::rename(data("a.txt"), data("b.txt")));
}

fn rename_directory(_: &[OsString]) {
    done("rename d e", fs::rename(data("d"), data("e")));
    done("open d/x.txt", fs::read(data("d/x.txt")).map(drop));
    done("open e/x.txt", fs::read(data("e/x.txt")).map(drop));
}

fn rename_missing(_: &[OsString]) {
    done("rename missing.txt b.txt", fs::rename(data("missing.txt"), data("b.txt")));
}

fn copy(_: &[OsString]) {
    show("copy a.txt b.txt", fs::copy(data("a.txt"), data("b.txt")));
}

/// Sorted, since the runtime chooses the order.
fn read_directory(arguments: &[OsString]) {
    let directory = match arguments.first().and_then(|argument| argument.to_str()) {
        Some(argument) => data(argument),
        None => data("."),
    };
    let entries = || {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            let kind = match (kind.is_dir(), kind.is_file(), kind.is_symlink()) {
                (true, _, _) => "directory",
                (_, true, _) => "file",
                (_, _, true) => "link",
                _ => "other",
            };
            entries.push(format!("{}:{kind}", text::show_name(entry.file_name().as_bytes())));
        }
        entries.sort();
        io::Result::Ok(if entries.is_empty() { "nothing".into() } else { entries.join(" ") })
    };
    show("read_dir", entries());
}

fn read_missing_directory(_: &[OsString]) {
    done("read_dir missing", fs::read_dir(data("missing")).map(drop));
    done("read_dir a.txt", fs::read_dir(data("a.txt")).map(drop));
}

fn describe(metadata: fs::Metadata) -> String {
    let size = metadata.len();
    if metadata.is_dir() {
        "directory".into()
    } else if metadata.is_symlink() {
        format!("link {size}")
    } else {
        format!("file {size}")
    }
}

fn metadata(_: &[OsString]) {
    for path in ["a.txt", "d", "d/", "l", "a.txt/"] {
        show(&format!("metadata {path}"), fs::metadata(data(path)).map(describe));
    }
}

fn link_metadata(_: &[OsString]) {
    for path in ["a.txt", "l", "broken"] {
        show(&format!("symlink_metadata {path}"), fs::symlink_metadata(data(path)).map(describe));
    }
    show("metadata broken", fs::metadata(data("broken")).map(describe));
}

fn read_link(_: &[OsString]) {
    let show_target = |path: &str| {
        let target = fs::read_link(data(path));
        show(&format!("read_link {path}"), target.map(|t| text::quote(t.as_os_str().as_bytes())));
    };
    show_target("l");
    show_target("a.txt");
}

/// The library's only stable function for this is deprecated.
#[expect(deprecated)]
fn make_link(_: &[OsString]) {
    done("soft_link a.txt new", fs::soft_link("a.txt", data("new")));
    show("read new", fs::read(data("new")).map(|bytes| text::show(&bytes)));
    done("soft_link a.txt new", fs::soft_link("a.txt", data("new")));
}

fn hard_link(_: &[OsString]) {
    done("hard_link a.txt b.txt", fs::hard_link(data("a.txt"), data("b.txt")));
    show("metadata a.txt", fs::metadata(data("a.txt")).map(describe));
    done("write b.txt", fs::write(data("b.txt"), "through the other name"));
    show("read a.txt", fs::read(data("a.txt")).map(|bytes| text::show(&bytes)));
}

fn exists(_: &[OsString]) {
    for path in ["a.txt", "missing", "broken", "d"] {
        show(&format!("try_exists {path}"), Path::new(&data(path)).try_exists());
    }
}
