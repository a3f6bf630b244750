//! What must be true of the table.

use std::collections::BTreeSet;

use preview1::*;

const ENUMS: [&Enum; 8] =
    [&ERRNO, &FILETYPE, &CLOCKID, &WHENCE, &ADVICE, &EVENTTYPE, &PREOPENTYPE, &SIGNAL];
const FLAGS: [&Flags; 11] = [
    &OFLAGS,
    &FDFLAGS,
    &FSTFLAGS,
    &LOOKUPFLAGS,
    &RIFLAGS,
    &ROFLAGS,
    &SIFLAGS,
    &SDFLAGS,
    &EVENTRWFLAGS,
    &SUBCLOCKFLAGS,
    &RIGHTS,
];

/// Names are distinct, and words as the witx has them.
#[track_caller]
fn assert_names<'a>(of: &str, names: impl Iterator<Item = &'a str>) {
    let mut seen = BTreeSet::new();
    for name in names {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(!name.is_empty() && name.chars().all(fits), "{of}: {name}");
        assert!(seen.insert(name), "{of} has {name} twice");
    }
}

#[test]
fn errnos_are_numbered_from_0_to_76() {
    assert_eq!(ERRNO.cases.len(), 77);
    for (number, name) in [
        (0, "success"),
        (8, "badf"),
        (28, "inval"),
        (44, "noent"),
        (58, "notsup"),
        (76, "notcapable"),
    ] {
        assert_eq!(ERRNO.number(name), Some(number));
        assert_eq!(ERRNO.case(number), Some(name));
    }
    assert_eq!(ERRNO.case(77), None);
    assert_eq!(ERRNO.number("enoent"), None);
}

/// C guests cannot use the table, so they keep a copy of the errnos.
#[test]
fn c_guests_have_the_same_errnos() {
    let header = include_str!("../../../guests/c/lib/errno_name.h");
    let (_, list) = header.split_once("wasi_errno_names[] = {").unwrap();
    let (list, _) = list.split_once('}').unwrap();
    let names: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
    assert_eq!(names, ERRNO.cases);
}

#[test]
fn cases_and_bits_have_distinct_names_and_fit_into_their_types() {
    for of in ENUMS {
        assert_names(of.name, of.cases.iter().copied());
        assert!(of.cases.len() <= 1 << (8 * of.size), "{}", of.name);
    }
    for of in FLAGS {
        assert_names(of.name, of.bits.iter().copied());
        assert!(of.bits.len() <= 8 * of.size, "{}", of.name);
        let values: Vec<u64> = of.bits.iter().filter_map(|bit| of.value(bit)).collect();
        assert!(values.iter().all(|value| value.is_power_of_two()), "{}", of.name);
        assert_eq!(values.iter().fold(0, |all, value| all | value), of.all(), "{}", of.name);
        assert_eq!(of.values(of.bits), of.all(), "{}", of.name);
    }
    let all = ENUMS.iter().map(|of| of.name).chain(FLAGS.iter().map(|of| of.name));
    assert_names("types", all);
}

#[test]
fn rights_are_30_and_named_after_functions() {
    assert_eq!(RIGHTS.bits.len(), 30);
    assert_eq!(RIGHTS.value("sock_accept"), Some(1 << 29));
    // Those that stand for a part of a function, for several, or for none.
    let others = [
        "path_create_file",
        "path_link_source",
        "path_link_target",
        "path_rename_source",
        "path_rename_target",
        "path_filestat_set_size",
        "poll_fd_readwrite",
    ];
    let unknown = RIGHTS.bits.iter().filter(|right| function(right).is_none());
    assert_eq!(unknown.copied().collect::<Vec<_>>(), others);
}

#[test]
fn functions_are_46_with_distinct_names() {
    assert_eq!(FUNCTIONS.len(), 46);
    assert_names("functions", FUNCTIONS.iter().map(|function| function.name));
    for of in &FUNCTIONS {
        assert_names(of.name, of.params.iter().map(|param| param.name));
        assert_names(of.name, of.results.iter().map(|result| result.name));
        assert_eq!(of.returns, of.name != "proc_exit");
        assert!(std::ptr::eq(function(of.name).unwrap(), of));
    }
    assert!(function("path_opne").is_none());
}

#[test]
fn functions_have_the_signatures_that_guests_import() {
    let signature = |name: &str| -> String {
        let core = |ty| if ty == CoreType::I64 { 'I' } else { 'i' };
        function(name).unwrap().core_params().map(core).collect()
    };
    for (name, params) in [
        ("args_sizes_get", "ii"),
        ("clock_time_get", "iIi"),
        ("fd_seek", "iIii"),
        ("fd_write", "iiii"),
        ("path_open", "iiiiiIIii"),
        ("path_link", "iiiiiii"),
        ("poll_oneoff", "iiii"),
        ("proc_exit", "i"),
        ("sched_yield", ""),
        ("sock_recv", "iiiiii"),
    ] {
        assert_eq!(signature(name), params, "{name}");
    }
}

#[test]
fn records_lie_in_memory_as_the_witx_says() {
    let layout = |record: &Record| {
        let field = |field: &Field| format!("{} {}", field.name, record.offset(field.name));
        let fields: Vec<String> = record.fields.iter().map(field).collect();
        format!("{}: {}", fields.join(", "), record.size())
    };
    for (record, expected) in [
        (&CIOVEC, "buf 0, buf_len 4: 8"),
        (&IOVEC, "buf 0, buf_len 4: 8"),
        (&DIRENT, "d_next 0, d_ino 8, d_namlen 16, d_type 20: 24"),
        (&FDSTAT, "fs_filetype 0, fs_flags 2, fs_rights_base 8, fs_rights_inheriting 16: 24"),
        (&FILESTAT, "dev 0, ino 8, filetype 16, nlink 24, size 32, atim 40, mtim 48, ctim 56: 64"),
        (&SUBSCRIPTION, "userdata 0, u 8: 48"),
        (&SUBSCRIPTION_CLOCK, "id 0, timeout 8, precision 16, flags 24: 32"),
        (&SUBSCRIPTION_FD_READWRITE, "file_descriptor 0: 4"),
        (&EVENT, "userdata 0, error 8, type 10, fd_readwrite 16: 32"),
        (&EVENT_FD_READWRITE, "nbytes 0, flags 8: 16"),
    ] {
        assert_eq!(layout(record), expected, "{}", record.name);
    }
    assert_eq!((PRESTAT.offset(), PRESTAT.size()), (4, 8));
    assert_eq!((SUBSCRIPTION_U.offset(), SUBSCRIPTION_U.size()), (8, 40));
    for union in [&PRESTAT, &SUBSCRIPTION_U] {
        assert_eq!(union.cases.len(), union.tag.cases.len(), "{}", union.name);
    }
}
