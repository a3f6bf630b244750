//! How the guest shows a `filestat`.

use model::{Call, Filestat, Time};
use preview1::FILETYPE;

use super::{Made, shown};
use crate::names;
use crate::operands::{Operands, Place};
use crate::shown::{Shown, nearness, relation};
use crate::world::{Stop, Value};

/// What to show of a `filestat`.
pub struct Wanted {
    /// Empty: the fields that are the same on every file system.
    fields: Vec<String>,
    /// Show how each field relates to this, instead of its value.
    versus: Option<Value>,
    /// Show whether times are near this.
    near: Option<Value>,
}

impl Wanted {
    /// All remaining operands.
    pub fn take(operands: &mut Operands, place: &Place) -> Result<Wanted, Stop> {
        let versus = operands.value_option("versus", place)?;
        let near = operands.value_option("near", place)?;
        let fields = if operands.is_at_end() { Vec::new() } else { operands.list("fields")? };
        operands.end()?;
        Ok(Wanted { fields, versus, near })
    }

    pub fn of(self, call: Call) -> Made {
        shown(call, move |success| match success.value {
            model::Value::Filestat(stat) => (self.show(stat), Some(Value::Stat(*stat))),
            _ => (Shown::anything(), None),
        })
    }

    fn show(&self, stat: &Filestat) -> Shown {
        let fields: Vec<&str> = if !self.fields.is_empty() {
            self.fields.iter().map(String::as_str).collect()
        } else if self.versus.is_some() {
            vec!["dev", "ino"]
        } else if is_directory(stat) || names::show(&FILETYPE, stat.filetype.into()) == "unknown" {
            vec!["filetype"]
        } else {
            vec!["filetype", "size", "nlink"]
        };
        let mut all = Shown::default();
        for (at, field) in fields.into_iter().enumerate() {
            all = all.and(if at > 0 { " " } else { "" }).then(self.show_field(stat, field));
        }
        all
    }

    fn show_field(&self, stat: &Filestat, field: &str) -> Shown {
        if field == "filetype" {
            return Shown::text(names::show(&FILETYPE, stat.filetype.into()));
        }
        let shown = Shown::text(format!("{field}="));
        let ours = number(stat, field);
        if let Some(value) = &self.versus {
            return shown.and_one_of(match value {
                Value::Stat(other) if other.ino == stat.ino && other == stat => &["same"],
                Value::Stat(other) if field == "ino" && other.ino != stat.ino => {
                    &["less", "greater"]
                }
                _ => match (ours, comparable(value, field)) {
                    (Some(ours), Some(other)) => relation(ours, other),
                    _ => &["same", "less", "greater"],
                },
            });
        }
        if let Some(value) = &self.near {
            return shown.and_one_of(match (ours, comparable(value, field)) {
                (Some(ours), Some(other)) => nearness(ours, other),
                _ => &["near", "far"],
            });
        }
        match ours {
            Some(Time::Exactly(number)) if !["dev", "ino"].contains(&field) => {
                shown.and(number.to_string())
            }
            _ => shown.and_number(),
        }
    }
}

fn is_directory(stat: &Filestat) -> bool {
    names::show(&FILETYPE, stat.filetype.into()) == "directory"
}

/// A number in a `filestat`, if it is known.
fn number(stat: &Filestat, field: &str) -> Option<Time> {
    Some(match field {
        "dev" => Time::Exactly(stat.dev),
        "ino" => Time::Exactly(stat.ino),
        // File systems do not agree on these of a directory.
        "size" | "nlink" if is_directory(stat) => return None,
        "size" => Time::Exactly(stat.size),
        "nlink" => Time::Exactly(stat.links),
        "atim" => stat.accessed,
        "mtim" => stat.modified,
        "ctim" => stat.changed,
        _ => return None,
    })
}

fn comparable(value: &Value, field: &str) -> Option<Time> {
    match value {
        Value::Number(time) => Some(*time),
        Value::Stat(stat) => number(stat, field),
        _ => None,
    }
}
