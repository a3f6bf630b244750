//! The YAML of a file of divergences, exactly as people write it. The doc comments are the
//! descriptions of its JSON Schema.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::DivergenceKind;
use crate::case::{WireExit, WireText, WireTree};

/// How a runtime is known to differ, why, and in which versions. docs/reference/divergences.md is the
/// reference.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "The divergences of one runtime", transform = some_divergences)]
pub struct WireDivergences {
    /// The runtime's name, which is also this file's.
    #[schemars(length(min = 1))]
    pub runtime: String,
    /// Divergences of one case each.
    #[serde(default)]
    #[schemars(with = "Vec<WireDivergence>")]
    pub divergences: Option<Vec<WireDivergence>>,
    /// Divergences of many cases that differ for one reason.
    #[serde(default)]
    #[schemars(with = "Vec<WireGroup>")]
    pub groups: Option<Vec<WireGroup>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "divergence", transform = observed_or_flaky)]
pub struct WireDivergence {
    /// The case's whole id: `path_open::trunc_on_directory`.
    #[schemars(schema_with = "id")]
    pub case: String,
    /// The versions of the runtime that differ, as Cargo writes ranges: `>=48, <50`.
    #[schemars(schema_with = "range")]
    pub versions: String,
    /// The only runtime that it applies to, of those that share this file: `wasmer-cli`. By default,
    /// all of them.
    #[serde(default)]
    #[schemars(schema_with = "runtime")]
    pub applies_to: Option<String>,
    /// Why it differs. bug: the specification says otherwise. unsupported: the runtime does not
    /// offer this, and says so. unspecified: the specification leaves it open.
    #[schemars(schema_with = "kind")]
    pub kind: DivergenceKind,
    /// Which side is right, and why the runtime differs. `bless` writes TODO, which is refused until
    /// it is replaced.
    #[schemars(schema_with = "reason")]
    pub reason: String,
    /// The upstream issue, or the line of its source.
    #[schemars(schema_with = "link")]
    pub link: String,
    /// What comes out instead of what the case expects. Parts that are left out are as expected.
    #[serde(default)]
    #[schemars(with = "WireObserved")]
    pub observed: Option<WireObserved>,
    /// What comes out differs from run to run, for example because memory was corrupted; instead of
    /// `observed`.
    #[serde(default)]
    #[schemars(schema_with = "flaky")]
    pub flaky: bool,
}

/// The parts that differ from the expectation; the others are as expected.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "observed")]
pub struct WireObserved {
    /// How the guest ends.
    #[serde(default)]
    #[schemars(with = "WireExit")]
    pub exit: Option<WireExit>,
    /// The whole of stdout.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub stdout: Option<WireText>,
    /// The whole of stderr.
    #[serde(default)]
    #[schemars(with = "WireText")]
    pub stderr: Option<WireText>,
    /// How the final tree differs from the case's `fs`. It replaces the case's own `fs_after`.
    #[serde(default)]
    #[schemars(with = "WireTree")]
    pub fs_after: Option<WireTree>,
}

/// Many cases that differ for one reason, each with what comes out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "group")]
pub struct WireGroup {
    /// As in a divergence.
    #[schemars(schema_with = "range")]
    pub versions: String,
    /// As in a divergence.
    #[serde(default)]
    #[schemars(schema_with = "runtime")]
    pub applies_to: Option<String>,
    /// As in a divergence.
    #[schemars(schema_with = "kind")]
    pub kind: DivergenceKind,
    /// As in a divergence.
    #[schemars(schema_with = "reason")]
    pub reason: String,
    /// As in a divergence.
    #[schemars(schema_with = "link")]
    pub link: String,
    /// By each case's whole id, what comes out instead of what the case expects, as in `observed`; or
    /// `flaky: true`.
    #[schemars(schema_with = "cases")]
    pub cases: WireCases,
}

/// In the order of the file and with those that are there twice: a map would lose both.
pub struct WireCases(pub Vec<(String, WireOfGroup)>);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "case_of_group", transform = flaky_alone)]
pub struct WireOfGroup {
    #[serde(default)]
    #[schemars(with = "WireExit")]
    exit: Option<WireExit>,
    #[serde(default)]
    #[schemars(with = "WireText")]
    stdout: Option<WireText>,
    #[serde(default)]
    #[schemars(with = "WireText")]
    stderr: Option<WireText>,
    #[serde(default)]
    #[schemars(with = "WireTree")]
    fs_after: Option<WireTree>,
    #[serde(default)]
    #[schemars(schema_with = "flaky")]
    flaky: bool,
}

impl<'de> Deserialize<'de> for WireCases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Cases;
        impl<'de> Visitor<'de> for Cases {
            type Value = WireCases;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map from the ids of cases to what is observed")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WireCases, A::Error> {
                let mut cases = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    cases.push(entry);
                }
                Ok(WireCases(cases))
            }
        }
        deserializer.deserialize_map(Cases)
    }
}

impl WireOfGroup {
    /// What comes out, and whether it is flaky.
    pub fn split(self) -> (Option<WireObserved>, bool) {
        let WireOfGroup { exit, stdout, stderr, fs_after, flaky } = self;
        let says_something =
            exit.is_some() || stdout.is_some() || stderr.is_some() || fs_after.is_some();
        let observed = WireObserved { exit, stdout, stderr, fs_after };
        (says_something.then_some(observed), flaky)
    }
}

fn some_divergences(schema: &mut Schema) {
    let either = json!([{ "required": ["divergences"] }, { "required": ["groups"] }]);
    schema.insert("anyOf".into(), either);
}

fn observed_or_flaky(schema: &mut Schema) {
    let either = json!([{ "required": ["observed"] }, { "required": ["flaky"] }]);
    schema.insert("oneOf".into(), either);
}

fn flaky_alone(schema: &mut Schema) {
    schema.insert("minProperties".into(), json!(1));
    schema.insert("if".into(), json!({ "required": ["flaky"] }));
    schema.insert("then".into(), json!({ "maxProperties": 1 }));
}

const ID: &str = "^[a-z0-9_]+::[a-z0-9_]+$";

fn text(pattern: &str) -> Schema {
    json_schema!({ "type": "string", "pattern": pattern })
}

fn id(_: &mut SchemaGenerator) -> Schema {
    text(ID)
}

fn range(_: &mut SchemaGenerator) -> Schema {
    text("\\S")
}

fn runtime(_: &mut SchemaGenerator) -> Schema {
    text("^[A-Za-z0-9._-]+$")
}

fn reason(_: &mut SchemaGenerator) -> Schema {
    text("^(?!\\s*TODO)[\\s\\S]*\\S")
}

fn link(_: &mut SchemaGenerator) -> Schema {
    text("^https://")
}

fn kind(_: &mut SchemaGenerator) -> Schema {
    let kinds = [DivergenceKind::Bug, DivergenceKind::Unsupported, DivergenceKind::Unspecified];
    json_schema!({ "enum": kinds })
}

fn flaky(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": true })
}

fn cases(generator: &mut SchemaGenerator) -> Schema {
    let id: Value = json!({ "pattern": ID });
    json_schema!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": id,
        "additionalProperties": generator.subschema_for::<WireOfGroup>(),
    })
}
