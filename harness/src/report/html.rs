//! A run as one HTML file that needs no network: everything that the page shows is in it, packed.
//!
//! Rust makes the data; the page's own scripts, which know no runtime and no case either, show it.
//! They build elements and set their text, and never parse markup, so nothing that a guest printed
//! can become any. The page also forbids itself every script but its own, and every request.

mod data;
mod diff;
mod history;
mod reasons;

use std::io::Write;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use crate::report::format::{Format, Made, Uses};
use crate::results::compare::Side;
use crate::results::run_file::Run;

pub const FORMAT: Format = Format {
    name: "html",
    help: "a page that contains everything and needs no network",
    file: Some("report.html"),
    uses: Uses::Snapshots,
    make: |run, before| Ok(Made::Text(render(run, &before.snapshots)?)),
};

const PAGE: &str = include_str!("html/page/page.html");
const STYLE: &str =
    concat!(include_str!("html/page/style.css"), include_str!("html/page/parts.css"));

/// Each uses only those before it.
const SCRIPTS: [&str; 13] = [
    include_str!("html/page/elements.js"),
    include_str!("html/page/words.js"),
    include_str!("html/page/model.js"),
    include_str!("html/page/address.js"),
    include_str!("html/page/history.js"),
    include_str!("html/page/filter.js"),
    include_str!("html/page/overview.js"),
    include_str!("html/page/cases.js"),
    include_str!("html/page/compare.js"),
    include_str!("html/page/case.js"),
    include_str!("html/page/runtime.js"),
    include_str!("html/page/rules.js"),
    include_str!("html/page/main.js"),
];

/// The whole page, with what snapshots tell of other versions. The same run and the same snapshots
/// give the same bytes.
pub fn render(run: &Run, snapshots: &Side) -> Result<String> {
    let history = history::of(run, snapshots)?;
    let json =
        serde_json::to_vec(&data::of(run, history)).context("encode the data of the page")?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&json).context("compress the data of the page")?;
    let data = BASE64.encode(gzip.finish().context("compress the data of the page")?);
    // One function around all scripts, so that they share their names with nothing else.
    let script = format!("(() => {{\n'use strict';\n{}}})();\n", SCRIPTS.concat());
    Ok(fill(&[
        ("policy", &policy(&script)),
        ("style", STYLE),
        ("script", &script),
        ("data", &data),
    ]))
}

/// What the page allows itself: its own style and script, and nothing from anywhere.
fn policy(script: &str) -> String {
    let hash = |text: &str| BASE64.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; \
         base-uri 'none'; form-action 'none'",
        hash(script),
        hash(STYLE)
    )
}

/// Puts parts into the page, each in its `{{name}}`. A `{{name}}` within a part is left alone.
fn fill(parts: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut rest = PAGE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("the page closes what it opens");
        let part = parts.iter().find(|(known, _)| *known == name);
        out.push_str(before);
        out.push_str(part.expect("every part of the page is given").1);
        rest = after;
    }
    out + rest
}

/// The data in a page, as text, for tests.
#[cfg(test)]
pub fn unpacked(page: &str) -> String {
    use std::io::Read;
    let (_, rest) = page.split_once("id=\"data\">").expect("the page has data");
    let (packed, _) = rest.split_once('<').expect("the data ends");
    let bytes = BASE64.decode(packed).expect("the data is base64");
    let mut json = String::new();
    let mut unpacked = flate2::read::GzDecoder::new(bytes.as_slice());
    unpacked.read_to_string(&mut json).expect("the data is compressed text");
    json
}

#[cfg(test)]
mod tests;
