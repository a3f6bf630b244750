//! The names of flags and types in wasi:filesystem.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::filesystem::types::{Advice, DescriptorFlags, DescriptorType, OpenFlags};

use crate::outcome::Stop;

const FLAGS: [(&str, DescriptorFlags); 6] = [
    ("read", DescriptorFlags::READ),
    ("write", DescriptorFlags::WRITE),
    ("file-integrity-sync", DescriptorFlags::FILE_INTEGRITY_SYNC),
    ("data-integrity-sync", DescriptorFlags::DATA_INTEGRITY_SYNC),
    ("requested-write-sync", DescriptorFlags::REQUESTED_WRITE_SYNC),
    ("mutate-directory", DescriptorFlags::MUTATE_DIRECTORY),
];

pub fn flag(name: &str) -> Option<DescriptorFlags> {
    FLAGS.iter().find(|(known, _)| *known == name).map(|(_, flag)| *flag)
}

pub fn of_flags(flags: DescriptorFlags) -> String {
    let names: Vec<&str> =
        FLAGS.iter().filter(|(_, flag)| flags.contains(*flag)).map(|(name, _)| *name).collect();
    if names.is_empty() { "-".to_owned() } else { names.join("|") }
}

pub fn open_flag(name: &str) -> Option<OpenFlags> {
    Some(match name {
        "create" => OpenFlags::CREATE,
        "directory" => OpenFlags::DIRECTORY,
        "exclusive" => OpenFlags::EXCLUSIVE,
        "truncate" => OpenFlags::TRUNCATE,
        _ => return None,
    })
}

pub fn of_type(kind: DescriptorType) -> &'static str {
    match kind {
        DescriptorType::Unknown => "unknown",
        DescriptorType::BlockDevice => "block-device",
        DescriptorType::CharacterDevice => "character-device",
        DescriptorType::Directory => "directory",
        DescriptorType::Fifo => "fifo",
        DescriptorType::SymbolicLink => "symbolic-link",
        DescriptorType::RegularFile => "regular-file",
        DescriptorType::Socket => "socket",
    }
}

pub fn advice(name: &str) -> Result<Advice, Stop> {
    Ok(match name {
        "normal" => Advice::Normal,
        "sequential" => Advice::Sequential,
        "random" => Advice::Random,
        "will-need" => Advice::WillNeed,
        "dont-need" => Advice::DontNeed,
        "no-reuse" => Advice::NoReuse,
        _ => return Err(Stop::Usage(format!("`{name}` is no advice"))),
    })
}
