//! Parts of the JSON Schema that the types of an entry do not express.

use runner_kit::Capability;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// The placeholders of each template.
pub const SCRIPT: [&str; 2] = ["script", "packages"];
pub const RUN: [&str; 4] = ["dirs", "env", "args", "wasm"];
pub const DIR: [&str; 2] = ["host", "guest"];
pub const ENV: [&str; 2] = ["name", "value"];
pub const ARCH: [&str; 1] = ["arch"];

pub fn library(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": "library" })
}

pub fn script(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": "script" })
}

pub fn command(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": "command" })
}

/// `@` would separate a name from a version, and `all` stands for every runtime.
pub fn name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+$", "not": { "const": "all" } })
}

pub fn packages(_: &mut SchemaGenerator) -> Schema {
    with(template(&ARCH), "minItems", json!(1))
}

pub fn script_args(_: &mut SchemaGenerator) -> Schema {
    with(template(&SCRIPT), "contains", json!({ "pattern": r"\{script\}" }))
}

pub fn run(_: &mut SchemaGenerator) -> Schema {
    let lists = ["{dirs}", "{env}", "{args}"].map(|list| json!({ "contains": { "const": list } }));
    let module = json!({ "contains": { "pattern": r"\{wasm\}" } });
    let all: Vec<Value> = lists.into_iter().chain([module]).collect();
    with(template(&RUN), "allOf", json!(all))
}

pub fn dir(_: &mut SchemaGenerator) -> Schema {
    template(&DIR)
}

pub fn env(_: &mut SchemaGenerator) -> Schema {
    template(&ENV)
}

/// Arguments with only these placeholders.
fn template(placeholders: &[&str]) -> Schema {
    let other = format!(r"\{{(?!(?:{})\}})[a-z_]+\}}", placeholders.join("|"));
    json_schema!({
        "type": "array",
        "items": { "type": "string", "not": { "pattern": other } },
    })
}

/// docs/reference/registry.md does not list the functions: the specification does.
pub fn missing_imports(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<String> = preview1::FUNCTIONS.iter().map(|f| f.name.to_owned()).collect();
    json_schema!({ "type": "array", "items": { "type": "string", "pattern": alternatives(&names) } })
}

fn alternatives(names: &[String]) -> String {
    format!("^(?:{})$", names.join("|"))
}

/// Sockets are not among them: no command has an option for one, so no entry needs to say it.
pub fn missing_capabilities(_: &mut SchemaGenerator) -> Schema {
    let capabilities = [
        Capability::ReadOnlyPreopens,
        Capability::NamedPreopens,
        Capability::ProgramName,
        Capability::Traps,
        Capability::Symlinks,
        Capability::FileTimes,
        Capability::ExitStatuses,
    ];
    json_schema!({
        "type": "array",
        "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["capability", "reason"],
            "properties": {
                "capability": {
                    "description": "docs/reference/runtimes.md describes each.",
                    "enum": capabilities,
                },
                "reason": {
                    "description": "Why, in one sentence for reports.",
                    "type": "string",
                },
            },
        },
    })
}

/// Otherwise a read-only preopen would silently be one that can be written.
pub fn read_only_dir_or_reason(schema: &mut Schema) {
    let says_so = json!({ "contains": { "properties": { "capability": { "const": "read_only_preopens" } } } });
    schema.insert("if".into(), json!({ "not": { "required": ["read_only_dir"] } }));
    schema.insert(
        "then".into(),
        json!({
            "required": ["missing_capabilities"],
            "properties": { "missing_capabilities": says_so },
        }),
    );
}

pub fn at_least_one_key(schema: &mut Schema) {
    schema.insert("minProperties".into(), json!(1));
}

pub fn exactly_one_key(schema: &mut Schema) {
    schema.insert("minProperties".into(), json!(1));
    schema.insert("maxProperties".into(), json!(1));
}

fn with(mut schema: Schema, key: &str, value: Value) -> Schema {
    schema.insert(key.into(), value);
    schema
}
