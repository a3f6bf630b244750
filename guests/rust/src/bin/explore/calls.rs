//! The 46 imports, each called with plain numbers.

use guests::imports;

/// A number as a function takes it.
trait Argument {
    fn of(number: u64) -> Self;
}

impl Argument for i32 {
    fn of(number: u64) -> i32 {
        number as i32
    }
}

impl Argument for i64 {
    fn of(number: u64) -> i64 {
        number as i64
    }
}

macro_rules! calls {
    ($($name:ident($($ty:ty),*);)*) => {
        /// The functions, by their places in the witx.
        #[allow(non_camel_case_types)]
        #[repr(u8)]
        enum Place { $($name),* }

        /// Calls a function. What it writes, and where, is up to the arguments.
        #[allow(unreachable_code, reason = "`proc_exit` never returns")]
        pub fn call(function: u8, arguments: &[u64]) -> i32 {
            let mut arguments = arguments.iter().copied();
            $(if function == Place::$name as u8 {
                // SAFETY: a host may write wherever it is told to: the arena, or outside of memory. The
                // batch names no address of this program.
                return unsafe { imports::$name($(<$ty>::of(arguments.next().unwrap_or(0))),*) };
            })*
            crate::refuse()
        }
    };
}

calls! {
    args_get(i32, i32);
    args_sizes_get(i32, i32);
    environ_get(i32, i32);
    environ_sizes_get(i32, i32);
    clock_res_get(i32, i32);
    clock_time_get(i32, i64, i32);
    fd_advise(i32, i64, i64, i32);
    fd_allocate(i32, i64, i64);
    fd_close(i32);
    fd_datasync(i32);
    fd_fdstat_get(i32, i32);
    fd_fdstat_set_flags(i32, i32);
    fd_fdstat_set_rights(i32, i64, i64);
    fd_filestat_get(i32, i32);
    fd_filestat_set_size(i32, i64);
    fd_filestat_set_times(i32, i64, i64, i32);
    fd_pread(i32, i32, i32, i64, i32);
    fd_prestat_get(i32, i32);
    fd_prestat_dir_name(i32, i32, i32);
    fd_pwrite(i32, i32, i32, i64, i32);
    fd_read(i32, i32, i32, i32);
    fd_readdir(i32, i32, i32, i64, i32);
    fd_renumber(i32, i32);
    fd_seek(i32, i64, i32, i32);
    fd_sync(i32);
    fd_tell(i32, i32);
    fd_write(i32, i32, i32, i32);
    path_create_directory(i32, i32, i32);
    path_filestat_get(i32, i32, i32, i32, i32);
    path_filestat_set_times(i32, i32, i32, i32, i64, i64, i32);
    path_link(i32, i32, i32, i32, i32, i32, i32);
    path_open(i32, i32, i32, i32, i32, i64, i64, i32, i32);
    path_readlink(i32, i32, i32, i32, i32, i32);
    path_remove_directory(i32, i32, i32);
    path_rename(i32, i32, i32, i32, i32, i32);
    path_symlink(i32, i32, i32, i32, i32);
    path_unlink_file(i32, i32, i32);
    poll_oneoff(i32, i32, i32, i32);
    proc_exit(i32);
    proc_raise(i32);
    sched_yield();
    random_get(i32, i32);
    sock_accept(i32, i32, i32);
    sock_recv(i32, i32, i32, i32, i32, i32);
    sock_send(i32, i32, i32, i32, i32);
    sock_shutdown(i32, i32);
}
