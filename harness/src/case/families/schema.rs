//! The YAML of a file of families, exactly as people write it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use runner_kit::{Capability, Socket};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::case::Tag;
use crate::case::schema::{
    Ordered, TextOr, WireContent, WireExit, WirePreopen, WireText, WireTree, any_of_schema,
    capabilities, initial_tree, rule_names, seconds, sentence, several, socket, tags, word,
};

/// Cases that are the same for many calls. docs/reference/families.md is the reference.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A file of families of cases")]
pub struct WireFamilies {
    pub families: Vec<WireFamily>,
}

/// One case, written once for many calls.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "family")]
pub struct WireFamily {
    /// The second part of the ids: the family `below_file` and the call `path_open` make
    /// `path_open::below_file`.
    #[schemars(schema_with = "word")]
    pub family: String,
    /// The calls that must have this case. path, fd and sock: those whose name starts so. result:
    /// those that write a result to an address that they are given.
    #[serde(default)]
    #[schemars(schema_with = "group")]
    pub complete: Option<Group>,
    /// The calls of that group that have no such case, and why.
    #[serde(default)]
    #[schemars(schema_with = "reasons")]
    pub except: Ordered<String>,
    /// The rules that the cases prove. A name without a dot is a rule of the call's own file.
    #[serde(default)]
    #[schemars(schema_with = "rule_names")]
    pub rules: Vec<String>,
    /// What the cases show, if their rules say more or less than that.
    #[serde(default)]
    #[schemars(schema_with = "sentence")]
    pub title: Option<String>,
    /// What all the cases need of the way a runtime is embedded.
    #[serde(default)]
    #[schemars(schema_with = "capabilities")]
    pub requires: Vec<Capability>,
    /// What all the cases are about.
    #[serde(default)]
    #[schemars(schema_with = "tags")]
    pub tags: Vec<Tag>,
    /// As in a case.
    #[serde(default)]
    #[schemars(schema_with = "seconds")]
    pub timeout: Option<f64>,
    /// As in a case.
    #[serde(default)]
    #[schemars(with = "WireContent")]
    pub stdin: Option<WireContent>,
    /// As in a case.
    #[serde(default)]
    #[schemars(schema_with = "socket")]
    pub socket: Option<Socket>,
    /// As in a case.
    #[serde(default)]
    #[schemars(with = "Vec<WirePreopen>")]
    pub preopens: Option<Vec<WirePreopen>>,
    /// The names that every call's tree has before the guest runs.
    #[serde(default)]
    #[schemars(schema_with = "initial_tree")]
    pub fs: WireTree,
    /// The calls and their results, with placeholders: `{function}`, `{args}`, `{call}` (both),
    /// `{result}`, and the words of `with`.
    pub transcript: Vec<WireTemplate>,
    /// What `{result}` stands for.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub result: Option<WireText>,
    /// What further placeholders stand for. A list repeats the statement for each of its texts.
    #[serde(default)]
    #[schemars(schema_with = "words")]
    pub with: BTreeMap<String, WireTexts>,
    /// As in a case.
    #[serde(default)]
    #[schemars(with = "WireExit")]
    pub exit: Option<WireExit>,
    /// What has changed in every call's tree after the guest ran.
    #[serde(default)]
    pub fs_after: WireTree,
    /// Each call with its arguments. The key is the call's name, or a whole id that does not end in
    /// the family's name.
    #[schemars(schema_with = "calls")]
    pub calls: Ordered<WireCall>,
}

/// Calls that a family can be complete for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Path,
    Fd,
    Sock,
    /// Calls that write a result to an address that they are given.
    Result,
}

/// A call, with what it adds to its family or has in place of it: its arguments, or a map.
pub struct WireCall(pub WireInstance);

/// What a call adds to its family or has in place of it.
#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "instance")]
pub struct WireInstance {
    /// The call's arguments. A list repeats the statements that contain them.
    #[serde(default)]
    pub args: WireTexts,
    /// The rules that this case proves, in place of the family's.
    #[serde(default)]
    #[schemars(schema_with = "rule_names")]
    pub rules: Option<Vec<String>>,
    /// What this case shows, in place of the family's title.
    #[serde(default)]
    #[schemars(schema_with = "sentence")]
    pub title: Option<String>,
    /// What else this case needs of the way a runtime is embedded.
    #[serde(default)]
    #[schemars(schema_with = "capabilities")]
    pub requires: Vec<Capability>,
    /// What else this case is about.
    #[serde(default)]
    #[schemars(schema_with = "tags")]
    pub tags: Vec<Tag>,
    /// In place of the family's.
    #[serde(default)]
    #[schemars(schema_with = "seconds")]
    pub timeout: Option<f64>,
    /// In place of the family's.
    #[serde(default)]
    #[schemars(with = "WireContent")]
    pub stdin: Option<WireContent>,
    /// In place of the family's.
    #[serde(default)]
    #[schemars(schema_with = "socket")]
    pub socket: Option<Socket>,
    /// In place of the family's.
    #[serde(default)]
    #[schemars(with = "Vec<WirePreopen>")]
    pub preopens: Option<Vec<WirePreopen>>,
    /// Names in addition to the family's or in place of them; `absent` removes one.
    #[serde(default)]
    pub fs: WireTree,
    /// The call's result, if it is not the family's.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub result: Option<WireText>,
    /// Texts in place of the family's.
    #[serde(default)]
    #[schemars(schema_with = "words")]
    pub with: BTreeMap<String, WireTexts>,
    /// In place of the family's.
    #[serde(default)]
    #[schemars(with = "WireExit")]
    pub exit: Option<WireExit>,
    /// Names in addition to the family's or in place of them.
    #[serde(default)]
    pub fs_after: WireTree,
}

/// A text, or a list of texts.
#[derive(Clone)]
pub struct WireTexts(pub Vec<String>);

impl Default for WireTexts {
    fn default() -> Self {
        WireTexts(vec![String::new()])
    }
}

/// A statement with placeholders, or placeholders that stand for whole statements.
pub enum WireTemplate {
    Line(String),
    Several { call: String, any_of: Vec<String> },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct WireTemplateMap {
    call: String,
    any_of: Vec<String>,
}

impl<'de> Deserialize<'de> for WireTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextOr {
            expecting: "`call -> result`, or a map with `call` and `any_of`",
            text: |line| Ok(WireTemplate::Line(line)),
            map: |WireTemplateMap { call, any_of }| {
                several(&any_of)?;
                Ok(WireTemplate::Several { call, any_of })
            },
        })
    }
}

/// Reads texts and lists of texts, and where they may stand in place of a map, also maps.
struct TextsOr<T> {
    expecting: &'static str,
    texts: fn(WireTexts) -> T,
}

impl<'de, T: FromMap> Visitor<'de> for TextsOr<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Ok((self.texts)(WireTexts(vec![text.to_owned()])))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    /// Nothing behind the colon: a call without arguments.
    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        self.visit_str("")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element()? {
            texts.push(text);
        }
        Ok((self.texts)(WireTexts(texts)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::from_map(map, &self)
    }
}

/// What can be read from a map, or says that it cannot.
trait FromMap: Sized {
    fn from_map<'de, A: MapAccess<'de>>(
        _: A,
        expected: &dyn de::Expected,
    ) -> Result<Self, A::Error> {
        Err(de::Error::invalid_type(de::Unexpected::Map, expected))
    }
}

impl FromMap for WireTexts {}

impl FromMap for WireCall {
    fn from_map<'de, A: MapAccess<'de>>(map: A, _: &dyn de::Expected) -> Result<Self, A::Error> {
        WireInstance::deserialize(MapAccessDeserializer::new(map)).map(WireCall)
    }
}

impl<'de> Deserialize<'de> for WireTexts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsOr {
            expecting: "a text or a list of texts",
            texts: |texts| texts,
        })
    }
}

impl<'de> Deserialize<'de> for WireCall {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsOr {
            expecting: "the call's arguments, a list of them, or a map",
            texts: |args| WireCall(WireInstance { args, ..WireInstance::default() }),
        })
    }
}

fn group(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": [Group::Path, Group::Fd, Group::Sock, Group::Result] })
}

fn reasons(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": word(generator),
        "additionalProperties": sentence(generator),
    })
}

fn words(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "propertyNames": {
            "pattern": "^[a-z0-9_]+$",
            "not": { "enum": ["function", "args", "call", "result"] },
        },
        "additionalProperties": generator.subschema_for::<WireTexts>(),
    })
}

fn calls(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "minProperties": 2,
        "propertyNames": { "pattern": "^[a-z0-9_]+(::[a-z0-9_]+)?$" },
        "additionalProperties": generator.subschema_for::<WireCall>(),
    })
}

impl JsonSchema for WireTexts {
    fn schema_name() -> Cow<'static, str> {
        "texts".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": ["string", "null"] },
                { "type": "integer", "minimum": 0 },
                { "type": "array", "items": { "type": "string" } },
            ],
        })
    }
}

impl JsonSchema for WireCall {
    fn schema_name() -> Cow<'static, str> {
        "call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let texts = generator.subschema_for::<WireTexts>();
        json_schema!({ "anyOf": [texts, generator.subschema_for::<WireInstance>()] })
    }
}

impl JsonSchema for WireTemplate {
    fn schema_name() -> Cow<'static, str> {
        "template".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                {
                    "description": "`call -> result`, or a placeholder that stands for whole statements.",
                    "type": "string",
                    "pattern": "(^\\{[a-z0-9_]+\\}$)| -> ",
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
