//! `wasi-conformance list`: the cases, for people or as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Result, bail};
use runner_kit::Socket;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Folders, Status, print};
use crate::case::{Area, Case, Files, Level, PreopenSpec, content, written};
use crate::cli::ListArgs;
use crate::filter::Filter;

/// A case as `list --json` shows it: what a file of cases says, with its defaults filled in.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    area: Area,
    level: Level,
    about: &'a str,
    rules: &'a [String],
    spec: &'a str,
    guest: &'a str,
    args: &'a [String],
    env: Vec<String>,
    stdin: Value,
    socket: Option<Socket>,
    /// Seconds.
    timeout: Option<f64>,
    preopens: Vec<Value>,
    fs: BTreeMap<String, Value>,
    exit: Value,
    /// The texts of which one must come out.
    stdout: &'a [String],
    stderr: &'a [String],
    /// The whole tree that must be left.
    fs_after: BTreeMap<String, Value>,
    /// `FILE:LINE` of the case.
    source: String,
}

pub fn list(args: &ListArgs) -> Result<Status> {
    let (library, _) = Folders::find(&args.suite)?.load()?;
    let filter = Filter::new(&args.filter)?;
    let cases: Vec<&Case> = library.cases.iter().filter(|c| filter.accepts("", &c.id)).collect();
    if cases.is_empty() {
        bail!("--filter {}: no case matches; see `wasi-conformance list`", args.filter.join(" "));
    }
    if args.json {
        let listed: Vec<Listed> = cases.into_iter().map(listed).collect();
        print(&(serde_json::to_string_pretty(&listed)? + "\n"))?;
        return Ok(Status::Clean);
    }
    let mut out = String::new();
    for case in &cases {
        let _ = writeln!(out, "{:8} {:6} {}", case.area, case.level, case.id);
        let _ = writeln!(out, "         {}", case.about);
    }
    let _ = writeln!(out, "{} cases", cases.len());
    print(&out)?;
    Ok(Status::Clean)
}

fn listed(case: &Case) -> Listed<'_> {
    let fs = match &case.files {
        Files::Tree(tree) => written(tree),
        Files::CopyOf(_) => BTreeMap::new(),
    };
    Listed {
        id: &case.id,
        area: case.area,
        level: case.level,
        about: &case.about,
        rules: &case.rules,
        spec: &case.spec,
        guest: &case.guest,
        args: &case.args,
        env: case.env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
        stdin: content(&case.stdin),
        socket: case.socket,
        timeout: case.timeout.map(|timeout| timeout.as_secs_f64()),
        preopens: case.preopens.iter().map(preopen).collect(),
        fs,
        exit: case.expect.exit.map_or(Value::Null, Value::from),
        stdout: case.expect.stdout.as_deref().unwrap_or_default(),
        stderr: case.expect.stderr.as_deref().unwrap_or_default(),
        fs_after: case.expect.tree.as_ref().map(written).unwrap_or_default(),
        source: case.source.to_string(),
    }
}

fn preopen(preopen: &PreopenSpec) -> Value {
    let host = if preopen.host.is_empty() { "." } else { &preopen.host };
    json!({ "guest": preopen.guest, "host": host, "read_only": preopen.read_only })
}
