//! Bytes as people write them: as a text, in hexadecimal, or as a number of zeros.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::values::TextOr;

/// A text, or bytes given by `hex` or as a `size` of zeros.
#[derive(Clone)]
pub struct WireContent(pub Vec<u8>);

/// What is passed through a pipe is kept in memory.
const LARGEST_SIZE: usize = 64 << 20;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireContentMap {
    hex: Option<String>,
    size: Option<usize>,
}

impl<'de> Deserialize<'de> for WireContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "a text, or a map with `hex` or `size`",
            text: |text| Ok(WireContent(text.into_bytes())),
            map: |map: WireContentMap| match (map.hex, map.size) {
                (Some(hex), None) => Ok(WireContent(unhex(&hex)?)),
                (None, Some(size)) if size > LARGEST_SIZE => {
                    Err(format!("`size` is at most {LARGEST_SIZE} bytes"))
                }
                (None, Some(size)) => Ok(WireContent(vec![0; size])),
                _ => Err("give exactly one of `hex` and `size`".into()),
            },
        })
    }
}

pub fn unhex(text: &str) -> Result<Vec<u8>, String> {
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

pub fn hex_schema() -> Value {
    json!({
        "description": "Bytes as pairs of hexadecimal digits; space between them is ignored.",
        "type": "string",
        "pattern": "^\\s*([0-9a-fA-F]\\s*[0-9a-fA-F]\\s*)*$",
    })
}

pub fn size_schema() -> Value {
    json!({ "description": "That many bytes, all zero.", "type": "integer", "minimum": 0 })
}

impl JsonSchema for WireContent {
    fn schema_name() -> Cow<'static, str> {
        "bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "minProperties": 1,
                    "maxProperties": 1,
                    "properties": { "hex": hex_schema(), "size": size_schema() },
                },
            ],
        })
    }
}
