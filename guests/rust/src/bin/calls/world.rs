//! The state that statements share: named results, and the preopens.

use std::collections::BTreeMap;

use guests::block::Block;
use guests::imports::{fd_prestat_dir_name, fd_prestat_get, path_open};
use guests::names::{OFLAGS_DIRECTORY, RIGHTS_ALL, RIGHTS_DIRECTORY};
use preview1::{PRESTAT, PRESTAT_DIR};

use crate::outcome::Stop;
use crate::value::Value;

/// Preopens come after stdin, stdout and stderr.
const FIRST_PREOPEN: i32 = 3;
/// Preopens are searched up to here: a runtime may leave gaps.
const LAST_PREOPEN: i32 = 63;

/// The size of a `prestat`, and the offset of the length of the name.
pub const PRESTAT_SIZE: usize = PRESTAT.size();
pub const PRESTAT_NAME_LEN: usize = PRESTAT.offset() + PRESTAT_DIR.offset("pr_name_len");

#[derive(Default)]
pub struct World {
    /// `None`: the statement that should have produced it failed.
    named: BTreeMap<String, Option<Value>>,
    preopens: Option<Vec<(Vec<u8>, i32)>>,
    /// The value that the running statement offers for a name.
    pub result: Option<Value>,
}

impl World {
    pub fn bind(&mut self, name: String, value: Option<Value>) {
        self.named.insert(name, value);
    }

    pub fn value(&self, name: &str) -> Result<&Value, Stop> {
        match self.named.get(name) {
            Some(Some(value)) => Ok(value),
            Some(None) => Err(Stop::Unbound(name.to_owned())),
            None => Err(Stop::Usage(format!("no statement before this one names `{name}`"))),
        }
    }

    /// The descriptor of the preopen with this name; failing that, with this name without the
    /// leading slash, so that a runtime that strips it fails only the case for it; failing that, of
    /// the directory with this name, if a runtime puts everything below a single `/`.
    pub fn preopen(&mut self, name: &[u8]) -> Result<i32, Stop> {
        let preopens = self.preopens.get_or_insert_with(find_preopens);
        let named = |name: &[u8]| preopens.iter().find(|preopen| preopen.0 == name);
        let below = name.strip_prefix(b"/");
        if let Some(&(_, fd)) = named(name).or_else(|| named(below?)) {
            return Ok(fd);
        }
        let root = named(b"/").map(|preopen| preopen.1);
        let fd = root.and_then(|root| open_directory(root, below?)).ok_or(Stop::NoPreopen)?;
        preopens.push((name.to_owned(), fd));
        Ok(fd)
    }
}

fn find_preopens() -> Vec<(Vec<u8>, i32)> {
    let named = |fd| Some((preopen_name(fd)?, fd));
    (FIRST_PREOPEN..=LAST_PREOPEN).filter_map(named).collect()
}

/// Opens a directory as the statement `path_open` does if it names no rights.
fn open_directory(parent: i32, name: &[u8]) -> Option<i32> {
    let (mut path, mut fd) = (Block::holding(name), Block::new(4));
    let (at, len) = (path.at(), path.len() as i32);
    let (oflags, rights, passed_on) =
        (OFLAGS_DIRECTORY as i32, RIGHTS_DIRECTORY as i64, RIGHTS_ALL as i64);
    // SAFETY: the path and the result are at the addresses that the call gets.
    let errno = unsafe { path_open(parent, 0, at, len, oflags, rights, passed_on, 0, fd.at()) };
    (errno == 0).then(|| fd.u32(0) as i32)
}

fn preopen_name(fd: i32) -> Option<Vec<u8>> {
    let mut prestat = Block::new(PRESTAT_SIZE);
    // SAFETY: the block has the size of a `prestat`.
    if unsafe { fd_prestat_get(fd, prestat.at()) } != 0 {
        return None;
    }
    let mut name = Block::new(prestat.u32(PRESTAT_NAME_LEN) as usize);
    // SAFETY: the block is as long as the call is told.
    let errno = unsafe { fd_prestat_dir_name(fd, name.at(), name.len() as i32) };
    (errno == 0).then(|| name.bytes().to_owned())
}
