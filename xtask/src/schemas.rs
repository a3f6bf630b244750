//! `cargo xtask schemas`: the JSON Schemas, generated from the types that read and write the files.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use wasi_conformance::case::json_schema;
use wasi_conformance::support::checkout;
use wasi_conformance::support::output;
use wasi_conformance::{known, results, runtime};

use crate::Status;

/// Generate the JSON Schemas from the types that they describe
#[derive(clap::Args)]
pub struct Args {
    /// Only check that the committed files are up to date
    #[arg(long)]
    check: bool,
}

/// A schema's place in the repository, and what generates it.
type Place = (&'static str, fn() -> Value);

const SCHEMAS: [Place; 7] = [
    ("expectations/schema.json", json_schema::of_cases),
    ("expectations/divergences/schema.json", known::json_schema),
    ("expectations/families/schema.json", json_schema::of_families),
    ("harness/runners/registry.schema.json", runtime::config::schema),
    ("reports/comparison.schema.json", results::json_schema::of_comparisons),
    ("reports/run.schema.json", results::json_schema::of_run_files),
    ("reports/snapshot.schema.json", results::json_schema::of_snapshots),
];

pub fn run(args: &Args) -> Result<Status> {
    let checkout = checkout::find()?;
    let mut status = Status::Fine;
    for (place, generate) in SCHEMAS {
        let path = checkout.join(place);
        let text = text(generate());
        if fs::read_to_string(&path).is_ok_and(|committed| committed == text) {
            continue;
        }
        if args.check {
            output::warn(&format!("{place} is out of date: run `cargo xtask schemas`"));
            status = Status::Failed;
        } else {
            write(&path, &text)?;
            output::print(&format!("wrote {place}\n"))?;
        }
    }
    Ok(status)
}

fn text(mut schema: Value) -> String {
    unwrap_descriptions(&mut schema);
    format!("{schema:#}\n")
}

/// Descriptions are doc comments, which are wrapped like source lines.
fn unwrap_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "description" => *text = text.replace('\n', " "),
                    value => unwrap_descriptions(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_schemas_are_up_to_date() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for (place, generate) in SCHEMAS {
            let committed = fs::read_to_string(root.join(place)).unwrap_or_default();
            assert!(committed == text(generate()), "{place}: run `cargo xtask schemas`");
        }
    }
}
