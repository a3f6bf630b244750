//! A comparison as JSON, whose schema is reports/comparison.schema.json.

use anyhow::Context;

use super::format::Format;
use crate::support::escape;

pub const FORMAT: Format = Format {
    name: "json",
    help: "everything, for other programs",
    make: |comparison, _| {
        let json = serde_json::to_string_pretty(comparison).context("encode the comparison")?;
        Ok(escape::json(&json) + "\n")
    },
};
