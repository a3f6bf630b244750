//! The functions of preview 1 as a guest sees them: the role of each parameter, derived from the table
//! of preview 1, and the errnos that a guest can cause.

use preview1::{FUNCTIONS, RIGHTS, SIGNAL, Type};

/// A function.
pub struct Function {
    pub name: &'static str,
    pub params: Vec<Param>,
    /// The errnos that the documentation of preview 1, or POSIX where it defers to it, names for the
    /// function, as far as a guest on a plain machine can cause them.
    pub errnos: &'static [&'static str],
}

/// A parameter, or two that belong together (an address and a length).
#[derive(Clone)]
pub enum Param {
    Fd,
    /// The names of its bits, from the lowest.
    Flags(&'static [&'static str]),
    /// The names of its values, from 0.
    Enum(&'static [&'static str]),
    /// 64 bits that count something.
    Number(&'static str),
    /// 64 bits, nanoseconds.
    Time(&'static str),
    /// 64 bits of rights.
    Rights(&'static str),
    /// An address and a length: bytes from the guest.
    Path,
    /// An address and a length: space for bytes to the guest.
    Buffer,
    /// An address and a length of a list of buffers with bytes from the guest.
    Sources,
    /// An address and a length of a list of buffers with space for bytes to the guest.
    Sinks,
    /// An address for results.
    Out(Vec<Field>),
    /// No general fault applies to it.
    Other,
}

impl Param {
    /// The number of parameters of the WebAssembly function that it covers.
    pub fn width(&self) -> usize {
        match self {
            Param::Path | Param::Buffer | Param::Sources | Param::Sinks => 2,
            _ => 1,
        }
    }
}

/// A field of a result in memory.
#[derive(Clone)]
pub struct Field {
    pub name: &'static str,
    pub offset: u32,
    pub bytes: u32,
    pub is_time: bool,
}

/// All functions, in the order of the specification.
pub fn all() -> impl Iterator<Item = Function> {
    FUNCTIONS.iter().map(|function| {
        let params = params(function);
        let errnos = ERRNOS.iter().find(|(name, _)| *name == function.name);
        Function { name: function.name, params, errnos: errnos.map_or(&[], |(_, errnos)| *errnos) }
    })
}

fn params(function: &preview1::Function) -> Vec<Param> {
    let mut params = Vec::new();
    let mut rest = function.params;
    while let [param, after @ ..] = rest {
        rest = after;
        params.push(match param.ty {
            Type::Pointer(Type::U8) if matches!(after, [len, ..] if is_size(len)) => {
                rest = &after[1..];
                Param::Buffer
            }
            Type::Fd => Param::Fd,
            Type::Flags(flags) if flags.name == RIGHTS.name => {
                Param::Rights(param.name.trim_start_matches("fs_rights_"))
            }
            Type::Flags(flags) => Param::Flags(flags.bits),
            // Preview 1 does not specify the effect of a signal.
            Type::Enum(values) if values.name == SIGNAL.name => Param::Other,
            Type::Enum(values) => Param::Enum(values.cases),
            // A runtime may be more precise than a guest asks for.
            Type::Timestamp if param.name == "precision" => Param::Other,
            Type::Timestamp => Param::Time(param.name),
            // The result of `fd_seek` is called offset as well.
            Type::Filedelta => Param::Number("delta"),
            Type::Filesize | Type::Dircookie => Param::Number(param.name),
            Type::String => Param::Path,
            Type::CiovecArray => Param::Sources,
            Type::IovecArray => Param::Sinks,
            _ => Param::Other,
        });
    }
    params.extend(function.results.iter().map(|result| Param::Out(fields(result))));
    params
}

fn is_size(param: &preview1::Field) -> bool {
    matches!(param.ty, Type::Size)
}

/// The fields of a result.
fn fields(result: &preview1::Field) -> Vec<Field> {
    match result.ty {
        Type::Record(record) => record_fields(record, 0),
        // The only one is `prestat`, which has a single case.
        Type::Union(union) => {
            let mut fields = vec![field("tag", Type::Enum(union.tag), 0)];
            for case in union.cases {
                if let Type::Record(record) = case {
                    fields.extend(record_fields(record, union.offset()));
                }
            }
            fields
        }
        plain => vec![field(result.name, plain, 0)],
    }
}

fn record_fields(record: &preview1::Record, start: usize) -> Vec<Field> {
    let convert = |(i, original): (usize, &preview1::Field)| {
        // Only some records have prefixes in the names of their fields.
        let name = original.name.trim_start_matches("fs_").trim_start_matches("pr_");
        field(name, original.ty, start + record.offset_of(i))
    };
    record.fields.iter().enumerate().map(convert).collect()
}

fn field(name: &'static str, ty: Type, offset: usize) -> Field {
    let is_time = matches!(ty, Type::Timestamp);
    Field { name, offset: offset as u32, bytes: ty.size() as u32, is_time }
}

/// [`Function::errnos`] by function. Functions that are not listed have none.
const ERRNOS: &[(&str, &[&str])] = &[
    ("clock_res_get", &["inval"]),
    ("clock_time_get", &["inval"]),
    ("fd_advise", &["badf", "inval"]),
    ("fd_allocate", &["badf"]),
    ("fd_close", &["badf"]),
    ("fd_datasync", &["badf"]),
    ("fd_fdstat_get", &["badf"]),
    ("fd_fdstat_set_flags", &["badf"]),
    ("fd_fdstat_set_rights", &["badf", "notcapable"]),
    ("fd_filestat_get", &["badf"]),
    ("fd_filestat_set_size", &["badf", "inval"]),
    ("fd_filestat_set_times", &["badf", "inval"]),
    ("fd_pread", &["badf", "inval", "isdir", "spipe"]),
    ("fd_prestat_get", &["badf"]),
    ("fd_prestat_dir_name", &["badf"]),
    ("fd_pwrite", &["badf", "inval", "spipe"]),
    ("fd_read", &["badf", "isdir"]),
    ("fd_readdir", &["badf", "notdir"]),
    ("fd_renumber", &["badf"]),
    ("fd_seek", &["badf", "inval", "spipe"]),
    ("fd_sync", &["badf"]),
    ("fd_tell", &["badf", "spipe"]),
    ("fd_write", &["badf"]),
    (
        "path_create_directory",
        &["badf", "exist", "ilseq", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    ("path_filestat_get", &["badf", "loop", "nametoolong", "noent", "notdir", "perm"]),
    (
        "path_filestat_set_times",
        &["badf", "inval", "loop", "nametoolong", "noent", "notdir", "perm"],
    ),
    ("path_link", &["badf", "exist", "inval", "nametoolong", "noent", "notdir", "perm"]),
    (
        "path_open",
        &[
            "badf",
            "exist",
            "ilseq",
            "inval",
            "isdir",
            "loop",
            "nametoolong",
            "noent",
            "notdir",
            "perm",
        ],
    ),
    ("path_readlink", &["badf", "inval", "loop", "nametoolong", "noent", "notdir", "perm"]),
    (
        "path_remove_directory",
        &["badf", "inval", "nametoolong", "noent", "notdir", "notempty", "perm"],
    ),
    (
        "path_rename",
        &["badf", "inval", "isdir", "loop", "nametoolong", "noent", "notdir", "notempty", "perm"],
    ),
    ("path_symlink", &["badf", "exist", "nametoolong", "noent", "notdir", "perm"]),
    ("path_unlink_file", &["badf", "isdir", "loop", "nametoolong", "noent", "notdir", "perm"]),
    ("poll_oneoff", &["inval"]),
    ("sock_accept", &["badf", "notsock"]),
    ("sock_recv", &["badf", "notsock"]),
    ("sock_send", &["badf", "notsock"]),
    ("sock_shutdown", &["badf", "notsock"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_function_and_errno_exists() {
        for &(name, errnos) in ERRNOS {
            assert!(preview1::function(name).is_some(), "{name}");
            let unknown = errnos.iter().find(|errno| preview1::ERRNO.number(errno).is_none());
            assert_eq!(unknown, None, "{name}");
        }
    }

    #[test]
    fn params_cover_every_core_parameter() {
        for (ours, function) in all().zip(&FUNCTIONS) {
            let width: usize = ours.params.iter().map(Param::width).sum();
            assert_eq!(width, function.core_params().count(), "{}", ours.name);
        }
    }
}
