//! The YAML of a file of divergences, exactly as people write it. The doc comments are the
//! descriptions of its JSON Schema.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::DivergenceKind;

/// Why a runtime differs, in which versions, and in which cases. docs/reference/divergences.md is the
/// reference.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "The divergences of one runtime")]
pub struct WireFile {
    /// The runtime's name, which is also this file's.
    #[schemars(length(min = 1))]
    pub runtime: String,
    /// Why it differs.
    pub causes: Vec<WireCause>,
    /// What differs from run to run.
    #[serde(default)]
    pub flaky: Vec<WireFlaky>,
}

/// One reason for which the runtime differs, and the differences that it explains.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cause", transform = cases_or_where)]
pub struct WireCause {
    /// Two to five words, unique in the file: `preopen-name-nul`.
    #[schemars(schema_with = "id")]
    pub id: String,
    /// The versions of the runtime that differ, as Cargo writes ranges: `>=48, <50`.
    #[schemars(schema_with = "range")]
    pub versions: String,
    /// The only runtime that it applies to, of those that share this file: `wasmer-cli`. By default,
    /// all of them.
    #[serde(default)]
    #[schemars(schema_with = "runtime")]
    pub applies_to: Option<String>,
    /// bug: the specification says otherwise. unsupported: the runtime does not offer this, and says so.
    /// unspecified: the specification leaves it open.
    #[schemars(schema_with = "kind")]
    pub kind: DivergenceKind,
    /// Which side is right, and why the runtime differs. `bless` writes TODO, which `check` refuses.
    #[schemars(schema_with = "why")]
    pub why: String,
    /// The upstream issue, or the line of its source.
    #[schemars(schema_with = "link")]
    pub link: String,
    /// The cases that it explains, by id or by a pattern with `*`. Without `where`, all their differences.
    #[serde(default)]
    #[schemars(schema_with = "cases")]
    pub cases: Option<Texts>,
    /// Which differences it explains; without `cases`, of any case.
    #[serde(default, rename = "where")]
    #[schemars(with = "WireWhere")]
    pub where_: Option<WireWhere>,
    /// Whether it also explains what follows such a difference in the same case.
    #[serde(default)]
    pub consequences: bool,
}

/// A predicate over a changed line: all keys must hold.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "where", extend("minProperties" = 1))]
pub struct WireWhere {
    /// One of the rules of the case.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub rule: Option<Texts>,
    /// The function of the line.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub call: Option<Texts>,
    /// What the line should say after `->`, or its first word; `(none)` if the line is unexpected.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub expected: Option<Texts>,
    /// What the line says after `->`, or its first word; `(none)` if the line is missing.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub observed: Option<Texts>,
    /// How the guest ended: an exit status, or `trap`, `unsupported`, `timeout`, `crash`, `output_limit`.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub exit: Option<Texts>,
    /// How the last unexpected line of stdout ends.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub stdout_ends: Option<Texts>,
    /// The part of the difference: `stdout`, `stderr`, `exit`, `tree`.
    #[serde(default)]
    #[schemars(schema_with = "part")]
    pub part: Option<super::Part>,
}

/// A line or a part that differs from run to run. It never covers a crash or a time-out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "flaky", transform = values_or_matches)]
pub struct WireFlaky {
    /// As in a cause.
    #[schemars(schema_with = "id")]
    pub id: String,
    /// As in a cause.
    #[schemars(schema_with = "range")]
    pub versions: String,
    /// As in a cause.
    #[serde(default)]
    #[schemars(schema_with = "runtime")]
    pub applies_to: Option<String>,
    /// As in a cause.
    #[schemars(schema_with = "kind")]
    pub kind: DivergenceKind,
    /// What varies, and why.
    #[schemars(schema_with = "why")]
    pub why: String,
    /// As in a cause.
    #[schemars(schema_with = "link")]
    pub link: String,
    /// The cases, by id or by a pattern with `*`.
    #[schemars(schema_with = "cases")]
    pub cases: Texts,
    /// The part that varies: `stdout`, `stderr`, `exit`, `tree`.
    #[schemars(schema_with = "part")]
    pub part: super::Part,
    /// The number of the line. Without `line` and `left`, the whole part.
    #[serde(default)]
    #[schemars(with = "usize", range(min = 1))]
    pub line: Option<usize>,
    /// What stands in front of `->` in the line, or in front of `:` in a tree.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub left: Option<Texts>,
    /// The values that it takes, each a pattern with `*`; of `exit`, statuses or `trap`.
    #[serde(default)]
    #[schemars(with = "Texts")]
    pub values: Option<Texts>,
    /// A regular expression for the whole value.
    #[serde(default)]
    #[schemars(with = "String")]
    pub matches: Option<String>,
}

/// A text or a list of texts. Numbers count as texts.
#[derive(Clone, Debug, Default)]
pub struct Texts(pub Vec<String>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One(String);
        impl<'de> Deserialize<'de> for One {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Texts::deserialize(deserializer).and_then(|texts| match texts.0.as_slice() {
                    [one] => Ok(One(one.clone())),
                    _ => Err(de::Error::custom("a list in a list")),
                })
            }
        }
        struct OneOrMore;
        impl<'de> Visitor<'de> for OneOrMore {
            type Value = Texts;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Texts, E> {
                Ok(Texts(vec![number.to_string()]))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Texts, E> {
                Ok(Texts(vec![number.to_string()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(One(text)) = list.next_element()? {
                    texts.push(text);
                }
                match texts.is_empty() {
                    true => Err(de::Error::custom("an empty list")),
                    false => Ok(Texts(texts)),
                }
            }
        }
        deserializer.deserialize_any(OneOrMore)
    }
}

impl JsonSchema for Texts {
    fn schema_name() -> Cow<'static, str> {
        "patterns".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, in which `*` stands for anything, or a list of such texts.",
            "anyOf": [
                { "type": ["string", "integer"] },
                { "type": "array", "items": { "type": ["string", "integer"] }, "minItems": 1 }
            ]
        })
    }
}

fn cases_or_where(schema: &mut Schema) {
    let either = json!([{ "required": ["cases"] }, { "required": ["where"] }]);
    schema.insert("anyOf".into(), either);
    let consequences = json!({ "properties": { "consequences": { "const": true } }, "required": ["consequences"] });
    schema.insert("if".into(), consequences);
    schema.insert("then".into(), json!({ "required": ["where"] }));
}

fn values_or_matches(schema: &mut Schema) {
    let either = json!([{ "required": ["values"] }, { "required": ["matches"] }]);
    schema.insert("oneOf".into(), either);
}

fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

fn id(_: &mut SchemaGenerator) -> Schema {
    text(super::ID)
}

fn range(_: &mut SchemaGenerator) -> Schema {
    text("\\S")
}

fn runtime(_: &mut SchemaGenerator) -> Schema {
    text("^[A-Za-z0-9._-]+$")
}

fn why(_: &mut SchemaGenerator) -> Schema {
    text("\\S")
}

fn link(_: &mut SchemaGenerator) -> Schema {
    text("^(https://|TODO)")
}

fn kind(_: &mut SchemaGenerator) -> Schema {
    let kinds = [DivergenceKind::Bug, DivergenceKind::Unsupported, DivergenceKind::Unspecified];
    json_schema!({ "enum": kinds })
}

fn part(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": ["stdout", "stderr", "exit", "tree"] })
}

fn cases(_: &mut SchemaGenerator) -> Schema {
    let id = json!({ "type": "string", "pattern": "^[a-z0-9_*:]+$" });
    json_schema!({ "anyOf": [id, { "type": "array", "items": id, "minItems": 1 }] })
}
