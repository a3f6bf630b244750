//! The YAML of a file of cases, exactly as people write it. Only [`super::load`] sees these types.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use runner_kit::{Capability, Socket};

use super::{Area, Ending, Entry, Kind, Level, Tag};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireFile {
    pub area: Area,
    pub spec: String,
    pub guest: Option<String>,
    #[serde(default)]
    pub requires: Vec<Capability>,
    #[serde(default)]
    pub tags: Vec<Tag>,
    #[serde(default)]
    pub rules: Vec<WireRule>,
    #[serde(default)]
    pub cases: Vec<WireCase>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireRule {
    pub id: String,
    pub text: String,
    pub spec: Option<String>,
    #[serde(default)]
    pub level: Level,
    pub untested: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireCase {
    pub id: String,
    pub rules: Vec<String>,
    pub title: Option<String>,
    pub guest: Option<String>,
    #[serde(default)]
    pub requires: Vec<Capability>,
    #[serde(default)]
    pub tags: Vec<Tag>,
    pub args: Option<Vec<String>>,
    pub transcript: Option<Vec<WireStatement>>,
    #[serde(default)]
    pub env: Vec<String>,
    pub stdin: Option<WireContent>,
    pub socket: Option<Socket>,
    pub timeout: Option<f64>,
    pub preopens: Option<Vec<WirePreopen>>,
    #[serde(default)]
    pub fs: WireTree,
    pub stdout: Option<WireText>,
    pub stderr: Option<WireText>,
    pub exit: Option<WireExit>,
    #[serde(default)]
    pub fs_after: WireTree,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WirePreopen {
    pub guest: String,
    pub host: String,
    #[serde(default)]
    pub read_only: bool,
}

/// `call -> result`, or a call with several results that the rule allows.
pub struct WireStatement {
    pub call: String,
    pub results: Vec<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireStatementMap {
    call: String,
    any_of: Vec<String>,
}

/// A whole text, or the several that the rule allows.
pub struct WireText(pub Vec<String>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTextMap {
    any_of: Vec<String>,
}

/// A number, or one of the words of [`Ending`].
pub struct WireExit(pub Ending);

/// A text, or bytes given by `hex` or as a `size` of zeros.
pub struct WireContent(pub Vec<u8>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireContentMap {
    hex: Option<String>,
    size: Option<usize>,
}

/// Entries by path; `None` is a name that is gone.
#[derive(Default)]
pub struct WireTree(pub BTreeMap<String, Option<Entry>>);

#[derive(Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEntry {
    content: Option<String>,
    hex: Option<String>,
    size: Option<usize>,
    symlink: Option<String>,
    hard_link: Option<String>,
    mode: Option<u32>,
    mtime: Option<u64>,
    atime: Option<u64>,
}

/// Reads "a text or a map": the shape that most values here have. (serde's `untagged` would do it
/// too, but says only that nothing matched.)
struct TextOr<M, T> {
    expecting: &'static str,
    text: fn(String) -> Result<T, String>,
    map: fn(M) -> Result<T, String>,
}

impl<'de, M: Deserialize<'de>, T> Visitor<'de> for TextOr<M, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        (self.text)(text.to_owned()).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        let map = M::deserialize(MapAccessDeserializer::new(map))?;
        (self.map)(map).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for WireStatement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "`call -> result`, or a map with `call` and `any_of`",
            text: |line| {
                let (call, result) = line.split_once(" -> ").ok_or_else(|| {
                    format!("`{line}` has no ` -> result`: write what the call must give")
                })?;
                Ok(WireStatement { call: call.trim().to_owned(), results: vec![result.to_owned()] })
            },
            map: |map: WireStatementMap| {
                several(&map.any_of)?;
                Ok(WireStatement { call: map.call, results: map.any_of })
            },
        })
    }
}

impl<'de> Deserialize<'de> for WireText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "a text, or a map with `any_of`",
            text: |text| Ok(WireText(vec![text])),
            map: |map: WireTextMap| {
                several(&map.any_of)?;
                Ok(WireText(map.any_of))
            },
        })
    }
}

fn several(alternatives: &[String]) -> Result<(), String> {
    if alternatives.len() < 2 {
        return Err("`any_of` needs at least two alternatives; write a single one plainly".into());
    }
    Ok(())
}

impl<'de> Deserialize<'de> for WireContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "a text, or a map with `hex` or `size`",
            text: |text| Ok(WireContent(text.into_bytes())),
            map: |map: WireContentMap| match (map.hex, map.size) {
                (Some(hex), None) => Ok(WireContent(unhex(&hex)?)),
                (None, Some(size)) => Ok(WireContent(vec![0; size])),
                _ => Err("give exactly one of `hex` and `size`".into()),
            },
        })
    }
}

impl<'de> Deserialize<'de> for WireExit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ExitVisitor;
        impl Visitor<'_> for ExitVisitor {
            type Value = Ending;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an exit status from 0 to 4294967295, or `trap`")
            }

            fn visit_u64<E: de::Error>(self, code: u64) -> Result<Ending, E> {
                let unexpected = de::Unexpected::Unsigned(code);
                u32::try_from(code)
                    .map(Ending::Exit)
                    .map_err(|_| E::invalid_value(unexpected, &self))
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Ending, E> {
                let endings = [
                    Ending::Trap,
                    Ending::Unsupported,
                    Ending::Timeout,
                    Ending::Crash,
                    Ending::OutputLimit,
                ];
                let found = endings.into_iter().find(|e| e.to_string() == word);
                found.ok_or_else(|| E::invalid_value(de::Unexpected::Str(word), &self))
            }
        }
        deserializer.deserialize_any(ExitVisitor).map(WireExit)
    }
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
                    let name = path.trim_end_matches('/').to_owned();
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
        WireEntryOrText::Text(text) => Entry::plain(Kind::File(text.into_bytes())),
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
    kinds.extend(map.content.map(|text| Kind::File(text.into_bytes())));
    if let Some(hex) = map.hex {
        kinds.push(Kind::File(unhex(&hex)?));
    }
    kinds.extend(map.size.map(|size| Kind::File(vec![0; size])));
    kinds.extend(map.symlink.map(Kind::Symlink));
    kinds.extend(map.hard_link.map(Kind::HardLink));
    match kinds.len() {
        1 => Ok(kinds.remove(0)),
        0 => Err(format!(
            "`{path}` has no kind: end the name in `/` for a directory, or give `content`, `hex`, `size`, \
             `symlink` or `hard_link`"
        )),
        _ => Err(format!("`{path}` is given as more than one kind of thing")),
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        if pair.len() == 2 && !pair.starts_with('+') {
            u8::from_str_radix(pair, 16).ok()
        } else {
            None
        }
    };
    digits
        .chunks(2)
        .map(|chunk| {
            pair(chunk).ok_or_else(|| format!("`{text}` is not pairs of hexadecimal digits"))
        })
        .collect()
}
