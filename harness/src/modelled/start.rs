//! The state of the model in which a case begins.

use std::collections::BTreeMap;

use model::{
    Clocks, Content, Directory, Files, Host, Ino, Kind, Limits, State, StreamKind, Time, Times,
};
use runner_kit::Socket;

use crate::case::{self, Case, Entry, Tree, parents};
use crate::support::bytes;

/// Some time in 2026. What a guest prints never depends on which.
const NOW: u64 = 1_790_000_000_000_000_000;

/// A time that nobody knows.
const UNKNOWN: Time = Time::Since(0);

pub fn state(case: &Case) -> State {
    let variable = |(name, value): &(String, String)| format!("{name}={value}").into_bytes();
    let host = Host {
        args: Vec::new(),
        environ: case.env.iter().map(variable).collect(),
        limits: Limits::default(),
    };
    let stdin = match case.socket {
        None => StreamKind::Input,
        Some(Socket::Connected) => StreamKind::Socket,
        Some(Socket::Listening) => StreamKind::Listener,
    };
    let mut state = State::new(host, stdin);
    state.clocks = Clocks {
        realtime: NOW,
        monotonic: 1_000_000_000_000,
        process: 1_000_000,
        thread: 1_000_000,
    };
    let input = &mut state.streams[0];
    match case.socket {
        // What the peer sends later is what the guest has sent.
        Some(Socket::Listening) => input.waiting = 1,
        Some(Socket::Connected) => input.arrived.clone_from(&case.stdin),
        None => {
            input.arrived.clone_from(&case.stdin);
            input.ended = true;
        }
    }
    let mut loader = Loader { files: &mut state.files, placed: BTreeMap::new() };
    let root = loader.directory("", None);
    loader.files.get_mut(root).links = 1;
    if let case::Files::Tree(tree) = &case.files {
        loader.add(tree);
    }
    let placed = case.preopens.iter().map(|preopen| loader.directory(&preopen.host, None));
    let placed: Vec<Ino> = placed.collect();
    for (preopen, ino) in case.preopens.iter().zip(placed) {
        state.preopen(preopen.guest.as_bytes(), ino, preopen.read_only);
    }
    state
}

struct Loader<'a> {
    files: &'a mut Files,
    placed: BTreeMap<String, Ino>,
}

impl Loader<'_> {
    fn add(&mut self, tree: &Tree) {
        for (path, entry) in tree {
            let kind = match &entry.kind {
                case::Kind::Directory => {
                    self.directory(path, Some(entry));
                    continue;
                }
                case::Kind::File(bytes) => Kind::File(Content::new(bytes)),
                case::Kind::Zeros(size) => {
                    let mut content = Content::default();
                    content.resize(*size);
                    Kind::File(content)
                }
                case::Kind::Symlink(target) => Kind::Symlink(bytes_of(target)),
                case::Kind::HardLink(_) | case::Kind::Large(_) | case::Kind::Other => continue,
            };
            let ino = self.files.add(1, times(Some(entry)), kind);
            self.name(path, ino);
        }
        for (path, entry) in tree {
            if let case::Kind::HardLink(target) = &entry.kind
                && let Some(ino) = self.placed.get(target)
            {
                self.name(path, *ino);
            }
        }
    }

    /// The directory at a path, which is made with those above it.
    fn directory(&mut self, path: &str, entry: Option<&Entry>) -> Ino {
        if let Some(ino) = self.placed.get(path) {
            return *ino;
        }
        let ino = self.files.add(1, times(entry), Kind::Directory(Directory::new(1)));
        if path.is_empty() {
            self.placed.insert(String::new(), ino);
        } else {
            self.name(path, ino);
        }
        ino
    }

    fn name(&mut self, path: &str, ino: Ino) {
        let parent = parents(path).next().unwrap_or_default();
        let parent = self.directory(parent, None);
        let name = path.rsplit('/').next().unwrap_or_default();
        self.files.name(parent, &bytes_of(name), ino);
        self.placed.insert(path.into(), ino);
    }
}

fn bytes_of(name: &str) -> Vec<u8> {
    bytes::to_name(name).into_encoded_bytes()
}

fn times(entry: Option<&Entry>) -> Times {
    let time = |given: Option<u64>| given.map_or(UNKNOWN, Time::Exactly);
    Times {
        accessed: time(entry.and_then(|entry| entry.atime)),
        modified: time(entry.and_then(|entry| entry.mtime)),
        changed: UNKNOWN,
    }
}
