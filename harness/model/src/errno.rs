//! Errnos, by the numbers of the specification.

use std::fmt;

use preview1::ERRNO;

/// Why a call failed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Errno(pub u16);

impl Errno {
    const fn named(name: &str) -> Errno {
        match ERRNO.number(name) {
            Some(number) => Errno(number as u16),
            None => panic!("there is no errno of this name"),
        }
    }

    pub fn name(self) -> &'static str {
        ERRNO.case(self.0.into()).unwrap_or("unknown")
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! errnos {
    ($($constant:ident $name:literal)*) => {
        $(pub const $constant: Errno = Errno::named($name);)*
    };
}

errnos! {
    ACCES "acces"
    AGAIN "again"
    BADF "badf"
    BUSY "busy"
    EXIST "exist"
    FBIG "fbig"
    ILSEQ "ilseq"
    INVAL "inval"
    ISDIR "isdir"
    LOOP "loop"
    MFILE "mfile"
    NAMETOOLONG "nametoolong"
    NFILE "nfile"
    NODEV "nodev"
    NOENT "noent"
    NOTCAPABLE "notcapable"
    NOTDIR "notdir"
    NOTEMPTY "notempty"
    NOTSOCK "notsock"
    NOTSUP "notsup"
    OVERFLOW "overflow"
    PERM "perm"
    PIPE "pipe"
    ROFS "rofs"
    SPIPE "spipe"
    XDEV "xdev"
}
