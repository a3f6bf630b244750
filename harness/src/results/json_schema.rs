//! The JSON Schemas of the files that this layer writes, generated from the types. A schema requires
//! every key that is always written, even if the program itself would read a file without it.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

use super::compare::Comparison;
use super::run_file::Run;
use crate::known::Snapshot;

/// That of `run.json`.
pub fn of_run_files() -> Value {
    schema::<Run>()
}

/// That of `expectations/snapshots/*.json`.
pub fn of_snapshots() -> Value {
    schema::<Snapshot>()
}

/// That of `compare --format json`.
pub fn of_comparisons() -> Value {
    schema::<Comparison>()
}

fn schema<T: JsonSchema>() -> Value {
    // `uint32` and the like are words of schemars, not of JSON Schema.
    let without_formats = RecursiveTransform(|schema: &mut Schema| drop(schema.remove("format")));
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(without_formats);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}
