//! Reading directories.

use model::{Call, Dirent, Listing};
use preview1::FILETYPE;

use super::{Made, Verb, shown};
use crate::operands::{Cookie, Operands, Place, entries};
use crate::shown::Shown;
use crate::world::{Entries, Stop, Value};
use crate::{names, text};

pub const VERBS: &[(&str, Verb)] = &[("fd_readdir", fd_readdir), ("list", list)];

/// How much of a directory a call leaves out.
#[derive(Clone, Copy)]
enum From {
    Start,
    /// So many entries; the host knows which.
    After(usize),
    /// All of them.
    End,
    /// After a cookie that no entry has.
    Nowhere,
    Unknown,
}

fn fd_readdir(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let fd = operands.fd(place)?;
    let len = operands.number("the buffer's length", place)? as u32;
    let room = operands.memory("buffer", len as usize, 1, place)?.map(|()| len);
    let cookie = operands.cookie(place)?;
    let to = operands.memory("result", 4, 4, place)?;
    let versus = operands.option("versus");
    operands.end()?;
    let (from, cookie) = match cookie {
        Cookie::Number(0) | Cookie::After(_, Some(0)) => (From::Start, 0),
        Cookie::Number(number) => (From::Nowhere, number),
        Cookie::After(of, Some(after)) if Some(after) == of.count => (From::End, after as u64),
        Cookie::After(_, Some(after)) => (From::After(after), after as u64),
        Cookie::After(of, None) => (From::Unknown, of.all.last().map_or(0, |last| last.next)),
    };
    let is_compared = match &versus {
        Some(word) => entries(word, place.world)?.is_some(),
        None => false,
    };
    let call = Call::FdReaddir { fd, room, cookie, to };
    Ok(shown(call, move |success| {
        let model::Value::Entries(listing) = success.value else {
            return (Shown::anything(), None);
        };
        let (can_end, can_fill) = endings(listing, from);
        let mut ends = Vec::new();
        ends.extend(can_end.then_some(if is_compared { "end" } else { "" }));
        ends.extend(can_fill.then_some("full"));
        let shown = match (is_compared, can_end) {
            (true, _) => Shown::text("same ").and_one_of(&ends),
            (false, false) => Shown::text("full"),
            (false, true) => {
                let mut texts = texts(listing, from);
                if texts.is_empty() {
                    return (Shown::anything(), None);
                }
                texts.extend(can_fill.then(|| "full".into()));
                Shown::default().and_one_of(&texts)
            }
        };
        let count = (!can_fill && matches!(from, From::Start)).then_some(listing.entries.len());
        (shown, Some(Value::Entries(Entries { all: listing.entries.clone(), count })))
    }))
}

/// All entries, by as many calls as that takes.
fn list(operands: &mut Operands, place: &mut Place) -> Result<Made, Stop> {
    let fd = operands.fd(place)?;
    let len = operands.optional_number(4096, place)? as usize;
    operands.end()?;
    let call = Call::FdReaddir { fd, room: Ok(len as u32), cookie: 0, to: Ok(()) };
    Ok(shown(call, move |success| {
        let model::Value::Entries(listing) = success.value else {
            return (Shown::anything(), None);
        };
        if listing.entries.iter().any(|entry| entry.size() > len) {
            return (Shown::anything(), None);
        }
        let shown = Shown::default().and_one_of(&texts(listing, From::Start));
        let all = listing.entries.clone();
        let count = Some(all.len());
        (shown, Some(Value::Entries(Entries { all, count })))
    }))
}

/// With `.` and `..`, and without.
fn variants(listing: &Listing) -> [Vec<&Dirent>; 2] {
    let named = listing.entries.iter().filter(|entry| !entry.is_dots());
    [listing.entries.iter().collect(), named.collect()]
}

/// Whether a buffer can have room left, and whether it can be full.
fn endings(listing: &Listing, from: From) -> (bool, bool) {
    let (mut can_end, mut can_fill) = (false, false);
    let room = listing.room as usize;
    for entries in variants(listing) {
        let mut sizes: Vec<usize> = entries.iter().map(|entry| entry.size()).collect();
        sizes.sort_unstable();
        let left = match from {
            From::Start => 0,
            From::After(after) => after.min(sizes.len()),
            From::End => sizes.len(),
            From::Nowhere | From::Unknown => {
                can_end |= room > 0;
                0
            }
        };
        let least: usize = sizes[..sizes.len() - left].iter().sum();
        let most: usize = sizes[left..].iter().sum();
        can_end |= least < room;
        can_fill |= most >= room;
    }
    (can_end, can_fill)
}

/// How the entries can be shown if the buffer has room left; nothing if that is not known.
fn texts(listing: &Listing, from: From) -> Vec<String> {
    let all = variants(listing).map(|entries| show(&entries)).to_vec();
    match from {
        From::Start => all,
        From::End => vec![show(&[])],
        From::Nowhere => [all, vec![show(&[])]].concat(),
        From::After(_) | From::Unknown => Vec::new(),
    }
}

/// Sorted by name, since the host chooses the order.
fn show(entries: &[&Dirent]) -> String {
    let mut sorted = entries.to_vec();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let show = |entry: &&Dirent| {
        let filetype = names::show(&FILETYPE, entry.filetype.into());
        format!("{}:{filetype}", text::show_name(&entry.name))
    };
    if sorted.is_empty() {
        return "nothing".into();
    }
    sorted.iter().map(show).collect::<Vec<_>>().join(" ")
}
