//! The world of a guest between two calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::call::Fd;
use crate::files::{Files, Ino, Inode};
use crate::flags::{every_right, stdio_rights};
use crate::shared::Shared;
use crate::streams::{Stream, StreamKind};

/// Everything that the result of a call can depend on. A clone shares what stays as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub host: Arc<Host>,
    pub clocks: Clocks,
    /// The clocks when the present call began. They differ from `clocks` while a call waits.
    pub began: Clocks,
    pub files: Files,
    pub streams: Shared<Vec<Stream>>,
    pub descriptors: Shared<BTreeMap<Fd, Descriptor>>,
}

/// What a guest is given, and what its host can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub args: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub environ: Vec<Vec<u8>>,
    pub limits: Limits,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a name.
    pub name: usize,
    /// Bytes of a path, and of the target of a symbolic link.
    pub path: usize,
    /// How many symbolic links a path may lead through.
    pub links: usize,
    /// The largest offset in a file.
    pub offset: u64,
    /// How many descriptors can be open.
    pub descriptors: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { name: 255, path: 4096, links: 40, offset: i64::MAX as u64, descriptors: 1 << 20 }
    }
}

/// Readings of the clocks, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clocks {
    pub realtime: u64,
    pub monotonic: u64,
    pub process: u64,
    pub thread: u64,
}

impl Clocks {
    /// By the number of a clock in the specification.
    pub fn get(&self, clock: u32) -> Option<u64> {
        [self.realtime, self.monotonic, self.process, self.thread].get(clock as usize).copied()
    }
}

/// An open descriptor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptor {
    pub object: Object,
    pub offset: u64,
    pub flags: u64,
    pub rights: u64,
    pub inheriting: u64,
    /// The name of a preopen.
    pub preopen: Option<Arc<[u8]>>,
    /// Whether it was reached through a preopen that the guest may not change.
    pub read_only: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    Inode(Ino),
    /// A place in [`State::streams`].
    Stream(usize),
}

impl Descriptor {
    pub fn new(object: Object, rights: u64, inheriting: u64) -> Descriptor {
        Descriptor {
            object,
            offset: 0,
            flags: 0,
            rights,
            inheriting,
            preopen: None,
            read_only: false,
        }
    }

    /// Whether it has all of these rights.
    pub fn has(&self, rights: u64) -> bool {
        self.rights & rights == rights
    }
}

impl State {
    /// Standard streams and nothing else. The first is stdin.
    pub fn new(host: Host, stdin: StreamKind) -> State {
        let kinds = [stdin, StreamKind::Output, StreamKind::Output];
        let mut state = State {
            host: Arc::new(host),
            clocks: Clocks::default(),
            began: Clocks::default(),
            files: Files::default(),
            streams: kinds.map(Stream::new).to_vec().into(),
            descriptors: Shared::default(),
        };
        for (place, kind) in kinds.into_iter().enumerate() {
            let socket = state.streams[place].is_socket();
            let rights =
                stdio_rights(kind != StreamKind::Output, kind != StreamKind::Input, socket);
            let descriptor = Descriptor::new(Object::Stream(place), rights, 0);
            state.descriptors.insert(place as Fd, descriptor);
        }
        state
    }

    /// Adds a preopen at the next number.
    pub fn preopen(&mut self, name: &[u8], directory: Ino, read_only: bool) {
        let mut descriptor =
            Descriptor::new(Object::Inode(directory), every_right(), every_right());
        descriptor.preopen = Some(name.into());
        descriptor.read_only = read_only;
        let fd = self.unused();
        self.descriptors.insert(fd, descriptor);
    }

    /// The lowest number that is not in use.
    pub fn unused(&self) -> Fd {
        (0..).find(|fd| !self.descriptors.contains_key(fd)).expect("numbers are left")
    }

    /// The inode of a descriptor that has one.
    pub fn inode(&self, descriptor: &Descriptor) -> Option<(Ino, &Inode)> {
        match descriptor.object {
            Object::Inode(ino) => Some((ino, self.files.get(ino))),
            Object::Stream(_) => None,
        }
    }

    pub fn stream(&self, descriptor: &Descriptor) -> Option<(usize, &Stream)> {
        match descriptor.object {
            Object::Stream(place) => Some((place, &self.streams[place])),
            Object::Inode(_) => None,
        }
    }
}
