//! The functions, as their witx declares them.

use crate::enums::{ADVICE, CLOCKID, SIGNAL, WHENCE};
use crate::flags::{
    FDFLAGS, FSTFLAGS, LOOKUPFLAGS, OFLAGS, RIFLAGS, RIGHTS, ROFLAGS, SDFLAGS, SIFLAGS,
};
use crate::records::{EVENT, FDSTAT, FILESTAT, PRESTAT, SUBSCRIPTION};
use crate::types::Type::{
    self, CiovecArray, ConstPointer, Dircookie, Enum, Exitcode, Fd, Filedelta, Filesize, Flags,
    IovecArray, Pointer, Record, Size, String, Timestamp, U8, Union,
};
use crate::types::{Field, fields};

/// A function of preview 1.
#[derive(Debug)]
pub struct Function {
    pub name: &'static str,
    pub params: &'static [Field],
    /// What it gives if it succeeds. It writes each to an address that follows the parameters. (The
    /// witx has no names for these.)
    pub results: &'static [Field],
    /// Whether it comes back, with an errno. All do but `proc_exit`.
    pub returns: bool,
}

/// A type of WebAssembly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreType {
    I32,
    I64,
}

impl Function {
    /// The parameters of the function that a guest imports. It returns an i32, or nothing if it does
    /// not return.
    pub fn core_params(&self) -> impl Iterator<Item = CoreType> {
        let params = self.params.iter().flat_map(|param| core_types(param.ty));
        params.copied().chain(self.results.iter().map(|_| CoreType::I32))
    }
}

/// What a parameter is when a function is called.
fn core_types(ty: Type) -> &'static [CoreType] {
    match ty {
        String | IovecArray | CiovecArray => &[CoreType::I32, CoreType::I32],
        // Records and unions are in memory.
        Record(_) | Union(_) => &[CoreType::I32],
        plain if plain.size() == 8 => &[CoreType::I64],
        _ => &[CoreType::I32],
    }
}

/// The function of this name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

macro_rules! functions {
    ($($name:ident($($params:tt)*) -> $ending:tt;)*) => {
        [$(Function {
            name: stringify!($name),
            params: fields![$($params)*],
            results: functions!(@results $ending),
            returns: functions!(@returns $ending),
        }),*]
    };
    (@results !) => { &[] };
    (@results ($($results:tt)*)) => { fields![$($results)*] };
    (@returns !) => { false };
    (@returns $results:tt) => { true };
}

/// All of them, in the order of the witx.
pub static FUNCTIONS: [Function; 46] = functions! {
    args_get(argv: Pointer(&Pointer(&U8)), argv_buf: Pointer(&U8)) -> ();
    args_sizes_get() -> (count: Size, size: Size);
    environ_get(environ: Pointer(&Pointer(&U8)), environ_buf: Pointer(&U8)) -> ();
    environ_sizes_get() -> (count: Size, size: Size);
    clock_res_get(id: Enum(&CLOCKID)) -> (timestamp: Timestamp);
    clock_time_get(id: Enum(&CLOCKID), precision: Timestamp) -> (timestamp: Timestamp);
    fd_advise(fd: Fd, offset: Filesize, len: Filesize, advice: Enum(&ADVICE)) -> ();
    fd_allocate(fd: Fd, offset: Filesize, len: Filesize) -> ();
    fd_close(fd: Fd) -> ();
    fd_datasync(fd: Fd) -> ();
    fd_fdstat_get(fd: Fd) -> (stat: Record(&FDSTAT));
    fd_fdstat_set_flags(fd: Fd, flags: Flags(&FDFLAGS)) -> ();
    fd_fdstat_set_rights(
        fd: Fd,
        fs_rights_base: Flags(&RIGHTS),
        fs_rights_inheriting: Flags(&RIGHTS),
    ) -> ();
    fd_filestat_get(fd: Fd) -> (stat: Record(&FILESTAT));
    fd_filestat_set_size(fd: Fd, size: Filesize) -> ();
    fd_filestat_set_times(
        fd: Fd,
        atim: Timestamp,
        mtim: Timestamp,
        fst_flags: Flags(&FSTFLAGS),
    ) -> ();
    fd_pread(fd: Fd, iovs: IovecArray, offset: Filesize) -> (count: Size);
    fd_prestat_get(fd: Fd) -> (stat: Union(&PRESTAT));
    fd_prestat_dir_name(fd: Fd, path: Pointer(&U8), path_len: Size) -> ();
    fd_pwrite(fd: Fd, iovs: CiovecArray, offset: Filesize) -> (count: Size);
    fd_read(fd: Fd, iovs: IovecArray) -> (count: Size);
    fd_readdir(fd: Fd, buf: Pointer(&U8), buf_len: Size, cookie: Dircookie) -> (size: Size);
    fd_renumber(fd: Fd, to: Fd) -> ();
    fd_seek(fd: Fd, offset: Filedelta, whence: Enum(&WHENCE)) -> (offset: Filesize);
    fd_sync(fd: Fd) -> ();
    fd_tell(fd: Fd) -> (offset: Filesize);
    fd_write(fd: Fd, iovs: CiovecArray) -> (count: Size);
    path_create_directory(fd: Fd, path: String) -> ();
    path_filestat_get(fd: Fd, flags: Flags(&LOOKUPFLAGS), path: String)
        -> (stat: Record(&FILESTAT));
    path_filestat_set_times(
        fd: Fd,
        flags: Flags(&LOOKUPFLAGS),
        path: String,
        atim: Timestamp,
        mtim: Timestamp,
        fst_flags: Flags(&FSTFLAGS),
    ) -> ();
    path_link(
        old_fd: Fd,
        old_flags: Flags(&LOOKUPFLAGS),
        old_path: String,
        new_fd: Fd,
        new_path: String,
    ) -> ();
    path_open(
        fd: Fd,
        dirflags: Flags(&LOOKUPFLAGS),
        path: String,
        oflags: Flags(&OFLAGS),
        fs_rights_base: Flags(&RIGHTS),
        fs_rights_inheriting: Flags(&RIGHTS),
        fdflags: Flags(&FDFLAGS),
    ) -> (fd: Fd);
    path_readlink(fd: Fd, path: String, buf: Pointer(&U8), buf_len: Size) -> (size: Size);
    path_remove_directory(fd: Fd, path: String) -> ();
    path_rename(fd: Fd, old_path: String, new_fd: Fd, new_path: String) -> ();
    path_symlink(old_path: String, fd: Fd, new_path: String) -> ();
    path_unlink_file(fd: Fd, path: String) -> ();
    poll_oneoff(
        in: ConstPointer(&Type::Record(&SUBSCRIPTION)),
        out: Pointer(&Type::Record(&EVENT)),
        nsubscriptions: Size,
    ) -> (count: Size);
    proc_exit(rval: Exitcode) -> !;
    proc_raise(sig: Enum(&SIGNAL)) -> ();
    sched_yield() -> ();
    random_get(buf: Pointer(&U8), buf_len: Size) -> ();
    sock_accept(fd: Fd, flags: Flags(&FDFLAGS)) -> (fd: Fd);
    sock_recv(fd: Fd, ri_data: IovecArray, ri_flags: Flags(&RIFLAGS))
        -> (count: Size, ro_flags: Flags(&ROFLAGS));
    sock_send(fd: Fd, si_data: CiovecArray, si_flags: Flags(&SIFLAGS)) -> (count: Size);
    sock_shutdown(fd: Fd, how: Flags(&SDFLAGS)) -> ();
};
