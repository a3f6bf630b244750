//! From a function's name, its arguments and linear memory to a call.

use preview1::{EVENT, EVENTTYPE, FDSTAT, FILESTAT, PRESTAT, SUBSCRIPTION, SUBSCRIPTION_CLOCK};
use preview1::{SUBSCRIPTION_FD_READWRITE, SUBSCRIPTION_U};

use super::View;
use crate::call::{Call, Given, Interest, Subscription};
use crate::state::Host;

/// The call that a guest makes, or nothing if there is no such function. Arguments of 32 bits are not
/// sign-extended.
pub fn decode(function: &str, args: &[u64], memory: &[u8], host: &Host) -> Option<Call> {
    let view = View(memory);
    let at = |place: usize, size: usize, align: u64| view.check(args[place], size as u64, align);
    let u32_at = |place| at(place, 4, 4);
    let u64_at = |place| at(place, 8, 8);
    let path = |place: usize| view.bytes(args[place], args[place + 1]).map(<[u8]>::to_vec);
    let room =
        |place: usize| view.check(args[place], args[place + 1], 1).map(|()| args[place + 1] as u32);
    let rooms = |place: usize| {
        let buffers = view.buffers(args[place], args[place + 1])?;
        Ok(buffers.iter().map(|(_, length)| length).sum::<u64>().min(u32::MAX.into()))
    };
    let data = |place: usize| -> Given<Vec<u8>> {
        let mut data = Vec::new();
        for (address, length) in view.buffers(args[place], args[place + 1])? {
            data.extend(view.bytes(address, length)?);
        }
        Ok(data)
    };
    let strings = |strings: &[Vec<u8>]| {
        let size: usize = strings.iter().map(|string| string.len() + 1).sum();
        at(0, strings.len() * 4, 4).and(at(1, size, 1))
    };
    let fd = |place: usize| args[place] as u32;
    Some(match function {
        "args_get" => Call::ArgsGet { to: strings(&host.args) },
        "args_sizes_get" => Call::ArgsSizesGet { to: u32_at(0).and(u32_at(1)) },
        "environ_get" => Call::EnvironGet { to: strings(&host.environ) },
        "environ_sizes_get" => Call::EnvironSizesGet { to: u32_at(0).and(u32_at(1)) },
        "clock_res_get" => Call::ClockResGet { clock: fd(0), to: u64_at(1) },
        "clock_time_get" => Call::ClockTimeGet { clock: fd(0), precision: args[1], to: u64_at(2) },
        "fd_advise" => Call::FdAdvise { fd: fd(0), offset: args[1], len: args[2], advice: fd(3) },
        "fd_allocate" => Call::FdAllocate { fd: fd(0), offset: args[1], len: args[2] },
        "fd_close" => Call::FdClose { fd: fd(0) },
        "fd_datasync" => Call::FdDatasync { fd: fd(0) },
        "fd_fdstat_get" => Call::FdFdstatGet { fd: fd(0), to: at(1, FDSTAT.size(), 8) },
        "fd_fdstat_set_flags" => Call::FdFdstatSetFlags { fd: fd(0), flags: args[1] },
        "fd_fdstat_set_rights" => {
            Call::FdFdstatSetRights { fd: fd(0), base: args[1], inheriting: args[2] }
        }
        "fd_filestat_get" => Call::FdFilestatGet { fd: fd(0), to: at(1, FILESTAT.size(), 8) },
        "fd_filestat_set_size" => Call::FdFilestatSetSize { fd: fd(0), size: args[1] },
        "fd_filestat_set_times" => {
            Call::FdFilestatSetTimes { fd: fd(0), atim: args[1], mtim: args[2], flags: args[3] }
        }
        "fd_pread" => Call::FdPread { fd: fd(0), room: rooms(1), offset: args[3], to: u32_at(4) },
        "fd_prestat_get" => Call::FdPrestatGet { fd: fd(0), to: at(1, PRESTAT.size(), 4) },
        "fd_prestat_dir_name" => Call::FdPrestatDirName { fd: fd(0), room: room(1) },
        "fd_pwrite" => Call::FdPwrite { fd: fd(0), data: data(1), offset: args[3], to: u32_at(4) },
        "fd_read" => Call::FdRead { fd: fd(0), room: rooms(1), to: u32_at(3) },
        "fd_readdir" => {
            Call::FdReaddir { fd: fd(0), room: room(1), cookie: args[3], to: u32_at(4) }
        }
        "fd_renumber" => Call::FdRenumber { fd: fd(0), onto: fd(1) },
        "fd_seek" => {
            Call::FdSeek { fd: fd(0), offset: args[1] as i64, whence: fd(2), to: u64_at(3) }
        }
        "fd_sync" => Call::FdSync { fd: fd(0) },
        "fd_tell" => Call::FdTell { fd: fd(0), to: u64_at(1) },
        "fd_write" => Call::FdWrite { fd: fd(0), data: data(1), to: u32_at(3) },
        "path_create_directory" => Call::PathCreateDirectory { fd: fd(0), path: path(1) },
        "path_filestat_get" => Call::PathFilestatGet {
            fd: fd(0),
            lookup: args[1],
            path: path(2),
            to: at(4, FILESTAT.size(), 8),
        },
        "path_filestat_set_times" => Call::PathFilestatSetTimes {
            fd: fd(0),
            lookup: args[1],
            path: path(2),
            atim: args[4],
            mtim: args[5],
            flags: args[6],
        },
        "path_link" => Call::PathLink {
            old_fd: fd(0),
            lookup: args[1],
            old_path: path(2),
            new_fd: fd(4),
            new_path: path(5),
        },
        "path_open" => Call::PathOpen {
            fd: fd(0),
            lookup: args[1],
            path: path(2),
            oflags: args[4],
            base: args[5],
            inheriting: args[6],
            fdflags: args[7],
            to: u32_at(8),
        },
        "path_readlink" => {
            Call::PathReadlink { fd: fd(0), path: path(1), room: room(3), to: u32_at(5) }
        }
        "path_remove_directory" => Call::PathRemoveDirectory { fd: fd(0), path: path(1) },
        "path_rename" => {
            Call::PathRename { old_fd: fd(0), old_path: path(1), new_fd: fd(3), new_path: path(4) }
        }
        "path_symlink" => Call::PathSymlink { target: path(0), fd: fd(2), path: path(3) },
        "path_unlink_file" => Call::PathUnlinkFile { fd: fd(0), path: path(1) },
        "poll_oneoff" => {
            let events = at(1, args[2] as usize * EVENT.size(), 8);
            Call::PollOneoff {
                subscriptions: subscriptions(&view, args[0], args[2]),
                to: events.and(u32_at(3)),
            }
        }
        "proc_exit" => Call::ProcExit { code: fd(0) },
        "proc_raise" => Call::ProcRaise { signal: fd(0) },
        "sched_yield" => Call::SchedYield,
        "random_get" => Call::RandomGet { room: room(0) },
        "sock_accept" => Call::SockAccept { fd: fd(0), flags: args[1], to: u32_at(2) },
        "sock_recv" => Call::SockRecv {
            fd: fd(0),
            room: rooms(1),
            flags: args[3],
            to: u32_at(4).and(at(5, 2, 2)),
        },
        "sock_send" => Call::SockSend { fd: fd(0), data: data(1), flags: args[3], to: u32_at(4) },
        "sock_shutdown" => Call::SockShutdown { fd: fd(0), how: args[1] },
        _ => return None,
    })
}

fn subscriptions(view: &View, list: u64, count: u64) -> Given<Vec<Subscription>> {
    let size = SUBSCRIPTION.size() as u64;
    view.check(list, count * size, 8)?;
    Ok((0..count).map(|i| subscription(view, list + i * size)).collect())
}

fn subscription(view: &View, at: u64) -> Subscription {
    let tag = at + SUBSCRIPTION.offset("u") as u64;
    let body = tag + SUBSCRIPTION_U.offset() as u64;
    let clock = |field, size| view.number(body + SUBSCRIPTION_CLOCK.offset(field) as u64, size);
    let fd = || {
        let offset = SUBSCRIPTION_FD_READWRITE.offset("file_descriptor");
        view.number(body + offset as u64, 4) as u32
    };
    let number = view.number(tag, 1) as u8;
    let interest = match EVENTTYPE.case(number.into()) {
        Some("clock") => Interest::Clock {
            clock: clock("id", 4) as u32,
            timeout: clock("timeout", 8),
            flags: clock("flags", 2),
        },
        Some("fd_read") => Interest::Read(fd()),
        Some("fd_write") => Interest::Write(fd()),
        _ => Interest::Unknown(number),
    };
    let userdata = view.number(at + SUBSCRIPTION.offset("userdata") as u64, 8);
    Subscription { userdata, interest }
}
