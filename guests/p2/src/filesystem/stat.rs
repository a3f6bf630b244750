//! The attributes of a file, and its times.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::types::{DescriptorStat, DescriptorType, NewTimestamp};

use super::names;
use crate::args::Args;
use crate::outcome::Stop;

const FIELDS: [&str; 5] = ["type", "size", "links", "atime", "mtime"];

pub fn check(fields: &str) -> Result<(), Stop> {
    match fields.split(',').find(|field| !FIELDS.contains(field)) {
        Some(unknown) => Err(Stop::Usage(format!("`{unknown}` is no field of a stat"))),
        None => Ok(()),
    }
}

/// The requested fields. The file system chooses the size and the number of links of a directory.
pub fn show(stat: &DescriptorStat, fields: &str) -> String {
    let its_own = stat.type_ == DescriptorType::Directory;
    let field = |name: &str| match name {
        "type" => Some(format!("type={}", names::of_type(stat.type_))),
        "size" => (!its_own).then(|| format!("size={}", stat.size)),
        "links" => (!its_own).then(|| format!("links={}", stat.link_count)),
        "atime" => Some(format!("atime={}", time(stat.data_access_timestamp))),
        _ => Some(format!("mtime={}", time(stat.data_modification_timestamp))),
    };
    let shown: Vec<String> = fields.split(',').filter_map(field).collect();
    shown.join(" ")
}

pub fn is_same(a: &DescriptorStat, b: &DescriptorStat) -> bool {
    let times = |stat: &DescriptorStat| {
        (time(stat.data_access_timestamp), time(stat.data_modification_timestamp))
    };
    (a.type_, a.size, a.link_count) == (b.type_, b.size, b.link_count) && times(a) == times(b)
}

/// `SECONDS+NANOSECONDS`.
fn time(time: Option<Datetime>) -> String {
    match time {
        Some(time) => format!("{}+{}", time.seconds, time.nanoseconds),
        None => "none".to_owned(),
    }
}

/// `no-change`, `now`, or `SECONDS+NANOSECONDS`.
pub fn timestamp(args: &mut Args) -> Result<NewTimestamp, Stop> {
    let text = args.text("a time")?;
    let wrong = || Stop::Usage(format!("`{text}` is no time"));
    Ok(match text.as_str() {
        "no-change" => NewTimestamp::NoChange,
        "now" => NewTimestamp::Now,
        _ => {
            let (seconds, nanoseconds) = text.split_once('+').ok_or_else(wrong)?;
            NewTimestamp::Timestamp(Datetime {
                seconds: seconds.parse().map_err(|_| wrong())?,
                nanoseconds: nanoseconds.parse().map_err(|_| wrong())?,
            })
        }
    })
}
