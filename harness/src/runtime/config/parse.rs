//! Reads each entry as the type that its `kind` names, in a second pass over the file.
//!
//! An internally tagged enum of serde would copy each entry into a buffer first, and errors in it
//! would lose their line numbers.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::types::{Entry, Kind};

/// The first pass: the kinds of the entries. It is the seed of the second.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kinds {
    runtimes: Vec<WithKind>,
}

#[derive(Deserialize)]
struct WithKind {
    kind: Kind,
}

impl<'de> DeserializeSeed<'de> for Kinds {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, file: D) -> Result<Vec<Entry>, D::Error> {
        file.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Kinds {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map with the key `runtimes`")
    }

    /// The first pass made sure that `runtimes` is the only key.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Entry>, A::Error> {
        map.next_key::<IgnoredAny>()?;
        map.next_value_seed(Entries(self.runtimes))
    }
}

struct Entries(Vec<WithKind>);

impl<'de> DeserializeSeed<'de> for Entries {
    type Value = Vec<Entry>;

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<Vec<Entry>, D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of runtimes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Entry>, A::Error> {
        let mut entries = Vec::new();
        for WithKind { kind } in self.0 {
            let entry = match kind {
                Kind::Library => list.next_element()?.map(Entry::Library),
                Kind::Script => list.next_element()?.map(Entry::Script),
                Kind::Command => list.next_element()?.map(Entry::Command),
            };
            entries.push(entry.ok_or_else(|| A::Error::custom("the file changed"))?);
        }
        // The end of the list, which the parser waits for.
        list.next_element::<IgnoredAny>()?;
        Ok(entries)
    }
}
