//! A tree as people write it: what is there, by path.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};

use super::bytes::{hex_schema, size_schema, unhex};
use super::values::TextOr;
use crate::case::{Entry, Kind};
use crate::support::bytes;

/// No file of zeros needs to be longer, and not every file system has longer ones.
const LARGEST_FILE: u64 = 1 << 40;

/// Entries by path; `None` is a name that is gone.
#[derive(Clone, Default)]
pub struct WireTree(pub BTreeMap<String, Option<Entry>>);

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    content: Option<String>,
    hex: Option<String>,
    size: Option<u64>,
    symlink: Option<String>,
    hard_link: Option<String>,
    mode: Option<u32>,
    mtime: Option<u64>,
    atime: Option<u64>,
}

impl<'de> Deserialize<'de> for WireTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TreeVisitor;
        impl<'de> Visitor<'de> for TreeVisitor {
            type Value = WireTree;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map from paths to what is there")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireTree, A::Error> {
                let mut tree = BTreeMap::new();
                while let Some((path, entry)) = map.next_entry::<String, WireEntryOrText>()? {
                    let name = canonical(path.trim_end_matches('/'));
                    let entry = to_entry(&path, entry).map_err(de::Error::custom)?;
                    if tree.insert(name, entry).is_some() {
                        return Err(de::Error::custom(format!("`{path}` is given twice")));
                    }
                }
                Ok(WireTree(tree))
            }
        }
        deserializer.deserialize_map(TreeVisitor)
    }
}

enum WireEntryOrText {
    Text(String),
    Map(WireEntry),
}

impl<'de> Deserialize<'de> for WireEntryOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "a file's text, `absent`, or a map (`{}` for a directory)",
            text: |text| Ok(WireEntryOrText::Text(text)),
            map: |map| Ok(WireEntryOrText::Map(map)),
        })
    }
}

/// A name as an observed one is written: `\xc3\xa9` is `é`.
fn canonical(name: &str) -> String {
    bytes::name(bytes::to_name(name).as_encoded_bytes())
}

fn to_entry(path: &str, wire: WireEntryOrText) -> Result<Option<Entry>, String> {
    let name = path.trim_end_matches('/');
    let clean = |part: &str| !part.is_empty() && part != "." && part != "..";
    if !name.split('/').all(clean) {
        return Err(format!("`{path}` must be a relative path without empty parts, `.` or `..`"));
    }
    let directory = path.ends_with('/');
    let entry = match wire {
        WireEntryOrText::Text(text) if text == "absent" => return Ok(None),
        WireEntryOrText::Text(_) if directory => {
            return Err(format!(
                "`{path}` is a directory (it ends in `/`), so it cannot have a text"
            ));
        }
        WireEntryOrText::Text(text) => Entry::plain(Kind::file(text.into_bytes())),
        WireEntryOrText::Map(map) => {
            let (mode, mtime, atime) = (map.mode, map.mtime, map.atime);
            if mode.is_some_and(|mode| mode > 0o7777) {
                return Err(format!("`{path}`: the mode is more than permission bits (0o7777)"));
            }
            let kind = to_kind(path, directory, map)?;
            if mode.is_some() && matches!(kind, Kind::Symlink(_)) {
                return Err(format!(
                    "`{path}`: a symbolic link has no mode of its own: leave it out"
                ));
            }
            Entry { kind, mode, mtime, atime }
        }
    };
    Ok(Some(entry))
}

fn to_kind(path: &str, directory: bool, map: WireEntry) -> Result<Kind, String> {
    let mut kinds = Vec::new();
    kinds.extend(directory.then_some(Kind::Directory));
    kinds.extend(map.content.map(|text| Kind::file(text.into_bytes())));
    if let Some(hex) = map.hex {
        kinds.push(Kind::file(unhex(&hex)?));
    }
    if let Some(size) = map.size {
        if size > LARGEST_FILE {
            return Err(format!(
                "`{path}`: a file has at most {LARGEST_FILE} bytes, which is 1 TiB"
            ));
        }
        kinds.push(Kind::zeros(size));
    }
    kinds.extend(map.symlink.map(|target| Kind::Symlink(canonical(&target))));
    kinds.extend(map.hard_link.map(|name| Kind::HardLink(canonical(&name))));
    match kinds.len() {
        1 => Ok(kinds.remove(0)),
        0 => Err(format!(
            "`{path}` has no kind: end the name in `/` for a directory, or give `content`, `hex`, `size`, \
             `symlink` or `hard_link`"
        )),
        _ => Err(format!("`{path}` is given as more than one kind of thing")),
    }
}

/// A file's or a directory's attributes.
fn attributes() -> Value {
    let time = "Nanoseconds since 1970.";
    json!({
        "mode": { "description": "Permission bits: `0o644`.", "type": "integer", "minimum": 0, "maximum": 0o7777 },
        "mtime": { "description": time, "type": "integer", "minimum": 0 },
        "atime": { "description": time, "type": "integer", "minimum": 0 },
    })
}

/// Anything but a directory.
fn entry() -> Value {
    let mut properties = json!({
        "content": { "description": "A file with this text.", "type": "string" },
        "hex": hex_schema(),
        "size": size_schema(),
        "symlink": { "description": "A symbolic link with this target.", "type": "string" },
        "hard_link": { "description": "Another name of this file of the tree.", "type": "string" },
    });
    let kinds: Vec<String> = properties.as_object().expect("it is a map").keys().cloned().collect();
    let kinds: Vec<Value> = kinds.iter().map(|kind| json!({ "required": [kind] })).collect();
    for (name, schema) in attributes().as_object().expect("it is a map") {
        properties[name] = schema.clone();
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "oneOf": kinds,
        "dependentSchemas": { "symlink": { "properties": { "mode": false } } },
    })
}

impl JsonSchema for WireTree {
    fn schema_name() -> Cow<'static, str> {
        "tree".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let absent = json!({ "description": "The name is gone.", "const": "absent" });
        let directory = json!({
            "description": "A directory: `{}`, or with attributes.",
            "type": "object",
            "additionalProperties": false,
            "properties": attributes(),
        });
        json_schema!({
            "type": "object",
            "propertyNames": {
                "pattern": "^(?!\\.{1,2}(/|$))[^/]+(/(?!\\.{1,2}(/|$))[^/]+)*/*$",
            },
            "patternProperties": {
                "/$": { "anyOf": [absent, directory] },
                "[^/]$": {
                    "anyOf": [{ "description": "A file with this text.", "type": "string" }, entry()],
                },
            },
        })
    }
}
