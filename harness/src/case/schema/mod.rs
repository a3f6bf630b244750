//! The YAML of a file of cases, exactly as people write it. Only the loader sees these types. Their
//! doc comments are the descriptions of the JSON Schema.

mod bytes;
mod tree;
mod values;

use runner_kit::{Capability, Socket};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::{Area, Basis, Level, Tag};
pub use bytes::WireContent;
pub use tree::WireTree;
pub use values::{Ordered, TextOr, WireExit, WireStatement, WireText, any_of_schema, several};

/// The behaviours of one WASI function or theme: what guests are given and what must come out.
/// docs/reference/cases.md is the reference.
#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "A file of cases", transform = something_and_a_guest)]
pub struct WireFile {
    /// The group of functions that these cases belong to: the row of the report's matrix.
    #[schemars(schema_with = "area")]
    pub area: Area,
    /// Where the rules are stated, unless a rule has a link of its own.
    #[schemars(schema_with = "link")]
    pub spec: String,
    /// The guest of every case that names no other.
    #[serde(default)]
    #[schemars(schema_with = "guest")]
    pub guest: Option<String>,
    /// What every case of the file needs of the way a runtime is embedded.
    #[serde(default)]
    #[schemars(schema_with = "capabilities")]
    pub requires: Vec<Capability>,
    /// What every case of the file is about.
    #[serde(default)]
    #[schemars(schema_with = "tags")]
    pub tags: Vec<Tag>,
    /// What the specification says about this function or theme, a sentence each. A case of any file
    /// can prove them.
    #[serde(default)]
    pub rules: Vec<WireRule>,
    /// One behaviour each, so that a failure names the rule by itself.
    #[serde(default)]
    pub cases: Vec<WireCase>,
}

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "rule")]
pub struct WireRule {
    /// The rule's name in this file. Its whole id has the file's name in front:
    /// `path_open.trunc_on_directory`.
    #[schemars(schema_with = "word")]
    pub id: String,
    /// What must hold, in one sentence of your own.
    #[schemars(schema_with = "sentence")]
    pub text: String,
    /// Where the specification states the rule, if not at the file's link.
    #[serde(default)]
    #[schemars(schema_with = "link")]
    pub spec: Option<String>,
    /// Who says so. wasi: the text of WASI, or it follows directly. posix: WASI is silent or only
    /// names a similar function of POSIX, and POSIX decides. practice: neither; implementations
    /// agree.
    #[schemars(required, schema_with = "basis")]
    pub basis: Option<String>,
    /// How binding the rule is. must: its basis requires it. should: its basis suggests it, or
    /// implementations agree on it. may: left open; a difference is reported and never fails.
    #[serde(default)]
    #[schemars(schema_with = "level")]
    pub level: Level,
    /// Why no case proves it.
    #[serde(default)]
    #[schemars(schema_with = "sentence")]
    pub untested: Option<String>,
}

#[derive(Default, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "case", transform = transcript_alone)]
pub struct WireCase {
    /// The case's name in this file. Its whole id has the file's name in front:
    /// `path_open::trunc_on_directory`.
    #[schemars(schema_with = "word")]
    pub id: String,
    /// The rules that the case proves: a name of this file, or `file.name` of another.
    #[schemars(schema_with = "rule_names")]
    pub rules: Vec<String>,
    /// What the case shows, in one sentence of your own, if its rules say more or less than that.
    #[serde(default)]
    #[schemars(schema_with = "sentence")]
    pub title: Option<String>,
    /// The guest, if it is not the file's.
    #[serde(default)]
    #[schemars(schema_with = "guest")]
    pub guest: Option<String>,
    /// What the case needs of the way a runtime is embedded, in addition to what its file requires.
    #[serde(default)]
    #[schemars(schema_with = "capabilities")]
    pub requires: Vec<Capability>,
    /// What the case is about, in addition to the tags of its file.
    #[serde(default)]
    #[schemars(schema_with = "tags")]
    pub tags: Vec<Tag>,
    /// The arguments after the program's name, which is the guest's file name.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub args: Option<Vec<String>>,
    /// Calls and their results, instead of `args` and `stdout`: each call is an argument, and each
    /// `call -> result` is a line of stdout.
    #[serde(default)]
    #[schemars(with = "Vec<WireStatement>")]
    pub transcript: Option<Vec<WireStatement>>,
    /// The whole environment, in this order.
    #[serde(default)]
    #[schemars(schema_with = "variables")]
    pub env: Vec<String>,
    /// Everything that the guest can read from stdin; by default, nothing.
    #[serde(default)]
    #[schemars(with = "WireContent")]
    pub stdin: Option<WireContent>,
    /// Makes stdin a stream socket. Its peer sends `stdin`, then sends back what it receives;
    /// `listening` is a socket at which such a peer waits to be accepted.
    #[serde(default)]
    #[schemars(schema_with = "socket")]
    pub socket: Option<Socket>,
    /// Seconds that the guest may take, if that is less than `--timeout`: for a case on which a
    /// runtime is known to hang.
    #[serde(default)]
    #[schemars(schema_with = "seconds")]
    pub timeout: Option<f64>,
    /// The directories that the guest is given, in this order; by default, the whole tree as `/data`.
    #[serde(default)]
    #[schemars(with = "Vec<WirePreopen>")]
    pub preopens: Option<Vec<WirePreopen>>,
    /// The tree before the guest runs. Parent directories are created as needed.
    #[serde(default)]
    #[schemars(schema_with = "initial_tree")]
    pub fs: WireTree,
    /// Everything that the guest must write to stdout; by default, nothing.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub stdout: Option<WireText>,
    /// Everything that the guest must write to stderr; by default, nothing. Ignored if the guest does
    /// not exit by itself.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub stderr: Option<WireText>,
    /// How the guest must end; by default, with exit status 0.
    #[serde(default)]
    #[schemars(with = "WireExit")]
    pub exit: Option<WireExit>,
    /// What has changed in the tree after the guest ran. A name that is not given must be as in `fs`,
    /// and nothing else may be there.
    #[serde(default)]
    pub fs_after: WireTree,
}

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "preopen")]
pub struct WirePreopen {
    /// The name that the guest sees.
    pub guest: String,
    /// The directory of `fs` that it is; `.` for the whole tree.
    pub host: String,
    /// Whether the guest may change nothing in it.
    #[serde(default)]
    pub read_only: bool,
}

/// A file has rules or cases, and its cases have a guest.
fn something_and_a_guest(schema: &mut Schema) {
    let some = |key: &str| json!({ "required": [key], "properties": { key: { "minItems": 1 } } });
    schema.insert("anyOf".into(), json!([some("cases"), some("rules")]));
    schema.insert("if".into(), json!({ "not": { "required": ["guest"] } }));
    let each = json!({ "properties": { "cases": { "items": { "required": ["guest"] } } } });
    schema.insert("then".into(), each);
}

fn transcript_alone(schema: &mut Schema) {
    let excluded = json!({ "properties": { "args": false, "stdout": false } });
    schema.insert("dependentSchemas".into(), json!({ "transcript": excluded }));
}

/// The area of a wasi-testsuite directory's tests is not for files of cases.
fn area(_: &mut SchemaGenerator) -> Schema {
    let areas: Vec<Area> =
        Area::ALL.into_iter().filter(|area| *area != Area::WasiTestsuite).collect();
    json_schema!({ "enum": areas })
}

pub fn word(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[a-z0-9_]+$" })
}

pub fn sentence(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "\\S" })
}

fn link(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^https://" })
}

/// The stem of a file in guests/prebuilt.
fn guest(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

fn basis(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": Basis::ALL })
}

fn level(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": [Level::Must, Level::Should, Level::May], "default": Level::Must })
}

pub fn rule_names(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "minItems": 1,
        "uniqueItems": true,
        "items": { "type": "string", "pattern": "^([a-z0-9_]+\\.)?[a-z0-9_]+$" },
    })
}

pub fn capabilities(_: &mut SchemaGenerator) -> Schema {
    let all = super::requires::ALL;
    json_schema!({ "type": "array", "uniqueItems": true, "items": { "enum": all }, "default": [] })
}

pub fn tags(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "uniqueItems": true,
        "items": { "enum": Tag::ALL },
        "default": [],
    })
}

fn variables(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": {
            "description": "NAME=value; the value may contain `=`.",
            "type": "string",
            "pattern": "^[^=]+=",
        },
        "default": [],
    })
}

pub fn socket(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": [Socket::Connected, Socket::Listening] })
}

pub fn seconds(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "number", "exclusiveMinimum": 0 })
}

pub fn initial_tree(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = generator.subschema_for::<WireTree>();
    schema.insert("additionalProperties".into(), json!({ "not": { "const": "absent" } }));
    schema
}
