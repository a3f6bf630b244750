//! Where the calls of the matrix happen: one tree, the kinds of paths into it, and the kinds of
//! descriptors.

use preview1::{FDFLAGS, OFLAGS, RIGHTS};

use crate::machine::UNOPENED;
use crate::rights;
use crate::scenario::{Descriptor, Node, Operand, Step, Tree};

/// What each path of [`PATHS`] leads to.
pub fn tree() -> Tree {
    let file = |text: &str| Node::File(text.as_bytes().to_vec());
    let to = |target: &str| Node::Symlink(target.to_owned());
    let nodes = [
        ("a", file("hello")),
        ("h", Node::Link("a".into())),
        ("e", Node::Directory),
        ("d", Node::Directory),
        ("d/f", file("file")),
        ("d/s", Node::Directory),
        ("lf", to("a")),
        ("le", to("e")),
        ("ld", to("d")),
        ("lx", to("missing")),
        ("ll", to("ll")),
        ("lc", to("lf")),
        ("lo", to("..")),
        ("la", to("/a")),
    ];
    Tree(nodes.into_iter().map(|(path, node)| (path.to_owned(), node)).collect())
}

/// Each kind of path, by its form or by what is there.
pub const PATHS: [&[u8]; 30] = [
    b"m",         // missing
    b"a",         // a file
    b"h",         // another name for it
    b"e",         // an empty directory
    b"d",         // a directory that is not empty
    b"lf",        // a link to a file
    b"le",        // to an empty directory
    b"ld",        // to one that is not
    b"lx",        // dangling
    b"ll",        // to itself
    b"lc",        // to a link
    b"lo",        // to above the preopen
    b"la",        // to an absolute path
    b"d/f",       // in a directory
    b"d/m",       // missing in a directory
    b"ld/f",      // through a link
    b"a/f",       // below a file
    b"m/f",       // below what is missing
    b"lx/f",      // below a dangling link
    b"lo/0",      // through the link to above
    b".",         // the preopen
    b"..",        // above it
    b"a/..",      // back from a file
    b"d/..",      // back from a directory
    b"/a",        // absolute
    b"",          // empty
    &[b'n'; 256], // a name too long
    &LONG,        // a path too long
    b"\xff",      // not UTF-8
    b"a\0",       // with a NUL
];

const LONG: [u8; 4101] = {
    let mut path = [b'/'; 4101];
    let mut place = 0;
    while place < path.len() {
        path[place] = if place + 1 == path.len() { b'a' } else { [b'.', b'/'][place % 2] };
        place += 1;
    }
    path
};

/// The targets of new symbolic links.
pub const TARGETS: [&[u8]; 7] = [b"a", b"", b"..", b"/a", b"missing", b"\xff", &[b'n'; 4096]];

/// The calls that give a descriptor of each kind, and which it then is.
pub fn descriptor(kind: usize) -> (Vec<Step>, Descriptor) {
    let opened = Descriptor::Opened;
    let file = |rights, fdflags| open(b"a", 0, rights, fdflags);
    let whole = |fd, name: &str| Step::of(name, vec![Operand::Fd(fd)]);
    let in_preopen = |name: &str, path: &[u8]| {
        Step::of(name, vec![Operand::Fd(Descriptor::Preopen), Operand::Path(path.to_vec())])
    };
    let seek = |to| {
        let numbers = [to, 0].map(Operand::Number);
        Step::of("fd_seek", [&[Operand::Fd(opened(0))][..], &numbers].concat())
    };
    match kind {
        0 => (vec![file(rights::FILE, 0)], opened(0)),
        1 => (vec![file(rights::READ, 0)], opened(0)),
        2 => (vec![file(rights::WRITE, 0)], opened(0)),
        // Appends.
        3 => (vec![file(rights::FILE, 1)], opened(0)),
        4 => (vec![file(0, 0)], opened(0)),
        5 => (vec![file(rights::FILE, 0), seek(5)], opened(0)),
        6 => (vec![file(rights::FILE, 0), seek(100)], opened(0)),
        7 => (vec![file(rights::FILE, 0), file(rights::FILE, 0)], opened(1)),
        8 => {
            let unlink = in_preopen("path_unlink_file", b"d/f");
            (vec![open(b"d/f", 0, rights::FILE, 0), unlink], opened(0))
        }
        9 => {
            let fds = [opened(0), opened(1)].map(Operand::Fd);
            let renumber = Step::of("fd_renumber", fds.into());
            (vec![file(rights::FILE, 0), open(b"d/f", 0, rights::READ, 0), renumber], opened(1))
        }
        10 => (vec![file(rights::FILE, 0), whole(opened(0), "fd_close")], opened(0)),
        11 => (Vec::new(), Descriptor::Number(UNOPENED)),
        12 => (Vec::new(), Descriptor::Preopen),
        13 => (vec![open_directory(b"d", rights::DIRECTORY)], opened(0)),
        14 => {
            let remove = in_preopen("path_remove_directory", b"e");
            (vec![open_directory(b"e", rights::DIRECTORY), remove], opened(0))
        }
        15 => (vec![open_directory(b"d", 0)], opened(0)),
        16 => (vec![file(RIGHTS.values(&["fd_filestat_set_size"]), 0)], opened(0)),
        // These need an instance of their own.
        17 => (Vec::new(), Descriptor::Stdin),
        18 => (Vec::new(), Descriptor::Stdout),
        19 => {
            let nonblock = Operand::Number(FDFLAGS.values(&["nonblock"]));
            let operands = vec![Operand::Fd(Descriptor::Stdout), nonblock];
            (vec![Step::of("fd_fdstat_set_flags", operands)], Descriptor::Stdout)
        }
        _ => (Vec::new(), Descriptor::Stderr),
    }
}

/// Kinds of descriptors that scenarios of one instance do not share.
pub const OWN: usize = 17;
/// Those of standard streams come after them.
pub const STREAMS: usize = 4;

/// Opens a path below the preopen, through links.
pub fn open(path: &[u8], oflags: u64, base: u64, fdflags: u64) -> Step {
    let operands = vec![
        Operand::Fd(Descriptor::Preopen),
        Operand::Number(1),
        Operand::Path(path.to_vec()),
        Operand::Number(oflags),
        Operand::Number(base),
        Operand::Number(if oflags == 0 { 0 } else { rights::ALL }),
        Operand::Number(fdflags),
    ];
    Step::of("path_open", operands)
}

pub fn open_directory(path: &[u8], base: u64) -> Step {
    open(path, OFLAGS.values(&["directory"]), base, 0)
}
