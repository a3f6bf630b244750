//! Ways out of a process other than files.

/// Which sockets the programs may make. Pairs that are connected to each other are no way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sockets {
    #[default]
    None,
    Unix,
    All,
}
