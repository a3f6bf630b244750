//! Where the operands of a call are in a statement of `rust-calls`.

use preview1::{Function, Type};

/// A part of a statement, with the place of its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Word(usize),
    /// The flag `follow`, or `lookup=` with a number.
    Lookup(usize),
    /// `key=`, if it is not what a statement means without it.
    Key(&'static str, usize),
    /// All buffers of a list, which follow the other words.
    List(usize),
    /// All subscriptions.
    Subscriptions,
}
use Part::*;

/// The parts of the statements of a function.
pub fn form(function: &Function) -> Vec<Part> {
    match function.name {
        "args_get" | "environ_get" => Vec::new(),
        "path_filestat_get" => vec![Word(0), Word(2), Lookup(1)],
        "path_filestat_set_times" => {
            vec![Word(0), Word(2), Lookup(1), Word(3), Word(4), Word(5)]
        }
        "path_link" => vec![Word(0), Word(2), Word(3), Word(4), Lookup(1)],
        "path_open" => vec![
            Word(0),
            Word(2),
            Key("", 3),
            Lookup(1),
            Key("fdflags", 6),
            Key("rights", 4),
            Key("inheriting", 5),
        ],
        "fd_pread" | "fd_pwrite" => vec![Word(0), Word(2), List(1)],
        "sock_recv" => vec![Word(0), List(1), Key("riflags", 2)],
        "sock_send" => vec![Word(0), List(1), Key("siflags", 2)],
        "poll_oneoff" => vec![Subscriptions],
        _ => {
            let is_list = |ty| matches!(ty, Type::IovecArray | Type::CiovecArray);
            let types = types(function).into_iter().enumerate();
            types.map(|(place, ty)| if is_list(ty) { List(place) } else { Word(place) }).collect()
        }
    }
}

/// The types of the operands. An address and the length behind it are one.
pub fn types(function: &Function) -> Vec<Type> {
    let mut types = Vec::new();
    let mut params = function.params.iter().map(|param| param.ty);
    while let Some(ty) = params.next() {
        types.push(ty);
        if matches!(ty, Type::Pointer(_)) {
            params.next();
        }
    }
    types
}

/// The keys that stand for addresses, with the arguments of WebAssembly that these are.
pub fn addresses(function: &Function) -> Vec<(&'static str, u8)> {
    let results = match function.name {
        "args_get" | "environ_get" => return vec![("list", 0), ("buffer", 1)],
        "poll_oneoff" => return vec![("in", 0), ("out", 1), ("result", 3)],
        "args_sizes_get" | "environ_sizes_get" => ["count", "size"],
        _ => ["result", "flags"],
    };
    let mut found = Vec::new();
    let mut argument = 0;
    for param in function.params {
        let key = match (param.name, param.ty) {
            ("path", Type::String) => Some("path"),
            ("old_path", Type::String) if function.name == "path_symlink" => Some("target"),
            ("old_path", Type::String) => Some("old"),
            ("new_path", Type::String) if function.name == "path_symlink" => Some("path"),
            (_, Type::String) => Some("new"),
            (_, Type::IovecArray | Type::CiovecArray) => Some("iovs"),
            (_, Type::Pointer(_)) => Some("buffer"),
            _ => None,
        };
        found.extend(key.map(|key| (key, argument)));
        let is_pair = matches!(param.ty, Type::String | Type::IovecArray | Type::CiovecArray);
        argument += if is_pair { 2 } else { 1 };
    }
    for key in results.into_iter().take(function.results.len()) {
        found.push((key, argument));
        argument += 1;
    }
    found
}
