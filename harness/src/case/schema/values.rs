//! Texts, bytes, exit statuses and statements: the values that a case is made of.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::case::Ending;

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
#[derive(Clone)]
pub struct WireText(pub Vec<String>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTextMap {
    any_of: Vec<String>,
}

/// The endings that are written as words.
const WORDS: [Ending; 5] =
    [Ending::Trap, Ending::Unsupported, Ending::Timeout, Ending::Crash, Ending::OutputLimit];

/// A number, or one of the words of [`Ending`].
#[derive(Clone)]
pub struct WireExit(pub Ending);

/// Reads "a text or a map": the shape that most values here have. (serde's `untagged` would do it
/// too, but says only that nothing matched.)
pub struct TextOr<M, T> {
    pub expecting: &'static str,
    pub text: fn(String) -> Result<T, String>,
    pub map: fn(M) -> Result<T, String>,
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

impl WireStatement {
    /// Reads `call -> result`.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (call, result) = line.split_once(" -> ").ok_or_else(|| {
            format!("`{line}` has no ` -> result`: write what the call must give")
        })?;
        Ok(WireStatement { call: call.trim().to_owned(), results: vec![result.to_owned()] })
    }
}

impl<'de> Deserialize<'de> for WireStatement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "`call -> result`, or a map with `call` and `any_of`",
            text: |line| WireStatement::parse(&line),
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

pub fn several(alternatives: &[String]) -> Result<(), String> {
    if alternatives.len() < 2 {
        return Err("`any_of` needs at least two alternatives; write a single one plainly".into());
    }
    Ok(())
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
                let found = WORDS.into_iter().find(|ending| ending.to_string() == word);
                found.ok_or_else(|| E::invalid_value(de::Unexpected::Str(word), &self))
            }
        }
        deserializer.deserialize_any(ExitVisitor).map(WireExit)
    }
}

/// A map in the order of the file, with the keys that it has twice: a map in memory would lose both.
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Ordered(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// The allowed texts; one of them must come out.
pub fn any_of_schema() -> Schema {
    json_schema!({
        "description": "The allowed texts; one of them must come out. Only if the rule itself allows several.",
        "type": "array",
        "items": { "type": "string" },
        "minItems": 2,
    })
}

impl JsonSchema for WireStatement {
    fn schema_name() -> Cow<'static, str> {
        "statement".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {
                    "description": "`call -> result`; the result `(ends)` is for a call that the guest does not survive.",
                    "type": "string",
                    "pattern": " -> ",
                },
                {
                    "description": "A call with several results that the rule allows.",
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["call", "any_of"],
                    "properties": {
                        "call": { "description": "The statement.", "type": "string" },
                        "any_of": any_of_schema(),
                    },
                },
            ],
        })
    }
}

impl JsonSchema for WireText {
    fn schema_name() -> Cow<'static, str> {
        "text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["any_of"],
                    "properties": { "any_of": any_of_schema() },
                },
            ],
        })
    }
}

impl JsonSchema for WireExit {
    fn schema_name() -> Cow<'static, str> {
        "exit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<String> = WORDS.iter().map(Ending::to_string).collect();
        json_schema!({
            "anyOf": [
                {
                    "description": "An exit status.",
                    "type": "integer",
                    "minimum": 0,
                    "maximum": u32::MAX,
                },
                {
                    "description": "trap: the guest traps. The other words are for divergences.",
                    "enum": words,
                },
            ],
        })
    }
}

impl<T: JsonSchema> JsonSchema for Ordered<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("map_of_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let each = generator.subschema_for::<T>();
        json_schema!({ "type": "object", "additionalProperties": each })
    }
}
