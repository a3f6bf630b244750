//! A program's arguments, by the raw calls and by the standard library.

use std::ffi::OsString;
use std::os::wasi::ffi::OsStrExt;

use guests::strings::{self, Calls};
use guests::{block::Block, imports, names, output, scenario, scenarios};

const CALLS: Calls =
    Calls { name: "args", sizes_get: imports::args_sizes_get, get: imports::args_get };

/// The program's name and the scenario's.
const OWN: usize = 2;
/// More than the arguments of a bad call would need.
const ROOM: usize = 256;

fn main() {
    scenario::run(&scenarios![
        get,
        sizes,
        joined,
        packed,
        twice,
        program,
        standard,
        no_memory_for_sizes,
        no_memory_for_list,
        no_memory_for_text,
        misaligned_sizes,
        misaligned_list
    ]);
}

/// All arguments after the scenario's name.
fn get(_: &[OsString]) {
    output::result(
        "args_get",
        CALLS.look(|args| Ok(strings::show(args.split()?.get(OWN..).unwrap_or_default()))),
    );
}

/// The number of arguments after the scenario's name, and whether the size is exactly theirs.
fn sizes(_: &[OsString]) {
    output::result(
        "count",
        CALLS.look(|args| Ok(args.split()?.len().saturating_sub(OWN).to_string())),
    );
    output::result(
        "bytes beside strings and terminators",
        CALLS.look(|args| Ok(args.spare()?.to_string())),
    );
}

/// All arguments after the scenario's name as one text, each with a NUL at its end: for lists that
/// are too long to show one by one.
fn joined(_: &[OsString]) {
    output::result(
        "args_get",
        CALLS.look(|args| Ok(strings::join(args.split()?.get(OWN..).unwrap_or_default()))),
    );
}

fn packed(_: &[OsString]) {
    output::result("packed", CALLS.look(|args| Ok(args.is_packed()?.to_string())));
}

/// The calls return the same the second time.
fn twice(_: &[OsString]) {
    output::result(
        "same",
        CALLS.look(|first| Ok((first.split()? == CALLS.make()?.split()?).to_string())),
    );
}

/// Argument 0.
fn program(_: &[OsString]) {
    output::result(
        "args_get",
        CALLS.look(|args| Ok(strings::show(args.split()?.get(..1).unwrap_or_default()))),
    );
}

/// As `std::env::args_os` returns them.
fn standard(after: &[OsString]) {
    let args: Vec<&[u8]> = after.iter().map(|arg| arg.as_bytes()).collect();
    output::line(format!("std::env::args_os -> {}", strings::show(&args)).as_bytes());
}

/// An address outside memory, after a valid one.
fn no_memory_for_sizes(after: &[OsString]) {
    sizes(after);
    let mut size = Block::new(4);
    // SAFETY: none of our data is at the first address, and there is space at the second.
    let errno = unsafe { imports::args_sizes_get(-4, size.at()) };
    output::line(format!("args_sizes_get -> {}", names::errno(errno)).as_bytes());
}

/// The list is outside memory.
fn no_memory_for_list(after: &[OsString]) {
    get(after);
    call_get(-4, Block::new(ROOM).at());
}

/// The list is inside memory, the text outside.
fn no_memory_for_text(after: &[OsString]) {
    get(after);
    call_get(Block::new(ROOM).at(), -1);
}

/// The count is at an odd address.
fn misaligned_sizes(after: &[OsString]) {
    sizes(after);
    let (mut count, mut size) = (Block::new(8), Block::new(4));
    // SAFETY: there is space at both addresses.
    let errno = unsafe { imports::args_sizes_get(count.at() + 1, size.at()) };
    output::line(format!("args_sizes_get -> {}", names::errno(errno)).as_bytes());
}

/// The list is at an odd address.
fn misaligned_list(after: &[OsString]) {
    get(after);
    call_get(Block::new(ROOM).at() + 1, Block::new(ROOM).at());
}

fn call_get(list: i32, text: i32) {
    // SAFETY: wherever there is memory, there is space for the few arguments of these scenarios.
    let errno = unsafe { imports::args_get(list, text) };
    output::line(format!("args_get -> {}", names::errno(errno)).as_bytes());
}
