//! The values that a statement can name.

use crate::stat::Stat;

#[derive(Clone)]
pub enum Value {
    Fd(i32),
    /// A time, a size, an offset or a cookie.
    Number(u64),
    Stat(Stat),
    Entries(Vec<Entry>),
    Bytes(Vec<u8>),
}

/// A directory entry.
#[derive(Clone, PartialEq)]
pub struct Entry {
    pub next: u64,
    pub ino: u64,
    pub filetype: u8,
    pub name: Vec<u8>,
}
