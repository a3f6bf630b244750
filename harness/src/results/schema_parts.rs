//! Parts of the JSON Schemas that the types of this layer do not say by themselves: patterns, and the
//! schemas of values of other layers.

use runner_kit::{Outcome, Socket};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::case::requires;

pub const TIME: &str = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$";
pub const DIGEST_8: &str = "^[0-9a-f]{8}$";
pub const DIGEST_12: &str = "^[0-9a-f]{12}$";
pub const DIGEST_16: &str = "^[0-9a-f]{16}$";

/// The schema of [`Outcome`], which belongs to the runners. The compiler checks that the variants and
/// fields are the same, because this type serializes that one.
#[allow(dead_code)]
#[derive(JsonSchema, Serialize)]
#[serde(remote = "Outcome", tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "outcome")]
pub enum OutcomeSchema {
    /// The guest called `proc_exit`, or `_start` returned (0).
    Exit { code: u32 },
    /// A WebAssembly trap.
    Trap { message: String },
    /// The runtime refused the module.
    Unsupported { reason: String },
    /// The guest was still running when its time was up.
    Timeout,
    /// The runner's process died while the guest ran.
    Crash { how: String },
    /// The guest wrote more than it may.
    OutputLimit,
    /// The runner could not do its work.
    Error { message: String },
}

pub fn capabilities(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "uniqueItems": true, "items": { "enum": requires::ALL } })
}

pub fn socket_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "enum": [Some(Socket::Connected), Some(Socket::Listening), None::<Socket>] })
}

/// The contents of a file: a text, or a map that describes bytes.
pub fn content(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "object"] })
}

pub fn exit_or_null(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["integer", "string", "null"] })
}

/// A tree as files of cases have it. Long contents are cut, so their form is not checked further.
pub fn tree_or_null(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "additionalProperties": content(generator),
    })
}
