//! Calls, with all that they read from the guest's memory.

/// The number of a descriptor.
pub type Fd = u32;

/// What a call is given through memory. A call that needs it traps if the address is bad.
pub type Given<T> = Result<T, Fault>;

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It is outside linear memory, or what is there reaches beyond the end.
    Outside,
    /// It is not aligned for the type of the data there.
    Misaligned,
}

/// A call of one of the 46 functions.
///
/// `to` are the addresses for results. Enumerations and flags are numbers as the guest passed them,
/// since they may be out of range.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    ArgsGet {
        to: Given<()>,
    },
    ArgsSizesGet {
        to: Given<()>,
    },
    EnvironGet {
        to: Given<()>,
    },
    EnvironSizesGet {
        to: Given<()>,
    },
    ClockResGet {
        clock: u32,
        to: Given<()>,
    },
    ClockTimeGet {
        clock: u32,
        precision: u64,
        to: Given<()>,
    },
    FdAdvise {
        fd: Fd,
        offset: u64,
        len: u64,
        advice: u32,
    },
    FdAllocate {
        fd: Fd,
        offset: u64,
        len: u64,
    },
    FdClose {
        fd: Fd,
    },
    FdDatasync {
        fd: Fd,
    },
    FdFdstatGet {
        fd: Fd,
        to: Given<()>,
    },
    FdFdstatSetFlags {
        fd: Fd,
        flags: u64,
    },
    FdFdstatSetRights {
        fd: Fd,
        base: u64,
        inheriting: u64,
    },
    FdFilestatGet {
        fd: Fd,
        to: Given<()>,
    },
    FdFilestatSetSize {
        fd: Fd,
        size: u64,
    },
    FdFilestatSetTimes {
        fd: Fd,
        atim: u64,
        mtim: u64,
        flags: u64,
    },
    /// `room` is the length of all buffers together.
    FdPread {
        fd: Fd,
        room: Given<u64>,
        offset: u64,
        to: Given<()>,
    },
    FdPrestatGet {
        fd: Fd,
        to: Given<()>,
    },
    FdPrestatDirName {
        fd: Fd,
        room: Given<u32>,
    },
    /// `data` is what is in all buffers together.
    FdPwrite {
        fd: Fd,
        data: Given<Vec<u8>>,
        offset: u64,
        to: Given<()>,
    },
    FdRead {
        fd: Fd,
        room: Given<u64>,
        to: Given<()>,
    },
    FdReaddir {
        fd: Fd,
        room: Given<u32>,
        cookie: u64,
        to: Given<()>,
    },
    FdRenumber {
        fd: Fd,
        onto: Fd,
    },
    FdSeek {
        fd: Fd,
        offset: i64,
        whence: u32,
        to: Given<()>,
    },
    FdSync {
        fd: Fd,
    },
    FdTell {
        fd: Fd,
        to: Given<()>,
    },
    FdWrite {
        fd: Fd,
        data: Given<Vec<u8>>,
        to: Given<()>,
    },
    PathCreateDirectory {
        fd: Fd,
        path: Given<Vec<u8>>,
    },
    PathFilestatGet {
        fd: Fd,
        lookup: u64,
        path: Given<Vec<u8>>,
        to: Given<()>,
    },
    PathFilestatSetTimes {
        fd: Fd,
        lookup: u64,
        path: Given<Vec<u8>>,
        atim: u64,
        mtim: u64,
        flags: u64,
    },
    PathLink {
        old_fd: Fd,
        lookup: u64,
        old_path: Given<Vec<u8>>,
        new_fd: Fd,
        new_path: Given<Vec<u8>>,
    },
    PathOpen {
        fd: Fd,
        lookup: u64,
        path: Given<Vec<u8>>,
        oflags: u64,
        base: u64,
        inheriting: u64,
        fdflags: u64,
        to: Given<()>,
    },
    PathReadlink {
        fd: Fd,
        path: Given<Vec<u8>>,
        room: Given<u32>,
        to: Given<()>,
    },
    PathRemoveDirectory {
        fd: Fd,
        path: Given<Vec<u8>>,
    },
    PathRename {
        old_fd: Fd,
        old_path: Given<Vec<u8>>,
        new_fd: Fd,
        new_path: Given<Vec<u8>>,
    },
    PathSymlink {
        target: Given<Vec<u8>>,
        fd: Fd,
        path: Given<Vec<u8>>,
    },
    PathUnlinkFile {
        fd: Fd,
        path: Given<Vec<u8>>,
    },
    PollOneoff {
        subscriptions: Given<Vec<Subscription>>,
        to: Given<()>,
    },
    ProcExit {
        code: u32,
    },
    ProcRaise {
        signal: u32,
    },
    SchedYield,
    RandomGet {
        room: Given<u32>,
    },
    SockAccept {
        fd: Fd,
        flags: u64,
        to: Given<()>,
    },
    SockRecv {
        fd: Fd,
        room: Given<u64>,
        flags: u64,
        to: Given<()>,
    },
    SockSend {
        fd: Fd,
        data: Given<Vec<u8>>,
        flags: u64,
        to: Given<()>,
    },
    SockShutdown {
        fd: Fd,
        how: u64,
    },
}

/// What `poll_oneoff` is to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    pub userdata: u64,
    pub interest: Interest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    Clock {
        clock: u32,
        timeout: u64,
        flags: u64,
    },
    Read(Fd),
    Write(Fd),
    /// A tag that has no meaning.
    Unknown(u8),
}
