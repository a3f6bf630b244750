//! A comparison as JSON, whose schema is reports/comparison.schema.json.

use anyhow::Context;

use super::format::Format;

pub const FORMAT: Format = Format {
    name: "json",
    help: "everything, for other programs",
    make: |comparison, _| {
        Ok(serde_json::to_string_pretty(comparison).context("encode the comparison")? + "\n")
    },
};
