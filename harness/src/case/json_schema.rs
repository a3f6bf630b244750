//! The JSON Schemas of the files that this layer reads, for editors.

use serde_json::Value;

use super::families::WireFamilies;
use super::schema::WireFile;

/// That of `expectations/*.yaml`.
pub fn of_cases() -> Value {
    schemars::schema_for!(WireFile).to_value()
}

/// That of `expectations/families/*.yaml`.
pub fn of_families() -> Value {
    schemars::schema_for!(WireFamilies).to_value()
}
