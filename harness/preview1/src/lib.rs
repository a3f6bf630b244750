//! WASI preview 1 as a table: its functions, errnos, flags, rights and records, with the names and
//! the numbers of its witx files. The harness, xtask and the guests take them from here and keep no
//! copies. Guests are small, so this crate needs neither std nor an allocator.

#![no_std]

mod enums;
mod flags;
mod functions;
mod records;
mod types;

pub use enums::*;
pub use flags::*;
pub use functions::{CoreType, FUNCTIONS, Function, function};
pub use records::*;
pub use types::{Enum, Field, Flags, Record, Type, Union};

/// The module that guests import the functions from.
pub const MODULE: &str = "wasi_snapshot_preview1";
