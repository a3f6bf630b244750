//! The result of the two `filestat_get` calls, and how it is shown.

use guests::block::Block;
use guests::names;
use preview1::{FILESTAT, FILETYPE};

use crate::outcome::{Outcome, Stop};
use crate::value::Value;

/// The size of a `filestat`.
pub const SIZE: usize = FILESTAT.size();

/// Times nearer than this, in nanoseconds, are near.
const NEAR: u64 = 10_000_000_000;

/// The numbers in a `filestat` and their offsets.
const NUMBERS: [(&str, usize); 7] = [
    number("dev"),
    number("ino"),
    number("nlink"),
    number("size"),
    number("atim"),
    number("mtim"),
    number("ctim"),
];
const FILETYPE_OFFSET: usize = FILESTAT.offset("filetype");

const fn number(name: &str) -> (&str, usize) {
    (name, FILESTAT.offset(name))
}

/// The type of a regular file, whose size and links are the same on every file system.
const REGULAR_FILE: u8 = FILETYPE.number("regular_file").unwrap() as u8;
const SYMBOLIC_LINK: u8 = FILETYPE.number("symbolic_link").unwrap() as u8;

#[derive(Clone)]
pub struct Stat {
    filetype: u8,
    numbers: [u64; NUMBERS.len()],
}

/// What to show of a `filestat`.
#[derive(Default)]
pub struct Wanted {
    /// Empty: the fields that are the same on every file system.
    pub fields: Vec<String>,
    /// Show how each field relates to this, instead of its value.
    pub versus: Option<Value>,
    /// Show whether times are near this.
    pub near: Option<Value>,
}

impl Stat {
    pub fn read(block: &Block) -> Stat {
        Stat {
            filetype: block.bytes()[FILETYPE_OFFSET],
            numbers: NUMBERS.map(|(_, offset)| block.u64(offset)),
        }
    }

    pub fn show(&self, wanted: &Wanted) -> Outcome {
        let fields: Vec<&str> = if !wanted.fields.is_empty() {
            wanted.fields.iter().map(String::as_str).collect()
        } else if wanted.versus.is_some() {
            vec!["dev", "ino"]
        } else if [REGULAR_FILE, SYMBOLIC_LINK].contains(&self.filetype) {
            vec!["filetype", "size", "nlink"]
        } else {
            vec!["filetype"]
        };
        let shown: Result<Vec<String>, Stop> =
            fields.iter().map(|field| self.show_field(field, wanted)).collect();
        Ok(shown?.join(" "))
    }

    fn show_field(&self, field: &str, wanted: &Wanted) -> Outcome {
        if field == "filetype" {
            return Ok(names::show(&FILETYPE, self.filetype.into()));
        }
        let ours = self.number(field)?;
        Ok(if let Some(value) = &wanted.versus {
            format!("{field}={}", relation(ours, comparable(value, field)?))
        } else if let Some(value) = &wanted.near {
            let near = ours.abs_diff(comparable(value, field)?) <= NEAR;
            format!("{field}={}", if near { "near" } else { "far" })
        } else {
            format!("{field}={ours}")
        })
    }

    fn number(&self, field: &str) -> Result<u64, Stop> {
        let at = NUMBERS.iter().position(|(name, _)| *name == field);
        let unknown = || Stop::Usage(format!("no field `{field}` in a filestat"));
        at.map(|at| self.numbers[at]).ok_or_else(unknown)
    }
}

/// How the first number relates to the second.
pub fn relation(first: u64, second: u64) -> &'static str {
    match first.cmp(&second) {
        std::cmp::Ordering::Less => "less",
        std::cmp::Ordering::Equal => "same",
        std::cmp::Ordering::Greater => "greater",
    }
}

fn comparable(value: &Value, field: &str) -> Result<u64, Stop> {
    match value {
        Value::Number(number) => Ok(*number),
        Value::Stat(stat) => stat.number(field),
        _ => Err(Stop::Usage("a filestat is compared with a filestat or a number".into())),
    }
}
