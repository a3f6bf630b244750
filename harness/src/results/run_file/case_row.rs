//! A case in the run file: all that is needed to show it and to reproduce it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use runner_kit::{Capability, Socket};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::LONGEST_TEXT;
use crate::case::guest_sources::GuestSources;
use crate::case::{Area, Basis, Case, Files, Level, PreopenSpec, Tag, Tree, content, written};
use crate::results::schema_parts;
use crate::support::text::shorten;

/// A case as its file has it, with defaults filled in and its transcript as `args` and `stdout`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "case")]
pub struct CaseRow {
    /// `path_open::creat_excl_existing`
    #[schemars(length(min = 1))]
    pub id: String,
    pub area: Area,
    pub level: Level,
    /// Who says so: the weakest basis of its rules.
    pub basis: Basis,
    /// What must hold, in our own words.
    pub title: String,
    /// The rules that it tests, by id.
    pub rules: Vec<String>,
    /// Where the first of them is stated.
    pub spec: String,
    /// The capabilities that it needs.
    #[schemars(schema_with = "schema_parts::capabilities")]
    pub requires: Vec<Capability>,
    /// What it is about.
    pub tags: BTreeSet<Tag>,
    /// The program that runs.
    pub guest: String,
    /// Its arguments; the calls of a transcript are among them.
    pub args: Vec<String>,
    /// `NAME=value`.
    pub env: Vec<String>,
    /// What it can read: a text, or a map that describes the bytes.
    #[schemars(schema_with = "schema_parts::content")]
    pub stdin: Value,
    /// The socket that is its stdin, if there is one.
    #[schemars(schema_with = "schema_parts::socket_or_null")]
    pub socket: Option<Socket>,
    /// Seconds, if the guest has less time than others.
    pub timeout: Option<f64>,
    pub preopens: Vec<PreopenRow>,
    /// The initial tree; null for a wasi-testsuite directory, which copies directories.
    #[schemars(schema_with = "schema_parts::tree_or_null")]
    pub fs: Option<BTreeMap<String, Value>>,
    /// The expected exit status, or the word for another ending; null if it is not compared.
    #[schemars(schema_with = "schema_parts::exit_or_null")]
    pub exit: Value,
    /// The allowed texts, of which one must come out; empty if it is not compared.
    pub stdout: Vec<String>,
    /// Likewise.
    pub stderr: Vec<String>,
    /// The whole expected tree; null if it is not compared.
    #[schemars(schema_with = "schema_parts::tree_or_null")]
    pub fs_after: Option<BTreeMap<String, Value>>,
    /// `FILE:LINE` of the case.
    pub source: String,
    /// `FILE:LINE` of where the guest implements its calls.
    pub guest_sources: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "preopen")]
pub struct PreopenRow {
    /// The name that the guest sees.
    pub guest: String,
    /// A directory of `fs`, or `.`.
    pub host: String,
    /// Whether nothing in it may be changed.
    pub read_only: bool,
}

impl CaseRow {
    pub fn new(case: &Case, sources: &GuestSources, checkout: &Path) -> Self {
        let file = &case.source.file;
        let file = file.strip_prefix(checkout).unwrap_or(file);
        let shorten_all = |texts: &[String]| -> Vec<String> {
            texts.iter().map(|text| shorten(text, LONGEST_TEXT)).collect()
        };
        let expect = &case.expect;
        CaseRow {
            id: case.id.clone(),
            area: case.area,
            level: case.level,
            basis: case.basis,
            title: case.title.clone(),
            rules: case.rules.clone(),
            spec: case.spec.clone(),
            requires: case.requires.clone(),
            tags: case.tags.clone(),
            guest: case.guest.clone(),
            args: shorten_all(&case.args),
            env: case
                .env
                .iter()
                .map(|(name, value)| shorten(&format!("{name}={value}"), LONGEST_TEXT))
                .collect(),
            stdin: shorten_value(content(&case.stdin)),
            socket: case.socket,
            timeout: case.timeout.map(|timeout| timeout.as_secs_f64()),
            preopens: case.preopens.iter().map(PreopenRow::new).collect(),
            fs: match &case.files {
                Files::Tree(tree) => Some(tree_row(tree)),
                Files::CopyOf(_) => None,
            },
            exit: expect.exit.map_or(Value::Null, Value::from),
            stdout: shorten_all(expect.stdout.as_deref().unwrap_or_default()),
            stderr: shorten_all(expect.stderr.as_deref().unwrap_or_default()),
            fs_after: expect.tree.as_ref().map(tree_row),
            source: format!("{}:{}", file.display(), case.source.line),
            guest_sources: sources.places(&case.guest, &case.args),
        }
    }
}

impl PreopenRow {
    fn new(preopen: &PreopenSpec) -> Self {
        let host = if preopen.host.is_empty() { "." } else { &preopen.host };
        PreopenRow {
            guest: preopen.guest.clone(),
            host: host.to_owned(),
            read_only: preopen.read_only,
        }
    }
}

fn tree_row(tree: &Tree) -> BTreeMap<String, Value> {
    written(tree).into_iter().map(|(path, entry)| (path, shorten_value(entry))).collect()
}

/// The contents of a file as they are written, cut like every other text.
fn shorten_value(value: Value) -> Value {
    match value {
        Value::String(text) => json!(shorten(&text, LONGEST_TEXT)),
        Value::Object(map) => {
            map.into_iter().map(|(key, value)| (key, shorten_value(value))).collect()
        }
        other => other,
    }
}
