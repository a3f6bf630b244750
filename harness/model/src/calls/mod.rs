//! The 46 functions, by what they are about.

mod clocks;
mod descriptors;
mod directories;
mod names;
mod offsets;
mod open;
mod poll;
mod preopens;
mod process;
mod read_write;
mod rename;
mod rights;
mod sizes;
mod sockets;
mod stat;
mod strings;
mod times;

use crate::branch::{Branch, Branches};
use crate::call::Call;
use crate::state::State;

/// All that may happen if a guest makes this call in this state.
pub fn allowed(state: &State, call: &Call) -> Vec<Branch> {
    let may = Branches::new(state);
    match call {
        Call::ArgsGet { to } => strings::args_get(may, *to),
        Call::ArgsSizesGet { to } => strings::args_sizes_get(may, *to),
        Call::EnvironGet { to } => strings::environ_get(may, *to),
        Call::EnvironSizesGet { to } => strings::environ_sizes_get(may, *to),
        Call::ClockResGet { clock, to } => clocks::clock_res_get(may, *clock, *to),
        Call::ClockTimeGet { clock, to, .. } => clocks::clock_time_get(may, *clock, *to),
        Call::FdAdvise { fd, advice, .. } => descriptors::fd_advise(may, *fd, *advice),
        Call::FdAllocate { fd, offset, len } => sizes::fd_allocate(may, *fd, *offset, *len),
        Call::FdClose { fd } => descriptors::fd_close(may, *fd),
        Call::FdDatasync { fd } => descriptors::fd_datasync(may, *fd),
        Call::FdFdstatGet { fd, to } => stat::fd_fdstat_get(may, *fd, *to),
        Call::FdFdstatSetFlags { fd, flags } => descriptors::fd_fdstat_set_flags(may, *fd, *flags),
        Call::FdFdstatSetRights { fd, base, inheriting } => {
            rights::fd_fdstat_set_rights(may, *fd, *base, *inheriting)
        }
        Call::FdFilestatGet { fd, to } => stat::fd_filestat_get(may, *fd, *to),
        Call::FdFilestatSetSize { fd, size } => sizes::fd_filestat_set_size(may, *fd, *size),
        Call::FdFilestatSetTimes { fd, atim, mtim, flags } => {
            times::fd_filestat_set_times(may, *fd, *atim, *mtim, *flags)
        }
        Call::FdPread { fd, room, offset, to } => {
            read_write::fd_pread(may, *fd, *room, *offset, *to)
        }
        Call::FdPrestatGet { fd, to } => preopens::fd_prestat_get(may, *fd, *to),
        Call::FdPrestatDirName { fd, room } => preopens::fd_prestat_dir_name(may, *fd, *room),
        Call::FdPwrite { fd, data, offset, to } => {
            read_write::fd_pwrite(may, *fd, data, *offset, *to)
        }
        Call::FdRead { fd, room, to } => read_write::fd_read(may, *fd, *room, *to),
        Call::FdReaddir { fd, room, cookie, to } => {
            directories::fd_readdir(may, *fd, *room, *cookie, *to)
        }
        Call::FdRenumber { fd, onto } => descriptors::fd_renumber(may, *fd, *onto),
        Call::FdSeek { fd, offset, whence, to } => {
            offsets::fd_seek(may, *fd, *offset, *whence, *to)
        }
        Call::FdSync { fd } => descriptors::fd_sync(may, *fd),
        Call::FdTell { fd, to } => offsets::fd_tell(may, *fd, *to),
        Call::FdWrite { fd, data, to } => read_write::fd_write(may, *fd, data, *to),
        Call::PathCreateDirectory { fd, path } => {
            directories::path_create_directory(may, *fd, path)
        }
        Call::PathFilestatGet { fd, lookup, path, to } => {
            stat::path_filestat_get(may, *fd, *lookup, path, *to)
        }
        Call::PathFilestatSetTimes { fd, lookup, path, atim, mtim, flags } => {
            times::path_filestat_set_times(may, *fd, *lookup, path, *atim, *mtim, *flags)
        }
        Call::PathLink { old_fd, lookup, old_path, new_fd, new_path } => {
            names::path_link(may, (*old_fd, old_path), *lookup, (*new_fd, new_path))
        }
        Call::PathOpen { .. } => open::path_open(may, call),
        Call::PathReadlink { fd, path, room, to } => {
            names::path_readlink(may, *fd, path, *room, *to)
        }
        Call::PathRemoveDirectory { fd, path } => {
            directories::path_remove_directory(may, *fd, path)
        }
        Call::PathRename { old_fd, old_path, new_fd, new_path } => {
            rename::path_rename(may, (*old_fd, old_path), (*new_fd, new_path))
        }
        Call::PathSymlink { target, fd, path } => names::path_symlink(may, target, *fd, path),
        Call::PathUnlinkFile { fd, path } => names::path_unlink_file(may, *fd, path),
        Call::PollOneoff { subscriptions, to } => poll::poll_oneoff(may, subscriptions, *to),
        Call::ProcExit { code } => process::proc_exit(may, *code),
        Call::ProcRaise { signal } => process::proc_raise(may, *signal),
        Call::SchedYield => process::sched_yield(may),
        Call::RandomGet { room } => process::random_get(may, *room),
        Call::SockAccept { fd, flags, to } => sockets::sock_accept(may, *fd, *flags, *to),
        Call::SockRecv { fd, room, flags, to } => sockets::sock_recv(may, *fd, *room, *flags, *to),
        Call::SockSend { fd, data, flags, to } => sockets::sock_send(may, *fd, data, *flags, *to),
        Call::SockShutdown { fd, how } => sockets::sock_shutdown(may, *fd, *how),
    }
}
