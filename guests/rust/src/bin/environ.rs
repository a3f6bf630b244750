//! A program's environment, by the raw calls and by the standard library.

use std::ffi::OsString;
use std::os::wasi::ffi::OsStrExt;

use guests::strings::{self, Calls};
use guests::{imports, output, scenario, scenarios, text};

const CALLS: Calls =
    Calls { name: "environ", sizes_get: imports::environ_sizes_get, get: imports::environ_get };

fn main() {
    scenario::run(&scenarios![sizes, joined, packed, twice, variable, variables, set, remove]);
}

/// The number of variables, and whether the size is exactly theirs.
fn sizes(_: &[OsString]) {
    output::result("count", CALLS.look(|environ| Ok(environ.split()?.len().to_string())));
    output::result(
        "bytes beside strings and terminators",
        CALLS.look(|environ| Ok(environ.spare()?.to_string())),
    );
}

/// All variables as one text, each with a NUL at its end: for lists that are too long to show one
/// by one.
fn joined(_: &[OsString]) {
    output::result("environ_get", CALLS.look(|environ| Ok(strings::join(&environ.split()?))));
}

fn packed(_: &[OsString]) {
    output::result("packed", CALLS.look(|environ| Ok(environ.is_packed()?.to_string())));
}

/// The calls return the same the second time.
fn twice(_: &[OsString]) {
    output::result(
        "same",
        CALLS.look(|first| Ok((first.split()? == CALLS.make()?.split()?).to_string())),
    );
}

/// `std::env::var_os` of each argument.
fn variable(names: &[OsString]) {
    for name in names {
        let value = std::env::var_os(name);
        let seen = value.map_or("nothing".into(), |value| text::quote(value.as_bytes()));
        let name = text::quote(name.as_bytes());
        output::line(format!("std::env::var_os {name} -> {seen}").as_bytes());
    }
}

/// `std::env::vars_os`, in order.
fn variables(_: &[OsString]) {
    for (name, value) in std::env::vars_os() {
        let (name, value) = (text::quote(name.as_bytes()), text::quote(value.as_bytes()));
        output::line(format!("std::env::vars_os -> {name} {value}").as_bytes());
    }
}

/// A program sees what it sets, but the runtime's list does not change.
fn set(names: &[OsString]) {
    for name in names {
        // SAFETY: the program has one thread.
        unsafe { std::env::set_var(name, "set") };
    }
    variable(names);
    output::result("environ_get", CALLS.look(|environ| Ok(strings::show(&environ.split()?))));
}

fn remove(names: &[OsString]) {
    for name in names {
        // SAFETY: the program has one thread.
        unsafe { std::env::remove_var(name) };
    }
    variable(names);
    output::result("environ_get", CALLS.look(|environ| Ok(strings::show(&environ.split()?))));
}
